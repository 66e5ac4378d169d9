import type { OurRule } from './our-side.ts';

/** `tenant`: something in the tenant would become another. `elsewhere`: the rules differ, but nothing that we can write. `design`: as it should be. */
export const WEIGHTS = ['tenant', 'elsewhere', 'design'] as const;
export type Weight = (typeof WEIGHTS)[number];

/** Stands in the place of an attribute where one anchor is two kinds of objects. */
export const OBJECT_TYPE = 'object type';

export const WAYS = ['only-connect', 'only-ours', 'different', 'case', 'primary'] as const;
export type Way = (typeof WAYS)[number];

export interface AttributeDifference {
  readonly attribute: string;
  readonly weight: Weight;
  readonly way: Way;
  readonly isReference: boolean;
  /** Of many values those that the other side has not; of references their source anchors. The first few, and how many there are. */
  readonly connect: Values;
  readonly ours: Values;
  /** Why it is by design, or what is to be known besides; null where there is nothing to say. */
  readonly note: string | null;
}

export interface Values {
  readonly shown: readonly string[];
  readonly count: number;
}

/** The same with the rule on each side. */
export interface ExplainedDifference extends AttributeDifference {
  readonly connectRule: string;
  readonly ourRule: OurRule;
}
