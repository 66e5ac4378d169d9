const MOST_NAMES = 4096;

interface KnownName<Meaning> {
  readonly bytes: Buffer;
  readonly meaning: Meaning;
}

/** Attribute names come by the million and are few: what each means is worked out once, and found again by its bytes. */
export class NameTable<Meaning> {
  readonly #meaningOf: (name: string) => Meaning;
  readonly #names = new Map<number, KnownName<Meaning>>();

  constructor(meaningOf: (name: string) => Meaning) {
    this.#meaningOf = meaningOf;
  }

  read(bytes: Buffer, start: number, end: number): Meaning {
    const length = end - start;
    let hash = length;
    for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] ?? 0)) | 0;
    const known = this.#names.get(hash);
    if (known?.bytes.length === length && isSame(known.bytes, bytes, start)) return known.meaning;
    const name = bytes.toString('latin1', start, end);
    const meaning = this.#meaningOf(name);
    if (this.#names.size < MOST_NAMES) this.#names.set(hash, { bytes: Buffer.from(name, 'latin1'), meaning });
    return meaning;
  }
}

/** For a dozen bytes a loop is faster than the call into the runtime that compares them. */
function isSame(name: Buffer, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < name.length; at++) if (name[at] !== bytes[start + at]) return false;
  return true;
}
