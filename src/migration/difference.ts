/** In what way two configurations differ. A and B are the two, in the order in which they were given. */
export const DIFFERENCE_KINDS = [
  'changed',
  'only-in-a',
  'only-in-b',
  'disabled-in-a',
  'disabled-in-b',
  'renamed',
] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export const DIFFERENCE_AREAS = ['setting', 'source', 'target', 'rule'] as const;
export type DifferenceArea = (typeof DIFFERENCE_AREAS)[number];

export interface Difference {
  readonly area: DifferenceArea;
  /** The source or rule; empty for a setting and the target. */
  readonly name: string;
  /** The key, or the part of a rule; empty when a source or rule differs as a whole. */
  readonly key: string;
  readonly kind: DifferenceKind;
  /** Values as people read them; null where there is none. */
  readonly a: string | null;
  readonly b: string | null;
}
