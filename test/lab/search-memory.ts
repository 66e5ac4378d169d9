import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const KEY = 4;

/** How often each of these, of four bytes or more, is in the memory of a process. On Linux only. */
export function searchMemory(pid: number, needles: readonly Buffer[]): readonly number[] {
  const search = new Search(needles);
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, from = '', to = '', isReadable] = /^([0-9a-f]+)-([0-9a-f]+) (r?)/.exec(line) ?? [];
    if (isReadable !== 'r' || line.includes('[v')) continue;
    search.through(readRegion(memory, Number.parseInt(from, 16), Number.parseInt(to, 16)));
  }
  closeSync(memory);
  return search.counts;
}

/** One pass for all of them: their first two bytes sift, their first four find. */
class Search {
  readonly counts: number[];
  readonly #sieve = new Uint8Array(0x1_0000);
  readonly #byKey = new Map<number, { readonly index: number; readonly bytes: Buffer }[]>();

  constructor(needles: readonly Buffer[]) {
    this.counts = needles.map(() => 0);
    for (const [index, bytes] of needles.entries()) {
      if (bytes.length < KEY) throw new RangeError(`${bytes.length} bytes are found everywhere`);
      this.#sieve[bytes.readUInt16LE(0)] = 1;
      const key = bytes.readUInt32LE(0);
      this.#byKey.set(key, [...(this.#byKey.get(key) ?? []), { index, bytes }]);
    }
  }

  through(region: Buffer): void {
    for (let at = 0; at + KEY <= region.length; at++) {
      if (this.#sieve[(region[at] ?? 0) | ((region[at + 1] ?? 0) << 8)] === 0) continue;
      for (const { index, bytes } of this.#byKey.get(region.readUInt32LE(at)) ?? [])
        if (region.compare(bytes, 0, bytes.length, at, Math.min(at + bytes.length, region.length)) === 0)
          this.counts[index] = (this.counts[index] ?? 0) + 1;
    }
  }
}

function readRegion(memory: number, from: number, to: number): Buffer {
  const bytes = Buffer.alloc(to - from);
  try {
    return bytes.subarray(0, readSync(memory, bytes, 0, bytes.length, from));
  } catch {
    // Reserved, and nothing is there.
    return Buffer.alloc(0);
  }
}
