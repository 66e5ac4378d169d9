import type { Attributes } from '../model/value.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { LookupValue } from '../store/store.ts';
import { joinValues } from './lookup.ts';

/** The kinds of objects that only ever join what is there, and what makes it worth asking them again. */
export class Joiners {
  readonly types: readonly string[];
  /** The metaverse attributes by which they join. */
  readonly #attributes: readonly string[];

  constructor(rules: RuleSet) {
    const inbound = rules.all.filter((rule) => rule.direction === 'inbound' && rule.connector === 'source');
    const makers = new Set(inbound.filter((rule) => rule.link === 'provision').map((rule) => rule.sourceType));
    const joining = inbound.filter((rule) => !makers.has(rule.sourceType));
    const conditions = joining.flatMap((rule) => rule.joins.flat());
    this.types = [...new Set(joining.map((rule) => rule.sourceType))];
    this.#attributes = [...new Set(conditions.map((condition) => condition.metaverseAttribute))];
  }

  /** Whether a metaverse object has got a value by which one of them joins. */
  mayFind(before: Attributes, lookup: readonly LookupValue[]): boolean {
    const now = lookup.filter(({ kind }) => this.#attributes.includes(kind));
    if (now.length === 0) return false;
    const old = new Set(joinValues(this.#attributes, before).map(({ kind, key }) => `${kind}/${key}`));
    return now.some(({ kind, key }) => !old.has(`${kind}/${key}`));
  }
}
