export const UNITS = ['s', 'ms', 'MB', 'times', '%', '1/s', 'count'] as const;
export type Unit = (typeof UNITS)[number];

/** What a figure must keep to. The figures of quick runs have none. */
export interface Limit {
  readonly kind: 'at most' | 'at least' | 'exactly';
  readonly value: number;
}

/** One number that a measure found. */
export interface Figure {
  /** What was measured, for people: `full import of 100,000 entries, beside ldapsearch`. */
  readonly name: string;
  readonly value: number;
  readonly unit: Unit;
  readonly limit?: Limit;
}

export function isWithin({ value, limit }: Figure): boolean {
  if (limit === undefined) return true;
  if (limit.kind === 'at most') return value <= limit.value;
  return limit.kind === 'at least' ? value >= limit.value : value === limit.value;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Bytes as the megabytes of the limits: 1 MB is 1,000,000 bytes. */
export function toMegabytes(bytes: number): number {
  return bytes / 1e6;
}
