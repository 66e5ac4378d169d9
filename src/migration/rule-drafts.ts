import type { ConnectRule } from './connect-rule.ts';
import type { Conversion } from './convert-rule.ts';
import { IMPORT_OUTCOMES, type ImportLine, line, type RuleCounts } from './import-report.ts';
import type { PlainRule, ShippedRule } from './plain-rule.ts';
import type { RulePlaces } from './rule-places.ts';

/** A rule that will be written. */
export interface RuleDraft {
  readonly rule: PlainRule;
  readonly origin: ConnectRule;
  /** The shipped rule whose place it takes. */
  readonly replaces: string | null;
}

/** Collects what is to be written about rules, and what is to be told about them. */
export class RuleDrafts {
  readonly disabled = new Set<string>();
  readonly #drafts = new Map<string, RuleDraft>();
  readonly #lines = new Map<ConnectRule | null, ImportLine[]>();
  readonly #shipped: ReadonlyMap<string, ShippedRule>;
  readonly #places: RulePlaces;

  constructor(shipped: ReadonlyMap<string, ShippedRule>, places: RulePlaces) {
    this.#shipped = shipped;
    this.#places = places;
  }

  get all(): readonly RuleDraft[] {
    return [...this.#drafts.values()];
  }

  add(origin: ConnectRule, { rule, flows }: Conversion, replaces: string | null, why: string): void {
    if (rule === null) return;
    this.#drafts.set(rule.name, { rule, origin, replaces });
    const count = Object.keys(rule.flows ?? {}).length;
    const name = rule.name === origin.name ? '' : ` as "${rule.name}"`;
    const forest = replaces === null && this.#places.placeOf(origin).domains.length > 0;
    const only = forest ? ', for the objects of its forest only' : '';
    this.taken(origin, `${why}; written${name} with ${count} flow${count === 1 ? '' : 's'}${only}`);
    for (const { target, why: reason } of flows) this.left(origin, `its flow to ${target}: ${reason}`);
  }

  taken(rule: ConnectRule, detail: string): void {
    this.#push(rule, line.taken('rule', this.#places.labelOf(rule), detail));
  }

  standard(rule: ConnectRule, detail: string): void {
    this.#push(rule, line.standard('rule', this.#places.labelOf(rule), detail));
  }

  left(rule: ConnectRule, detail: string): void {
    this.#push(rule, line.left('rule', this.#places.labelOf(rule), detail));
  }

  /** About a rule that will be written, by its name here; null: about all of them. */
  tell(name: string | null, told: ImportLine): void {
    this.#push(name === null ? null : (this.#drafts.get(name)?.origin ?? null), told);
  }

  #push(rule: ConnectRule | null, told: ImportLine): void {
    const lines = this.#lines.get(rule);
    if (lines === undefined) this.#lines.set(rule, [told]);
    else lines.push(told);
  }

  linesInOrder(rules: readonly ConnectRule[]): readonly ImportLine[] {
    return [...rules, null].flatMap((rule) => this.#lines.get(rule) ?? []);
  }

  countRules(rules: readonly ConnectRule[]): RuleCounts {
    const counts = { taken: 0, standard: 0, left: 0 };
    for (const rule of rules) {
      const outcomes = (this.#lines.get(rule) ?? []).map((told) => told.outcome);
      counts[IMPORT_OUTCOMES.find((one) => one !== 'standard' && outcomes.includes(one)) ?? 'standard']++;
    }
    return counts;
  }

  /** A name that neither a shipped rule nor one that is written has. */
  freeName(rule: ConnectRule): string {
    const given = rule.name.trim() === '' ? `Rule ${rule.id || 'without a name'}` : rule.name.trim();
    const names = [given, ...(this.#places.isOneForest ? [] : [this.#places.labelOf(rule)]), `${given} (from Connect)`];
    const free = names.find((name) => this.#isFree(name));
    if (free !== undefined) return free;
    let number = 2;
    while (!this.#isFree(`${given} (from Connect, ${number})`)) number++;
    return `${given} (from Connect, ${number})`;
  }

  #isFree(name: string): boolean {
    return !this.#drafts.has(name) && !this.#shipped.has(name);
  }
}
