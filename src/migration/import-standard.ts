import type { ConnectRule } from './connect-rule.ts';
import { CONNECT_RULES, NO_WRITEBACK } from './connect-rules.ts';
import {
  convertJoins,
  convertRule,
  convertScope,
  problemsOfScope,
  withDomains,
  withFlows,
  withoutDomains,
} from './convert-rule.ts';
import { fingerprintOf } from './fingerprint.ts';
import { microsoftRuleOf, standardName } from './microsoft-rules.ts';
import { type PlainRule, plainRule, problemsOf, type ShippedRule } from './plain-rule.ts';
import { type Differences, differencesOf, type Explained, NOTHING_EXPLAINED, nameSome } from './rule-difference.ts';
import type { RuleDrafts } from './rule-drafts.ts';
import type { RulePlaces } from './rule-places.ts';
import { ServiceFlows } from './services.ts';

interface Context {
  readonly shipped: ReadonlyMap<string, ShippedRule>;
  readonly places: RulePlaces;
  readonly drafts: RuleDrafts;
  readonly explained: Explained;
}

/** A standard rule of one connector. `differences`: what its owner changed; null where nothing is known to be changed. */
interface Variant {
  readonly rule: ConnectRule;
  readonly why: string;
  readonly differences: Differences | null;
  /** The same for rules that do the same. */
  readonly print: string;
}

/** The rules that Microsoft ships: most are as they were, and ours stand for them. */
export class StandardImport {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  add(rules: readonly ConnectRule[]): void {
    const { shipped, places } = this.#context;
    const services = new ServiceFlows(rules.filter((rule) => places.sideOf(rule) === 'tenant'));
    for (const [name, same] of Map.groupBy(rules, standardName)) {
      const ours = shipped.get(name);
      if (ours === undefined) for (const rule of same) this.#addWithoutCounterpart(name, rule, services);
      else
        this.#addToShipped(
          ours,
          same.map((rule) => this.#variantOf(rule)),
          services,
        );
    }
    this.#addLosses(rules, services);
  }

  #variantOf(rule: ConnectRule): Variant {
    const known = microsoftRuleOf(rule.tag);
    if (rule.disabled)
      return { rule, why: 'a standard rule that is disabled there', differences: null, print: 'disabled' };
    const same = (why: string): Variant => ({ rule, why, differences: null, print: 'same' });
    if (rule.isNameOnly) return same(`${rule.tag}, named by a policy without its content`);
    if (known === null) return same(`${rule.tag}, of a build whose content we do not know`);
    if (known.tag.toLowerCase() !== rule.tag.toLowerCase()) {
      const { texts } = differencesOf(rule, known);
      const told =
        texts.length === 0
          ? 'which does the same'
          : `of which differ: ${texts.join(', ')} (Microsoft's later build or your change: look)`;
      return same(`${rule.tag} of another build than the one we know (${known.tag}), ${told}`);
    }
    const isChoice = this.#context.places.sideOf(rule) === 'source' && rule.direction === 'inbound';
    const differences = differencesOf(rule, known, isChoice ? this.#context.explained : NOTHING_EXPLAINED);
    if (differences.texts.length === 0) return same(`${rule.tag}, as Microsoft shipped it`);
    const { head, scope, joins, flows } = fingerprintOf(rule);
    const why = `a standard rule that you changed: ${differences.texts.join(', ')}`;
    return { rule, why, differences, print: JSON.stringify([head, scope, joins, [...flows].sort()]) };
  }

  // ------------------------------------------------------------ rules that we ship, too

  #addToShipped(ours: ShippedRule, variants: readonly Variant[], services: ServiceFlows): void {
    const { places, drafts } = this.#context;
    const used = variants.filter(({ rule }) => places.whyNowhere(rule) === null);
    for (const { rule } of variants.filter((one) => !used.includes(one)))
      drafts.left(rule, places.whyNowhere(rule) ?? '');
    if (new Set(used.map((one) => one.print)).size > 1) this.#addByForest(ours, used);
    else if (used[0] !== undefined) this.#addForAll(ours, used[0], used.slice(1), services);
  }

  #addForAll(ours: ShippedRule, first: Variant, others: readonly Variant[], services: ServiceFlows): void {
    const { drafts } = this.#context;
    const { name } = ours.definition;
    if (first.print === 'disabled') this.#switchOff(ours, first.rule, services);
    else if (first.differences === null) drafts.standard(first.rule, `${first.why}; ours of that name stands for it`);
    else {
      const kept = services.kept(ours.definition);
      this.#addChanged(plainRule(ours.definition), first, name, [], kept);
    }
    for (const { rule } of others)
      if (first.print === 'same') drafts.standard(rule, `${first.why}; ours of that name stands for it`);
      else drafts.taken(rule, `${first.why}, as it is for ${this.#context.places.forestOf(first.rule)}`);
  }

  /** In the tenant, what other services still give there goes on flowing. */
  #switchOff(ours: ShippedRule, rule: ConnectRule, services: ServiceFlows): void {
    const { drafts } = this.#context;
    const { name, direction, link, flows } = ours.definition;
    const kept = direction === 'outbound' && link === 'join' ? services.kept(ours.definition) : [];
    if (kept.length === 0) {
      drafts.disabled.add(name);
      drafts.taken(rule, 'a standard rule that is disabled there, so ours is disabled too');
      return;
    }
    const lost = Object.keys(flows).filter((target) => !kept.includes(target));
    const plain = plainRule(ours.definition);
    const told = `disabled there, but other services that are on give ${kept.length} of its attributes, which flow in this rule here`;
    drafts.add(rule, { rule: without(plain, lost), problems: [], flows: [] }, name, told);
  }

  /** Forests differ: the rule as it is shipped leaves out the domains of those where it is switched off or changed. */
  #addByForest(ours: ShippedRule, variants: readonly Variant[]): void {
    const { places, drafts } = this.#context;
    const { name } = ours.definition;
    const plain = plainRule(ours.definition);
    const same = variants.filter((one) => one.print === 'same');
    const special = variants.filter((one) => one.print !== 'same');
    for (const variant of special) {
      const domains = places.domainsOf(variant.rule);
      if (variant.differences === null) drafts.taken(variant.rule, 'disabled for this forest, and so it is here');
      else this.#addChanged({ ...plain, name: drafts.freeName(variant.rule) }, variant, null, domains, []);
    }
    const [first] = same;
    if (first === undefined) {
      drafts.disabled.add(name);
      return;
    }
    const outside = special.flatMap(({ rule }) => places.domainsOf(rule));
    const restricted = { ...plain, scope: withoutDomains(plain.scope ?? [], outside) };
    const told = `${first.why}; for other forests it is changed or disabled, so ours leaves out their objects (${outside.join(', ')})`;
    drafts.add(first.rule, { rule: restricted, problems: [], flows: [] }, name, told);
    for (const { rule, why } of same.slice(1)) drafts.standard(rule, `${why}; ours of that name stands for it`);
  }

  /** Our rule with the parts that were changed there; what was not changed stays as we ship it. */
  #addChanged(
    base: PlainRule,
    { rule, differences, why }: Variant,
    replaces: string | null,
    domains: readonly string[],
    kept: readonly string[],
  ): void {
    if (differences === null) return;
    const { places, drafts } = this.#context;
    const place = { ...places.placeOf(rule), domains: [] };
    const removed = differences.removed.filter((target) => !kept.includes(target));
    let frame = without(base, removed);
    const stays = differences.removed.filter((target) => kept.includes(target) && base.flows?.[target] !== undefined);
    if (stays.length > 0)
      drafts.standard(
        rule,
        `${nameSome(stays)}: taken out there, but another service gives it and it flows in this rule here`,
      );
    for (const part of changedParts(rule, differences)) {
      const problems = [...problemsOf({ ...frame, ...part.parts, flows: {} }), ...part.problems];
      if (problems.length === 0) frame = { ...frame, ...part.parts };
      else drafts.left(rule, `its changed ${part.what}: ${problems.join('; ')}; ours stays as it is shipped, so look`);
    }
    if (differences.isHead && !rule.passwordSync) frame = withoutPasswords(frame);
    if (domains.length > 0) frame = { ...frame, scope: withDomains(frame.scope ?? [], domains) };
    drafts.add(rule, withFlows(frame, differences.flows, place), replaces, why);
  }

  // ------------------------------------------------------------ rules that we do not ship

  #addWithoutCounterpart(name: string, rule: ConnectRule, services: ServiceFlows): void {
    const { drafts, places } = this.#context;
    const fate = CONNECT_RULES.get(name);
    const { why, differences } = this.#variantOf(rule);
    if (rule.direction === 'outbound' && places.sideOf(rule) === 'source')
      drafts.left(rule, `${why}; it ${fate?.fate === 'left out' ? fate.because : NO_WRITEBACK}`);
    else if (fate?.fate === 'folded') this.#addFolded(rule, fate.into, services);
    else if (fate?.fate === 'left out' && rule.disabled)
      drafts.standard(rule, `disabled there, and Dirbridge has none: it ${fate.because}`);
    else if (fate?.fate === 'left out' && differences === null) drafts.left(rule, `${why}; it ${fate.because}`);
    else if (fate !== undefined) this.#addChangesAlone(rule);
    else if (rule.disabled) drafts.standard(rule, 'disabled there, and Dirbridge has no such rule either');
    else drafts.left(rule, `${rule.tag}, ${UNKNOWN}${given(rule)}`);
  }

  #addFolded(rule: ConnectRule, into: readonly string[], services: ServiceFlows): void {
    const { drafts } = this.#context;
    const { why, differences } = this.#variantOf(rule);
    const where = into.map((name) => `"${name}"`).join(', ');
    if (rule.disabled && services.isKnown(rule.targetType.toLowerCase()))
      drafts.standard(rule, `disabled there; here its flows are in ${where}, as far as another service has them too`);
    else if (rule.disabled)
      drafts.left(
        rule,
        `disabled there; here its flows are in ${where} and stay: the export does not hold all rules, so nobody can tell what it alone gave`,
      );
    else if (differences === null) drafts.standard(rule, `${why}; its flows are in ${where}`);
    else this.#addChangesAlone(rule);
  }

  /** Where we ship no rule of that name its other flows are not wanted either: what was changed rides on what joins the object. */
  #addChangesAlone(rule: ConnectRule): void {
    const { drafts, places } = this.#context;
    const { why, differences } = this.#variantOf(rule);
    const place = places.placeOf(rule);
    const riding = { ...rule, name: drafts.freeName(rule), flows: [], joins: [], link: 'Join' };
    const { rule: base, problems } = convertRule(riding, place);
    const flows = differences?.flows ?? [];
    if (base === null) drafts.left(rule, `${why}; ${problems.join('; ')}`);
    else if (flows.length === 0)
      drafts.standard(rule, `${why}; what is left of it flows in the rules of the other services`);
    else drafts.add(rule, withFlows(base, flows, place), null, `${why}; only what was changed is taken`);
  }

  // ------------------------------------------------------------ what no service gives any more

  #addLosses(rules: readonly ConnectRule[], services: ServiceFlows): void {
    const { shipped, drafts } = this.#context;
    for (const { definition } of shipped.values()) {
      const origin = rules.find((rule) => standardName(rule) === definition.name);
      if (definition.direction !== 'outbound' || origin === undefined || drafts.disabled.has(definition.name)) continue;
      const draft = drafts.all.find((one) => one.replaces === definition.name);
      const base = draft?.rule ?? plainRule(definition);
      const lost = services.lost(definition).filter((target) => base.flows?.[target] !== undefined);
      if (lost.length === 0) continue;
      const conversion = { rule: without(base, lost), problems: [], flows: [] };
      drafts.add(
        origin,
        conversion,
        definition.name,
        `no rule in use there gives ${nameSome(lost)} any more, so ours does not either`,
      );
    }
  }
}

const UNKNOWN =
  'a rule of a later build than 1.1.130, the last whose rules are public; Dirbridge has none in its place';

function given({ flows }: ConnectRule): string {
  return flows.length === 0 ? '' : `; it gives ${nameSome(flows.map((flow) => flow.target))}`;
}

function without(rule: PlainRule, targets: readonly string[]): PlainRule {
  const flows = Object.entries(rule.flows ?? {}).filter(([target]) => !targets.includes(target));
  return { ...rule, flows: Object.fromEntries(flows) };
}

function withoutPasswords({ passwordSync: _passwords, ...rule }: PlainRule): PlainRule {
  return rule;
}

interface ChangedPart {
  readonly what: string;
  readonly parts: Partial<PlainRule>;
  readonly problems: readonly string[];
}

function changedParts(rule: ConnectRule, differences: Differences): readonly ChangedPart[] {
  const link = rule.link.toLowerCase() === 'stickyjoin' ? 'sticky-join' : rule.link.toLowerCase();
  const head = { to: rule.targetType, link, ...(rule.passwordSync ? { passwordSync: true } : {}) };
  const scope = convertScope(rule, []);
  return [
    ...(differences.isHead ? [{ what: 'link or type', parts: head, problems: [] }] : []),
    ...(differences.isScope ? [{ what: 'scope', parts: { scope }, problems: problemsOfScope(rule) }] : []),
    ...(differences.isJoin ? [{ what: 'join', parts: { join: convertJoins(rule) }, problems: [] }] : []),
  ];
}
