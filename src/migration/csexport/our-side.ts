import type { Attributes } from '../../model/value.ts';

/** What our rules want of one object of the tenant, whatever the tenant can hold of it. */
export interface OurObject {
  /** The number by which the other questions are asked. */
  readonly key: number;
  readonly anchor: string;
  readonly type: string;
  readonly name: string;
  readonly attributes: Attributes;
  /** Attributes for which a rule spoke, with or without a value. */
  readonly decided: ReadonlySet<string>;
  /** Attributes for which there is a flow at all. */
  readonly flowing: ReadonlySet<string>;
  /** Reference attributes that have values, by their names in the tenant. */
  readonly references: readonly string[];
}

/** What became of an object on our side. */
export type OurAnswer = { readonly kind: 'wanted'; readonly object: OurObject } | OurAbsence;

export interface OurAbsence {
  readonly kind: 'absent';
  /** Whether there is a person, group or device of that anchor which the rules do not want. */
  readonly isKnown: boolean;
  /** Why, in words. */
  readonly why: string;
  /** The same without what concerns this object alone, to count by. */
  readonly reason: string;
}

export interface OurRule {
  readonly outbound: string | null;
  readonly inbound: string | null;
  /** The object and the attributes of the source that gave the value. */
  readonly from: string | null;
}

/** What the comparison asks of our side. */
export interface OurSide {
  find(anchor: string): Promise<OurAnswer>;
  /** Every object that the rules want, but for those whose keys are given. */
  all(except: ReadonlySet<number>): AsyncIterable<OurObject>;
  /** The source anchors of what a reference attribute leads to. */
  references(object: OurObject, attribute: string): AsyncIterable<readonly string[]>;
  rule(object: OurObject, attribute: string): Promise<OurRule>;
  /** The source anchor of an object of the tenant, by its id there. */
  anchorOfTenantObject(id: string): Promise<string | null>;
  /** Whether the tenant has a place for it that we can write. `attribute` null: for objects of that type at all. */
  isCarried(type: string, attribute: string | null): boolean;
}
