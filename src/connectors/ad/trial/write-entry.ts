import type { BerWriter } from 'ldapts';

/** Writes the content of a SearchResultEntry (RFC 4511 §4.5.2). */
export function writeEntry(
  writer: BerWriter,
  dn: string,
  attributes: Iterable<readonly [name: string, values: readonly (string | Uint8Array)[]]>,
): void {
  writer.writeString(dn);
  writer.startSequence();
  for (const [name, values] of attributes) {
    writer.startSequence();
    writer.writeString(name);
    writer.startSequence(0x31);
    for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04);
    writer.endSequence();
    writer.endSequence();
  }
  writer.endSequence();
}
