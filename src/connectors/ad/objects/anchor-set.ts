const EMPTY_START = 1024;
/** Numbers of 32 bits in a GUID, and the one that says in which pass it was seen. */
const CELL = 5;

/**
 * The anchors that a full read has delivered, and in which pass each was seen last. 20 bytes in a table that is at most half full:
 * a million objects take 40 MB, and nothing is guessed. It is what lets a broken read go on without delivering everything again.
 */
export class AnchorSet {
  #cells = new Uint32Array(EMPTY_START * CELL);
  #slots = EMPTY_START;
  #count = 0;

  get size(): number {
    return this.#count;
  }

  /** Notes that the anchor was seen in that pass (from 1); answers the pass it was seen in before, 0 for never. Throws TypeError for what is no GUID. */
  note(anchor: string, pass: number): number {
    if (this.#count * 2 >= this.#slots) this.#grow();
    const words = toWords(anchor);
    const at = this.#find(words);
    const before = this.#cells[at + 4] ?? 0;
    if (before === 0) {
      this.#cells.set(words, at);
      this.#count++;
    }
    this.#cells[at + 4] = pass;
    return before;
  }

  has(anchor: string): boolean {
    return this.#cells[this.#find(toWords(anchor)) + 4] !== 0;
  }

  /** The anchors that were seen in an earlier pass, but not in that one. */
  *missedIn(pass: number): Generator<string> {
    for (let at = 0; at < this.#cells.length; at += CELL) {
      const seen = this.#cells[at + 4];
      if (seen !== 0 && seen !== pass) yield toText(this.#cells.subarray(at, at + 4));
    }
  }

  #find(words: Uint32Array): number {
    const [a, b, c, d] = words;
    let slot = (a ?? 0) & (this.#slots - 1);
    for (;;) {
      const at = slot * CELL;
      const cells = this.#cells;
      if (cells[at + 4] === 0) return at;
      if (cells[at] === a && cells[at + 1] === b && cells[at + 2] === c && cells[at + 3] === d) return at;
      slot = (slot + 1) & (this.#slots - 1);
    }
  }

  #grow(): void {
    const old = this.#cells;
    this.#slots *= 2;
    this.#cells = new Uint32Array(this.#slots * CELL);
    for (let at = 0; at < old.length; at += CELL) {
      if (old[at + 4] !== 0) this.#cells.set(old.subarray(at, at + CELL), this.#find(old.subarray(at, at + 4)));
    }
  }
}

function toWords(anchor: string): Uint32Array {
  const words = new Uint32Array(4);
  if (anchor.length !== 36) throw new TypeError(`${anchor} is no GUID`);
  words[0] = Number.parseInt(anchor.slice(0, 8), 16);
  words[1] = Number.parseInt(anchor.slice(9, 13) + anchor.slice(14, 18), 16);
  words[2] = Number.parseInt(anchor.slice(19, 23) + anchor.slice(24, 28), 16);
  words[3] = Number.parseInt(anchor.slice(28), 16);
  return words;
}

function toText(words: Uint32Array): string {
  const hex = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
