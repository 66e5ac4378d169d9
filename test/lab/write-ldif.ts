import { encodeGuid, encodeSid } from './directory-binary.ts';
import type { DirectoryEntries, DirectoryEntry } from './directory-entry.ts';

const CHUNK_CHARACTERS = 256 * 1024;
/** RFC 2849, SAFE-STRING; a space at the end is allowed there but should be encoded (note 8). */
const SAFE_STRING = /^(?:[\x21-\x39\x3b\x3d-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;
const BINARY: ReadonlyMap<string, (text: string) => Buffer> = new Map([
  ['objectGUID', encodeGuid],
  ['objectSid', encodeSid],
]);

/** Writes entries as LDIF content records (RFC 2849), in chunks of about 256 KB. Lines are not folded. */
export async function* writeLdif(entries: DirectoryEntries): AsyncGenerator<string> {
  let chunk = '';
  for await (const entry of entries) {
    chunk += formatLdifRecord(entry);
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk) yield chunk;
}

/** One record with the empty line behind it. */
export function formatLdifRecord(entry: DirectoryEntry): string {
  let record = formatLine('dn', entry.dn);
  for (const [name, values] of Object.entries(entry.attributes)) {
    const encode = BINARY.get(name);
    for (const value of values) {
      record += encode ? `${name}:: ${encode(value).toString('base64')}\n` : formatLine(name, value);
    }
  }
  return `${record}\n`;
}

function formatLine(name: string, value: string): string {
  if (SAFE_STRING.test(value)) return `${name}: ${value}\n`;
  return `${name}:: ${Buffer.from(value, 'utf8').toString('base64')}\n`;
}
