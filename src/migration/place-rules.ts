/** A rule that needs a number. */
export interface PlacedRule {
  readonly name: string;
  /** Its number as it is shipped; null for a rule of the export. */
  readonly shipped: number | null;
  /** The numbers that it had in Connect, by connector and direction: only among rules of the same ones does a number say anything. */
  readonly there: ReadonlyMap<string, number>;
  /** A shipped rule that its owner put elsewhere. */
  readonly isMoved: boolean;
}

const LARGEST = 90_000;

/**
 * Gives each rule a number of its own. Each stands between the same shipped rules of its connector as in Connect; what fits keeps its
 * number, and only where no number is free in between do the rules behind move on.
 */
export function placeRules(rules: readonly PlacedRule[]): ReadonlyMap<string, number> {
  const fixed = rules.filter((rule) => rule.shipped !== null && !rule.isMoved);
  const taken = new Set(fixed.map((rule) => rule.shipped));
  const keyed = rules
    .map((rule) => {
      const [[group, there] = ['', rule.shipped ?? 0]] = [...rule.there].sort((a, b) => a[1] - b[1]);
      const key = rule.shipped !== null && !rule.isMoved ? rule.shipped : keyOf(group, there, fixed, taken);
      return { rule, there, key };
    })
    .sort((a, b) => a.key - b.key || a.there - b.there || (a.rule.name < b.rule.name ? -1 : 1));
  const numbers = new Map<string, number>();
  let last = -1;
  for (const { rule, key } of keyed) {
    last = Math.max(Math.ceil(key), last + 1);
    numbers.set(rule.name, last);
  }
  return numbers;
}

/** Where a rule belongs: its number there, a free one near it, or half-way to its neighbour. */
function keyOf(group: string, there: number, fixed: readonly PlacedRule[], taken: ReadonlySet<number | null>): number {
  const wanted = Math.min(Math.max(0, there), LARGEST);
  const neighbours = fixed.flatMap((rule) => {
    const at = rule.there.get(group);
    return at === undefined ? [] : [{ at, number: rule.shipped ?? 0 }];
  });
  const below = Math.max(-1, ...neighbours.filter(({ at }) => at <= wanted).map(({ number }) => number));
  const above = Math.min(Infinity, ...neighbours.filter(({ at }) => at > wanted).map(({ number }) => number));
  for (let distance = 0; distance <= taken.size; distance++)
    for (const free of [wanted - distance, wanted + distance])
      if (free > below && free < above && free >= 0 && !taken.has(free)) return free;
  return above === Infinity ? below + 0.5 : above - 0.5;
}

/** Those of a list that stand in another order than their ranks: all but the longest run that is in order. */
export function outOfOrder<T>(items: readonly T[], rank: (item: T) => number): readonly T[] {
  const runs: { readonly length: number; readonly before: number }[] = [];
  for (const [at, item] of items.entries()) {
    let run = { length: 1, before: -1 };
    for (const [before, other] of items.slice(0, at).entries()) {
      const length = (runs[before]?.length ?? 0) + 1;
      if (rank(other) < rank(item) && length > run.length) run = { length, before };
    }
    runs.push(run);
  }
  let at = runs.reduce((longest, run, index) => (run.length > (runs[longest]?.length ?? 0) ? index : longest), 0);
  const kept = new Set<number>();
  for (let run = runs[at]; run !== undefined; run = runs[at]) {
    kept.add(at);
    at = run.before;
  }
  return items.filter((_, index) => !kept.has(index));
}
