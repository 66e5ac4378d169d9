import {
  type AttributeDifference,
  type ExplainedDifference,
  WAYS,
  type Way,
  WEIGHTS,
  type Weight,
} from './difference.ts';

/** One attribute of one kind of object over all objects. */
export interface AttributeSummary {
  readonly type: string;
  readonly attribute: string;
  readonly weight: Weight;
  readonly count: number;
  readonly ways: Readonly<Partial<Record<Way, number>>>;
  /** The first object that differs, and how. */
  readonly example: string;
  readonly difference: ExplainedDifference | null;
  readonly cause: string;
}

interface Summary {
  readonly type: string;
  readonly attribute: string;
  readonly weight: Weight;
  readonly example: string;
  readonly ways: Partial<Record<Way, number>>;
  count: number;
  difference: ExplainedDifference | null;
}

/** Counts differences by attribute: with 100,000 users that is what one reads first. */
export class AttributeSummaries {
  readonly #summaries = new Map<string, Summary>();

  /** Counts one; answers whether it is the first of its kind. */
  add(type: string, { attribute, weight, way }: AttributeDifference, object: string): boolean {
    const key = keyOf(type, attribute, weight);
    const known = this.#summaries.get(key);
    const summary = known ?? { type, attribute, weight, example: object, ways: {}, count: 0, difference: null };
    summary.count++;
    summary.ways[way] = (summary.ways[way] ?? 0) + 1;
    if (known === undefined) this.#summaries.set(key, summary);
    return known === undefined;
  }

  explain(type: string, { attribute, weight }: AttributeDifference, difference: ExplainedDifference): void {
    const summary = this.#summaries.get(keyOf(type, attribute, weight));
    if (summary !== undefined) summary.difference = difference;
  }

  /** What changes the tenant first, then by number. */
  sorted(): readonly AttributeSummary[] {
    return [...this.#summaries.values()]
      .map((one) => ({ ...one, cause: causeOf(one) }))
      .sort(
        (a, b) =>
          WEIGHTS.indexOf(a.weight) - WEIGHTS.indexOf(b.weight) ||
          b.count - a.count ||
          (keyOf(a.type, a.attribute, a.weight) < keyOf(b.type, b.attribute, b.weight) ? -1 : 1),
      );
  }
}

function keyOf(type: string, attribute: string, weight: Weight): string {
  return `${type}/${attribute}/${weight}`;
}

/** What is probably behind it, from how most of the objects differ and which rules there are. */
function causeOf({ ways, weight, difference }: Summary): string {
  if (weight === 'design') return difference?.note ?? '';
  const [most] = [...WAYS].sort((a, b) => (ways[b] ?? 0) - (ways[a] ?? 0));
  const hasOurRule = difference?.ourRule.outbound != null;
  const hasConnectRule = difference?.connectRule.startsWith('"') === true;
  if (most === 'case') return 'one side changes upper and lower case';
  if (most === 'primary') return 'one side chooses another primary address';
  if (difference?.isReference === true) return 'objects that only one side synchronizes, or changes since the export';
  if (most === 'only-connect' && !hasOurRule) return 'no rule of ours gives it';
  if (most === 'only-connect')
    return 'our source has no value: changed since the export, not readable, or another rule';
  if (most === 'only-ours' && !hasConnectRule) return 'no standard rule of Connect gives it, one of ours does';
  if (most === 'only-ours')
    return 'Connect leaves it out: attribute filtering, a rule that was disabled, or changed since the export';
  return 'other expressions on the two sides, or changed since the export';
}
