/** The `;range=` option of an attribute name: positions of values, or with DirSync 1-1 for added and 0-0 for removed values. */
export interface ValueRange {
  readonly name: string;
  readonly low: number;
  /** null: to the last value. */
  readonly high: number | null;
}

const RANGE = /^([^;]+);range=(\d+)-(\d+|\*)$/i;

/** Reads an attribute name with a range ([MS-ADTS] 3.1.1.3.1.3.3); null when it has none. */
export function parseRange(wireName: string): ValueRange | null {
  const match = RANGE.exec(wireName);
  if (!match) return null;
  const [, name = '', low = '0', high = '*'] = match;
  return { name, low: Number(low), high: high === '*' ? null : Number(high) };
}

/** Asks for the values from `low` on; the server answers as many as it gives at once. */
export function formatRange(name: string, low: number, high: number | '*'): string {
  return `${name};range=${low}-${high}`;
}
