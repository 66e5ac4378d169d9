import { spellingsOf } from '../rules/attribute-spelling.ts';
import type { Identity } from '../rules/identity.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { agreeOnMerges } from './agree-on-merges.ts';
import type { ConnectRule } from './connect-rule.ts';
import { type Conversion, convertRule } from './convert-rule.ts';
import { type ImportLine, line, type RuleCounts } from './import-report.ts';
import { StandardImport } from './import-standard.ts';
import { microsoftRuleOf, microsoftRules, standardName } from './microsoft-rules.ts';
import { outOfOrder, type PlacedRule, placeRules } from './place-rules.ts';
import { type PlainRule, plainRule, type ShippedRule, shippedRules } from './plain-rule.ts';
import type { ConnectExport } from './read-export.ts';
import { type Explained, nameSome } from './rule-difference.ts';
import { RuleDrafts } from './rule-drafts.ts';
import { RulePlaces } from './rule-places.ts';
import { Spelling, type SpellingSources } from './spelling.ts';

/** What a rule file has to hold, and a line for every rule of the export. */
export interface ImportedRules {
  readonly rules: readonly PlainRule[];
  readonly disable: readonly { readonly rule: string; readonly madeFor: string }[];
  readonly override: readonly { readonly rule: string; readonly precedence: number; readonly madeFor: string }[];
  readonly lines: readonly ImportLine[];
  readonly counts: RuleCounts;
}

/** What the other keys of the configuration say. */
export interface RuleChoices {
  readonly identity: Identity;
  readonly explained: Explained;
  /** By the id of a connector the name of the one source that stands for it. */
  readonly sourceNames: ReadonlyMap<string, string>;
}

/** Finds the rules that differ from what Microsoft shipped, and turns them into ours. The result is what `rules lint` takes without a word. */
export function importRules(source: ConnectExport, choices: RuleChoices): ImportedRules {
  const shipped = shippedRules(choices.identity);
  const places = new RulePlaces(source);
  const usual = spellingsOf(loadRuleSet(['standard'], choices.identity).all);
  const spelling = new Spelling({
    usual,
    connectors: source.connectors,
    metaverse: source.metaverseSyntaxes,
    sourceNames: choices.sourceNames,
  });
  const rules = source.rules.map((rule) => spelling.spell(rule, places.sideOf(rule)));
  const drafts = new RuleDrafts(shipped, places);
  const standard = rules.filter(isStandard);
  for (const rule of rules.filter((one) => !isStandard(one)))
    addOwn(rule, { standard, shipped, places, drafts, usual });
  new StandardImport({ shipped, places, drafts, explained: choices.explained }).add(standard);
  return finish(rules, drafts, shipped, places);
}

function isStandard({ tag }: ConnectRule): boolean {
  return /^microsoft\./i.test(tag);
}

// ------------------------------------------------------------ rules that the owner made

interface Own {
  readonly standard: readonly ConnectRule[];
  readonly shipped: ReadonlyMap<string, ShippedRule>;
  readonly places: RulePlaces;
  readonly drafts: RuleDrafts;
  readonly usual: SpellingSources['usual'];
}

function addOwn(rule: ConnectRule, { standard, shipped, places, drafts, usual }: Own): void {
  const why = places.whyNowhere(rule);
  if (why !== null) {
    drafts.left(rule, `your own rule; ${why}`);
    return;
  }
  const place = places.placeOf(rule);
  const conversion = convertRule({ ...rule, name: drafts.freeName(rule) }, place);
  if (conversion.rule === null) drafts.left(rule, `your own rule; ${conversion.problems.join('; ')}`);
  else {
    const missing = missingFlows(conversion.rule, rule, standard, shipped);
    drafts.add(
      rule,
      missing.conversion(conversion),
      null,
      `your own rule${rule.disabled ? ', disabled as it was' : ''}${missing.told}`,
    );
  }
  const strange =
    rule.direction === 'outbound'
      ? Object.keys(conversion.rule?.flows ?? {}).filter((target) => usual('tenant', target) === null)
      : [];
  if (strange.length > 0)
    drafts.taken(
      rule,
      `it gives ${nameSome(strange)}, which no standard rule gives: the plan tells whether the tenant can hold that`,
    );
  if (rule.softDelete !== '' && rule.softDelete !== '00:00:00')
    drafts.left(
      rule,
      `its soft-delete interval ${rule.softDelete}: Dirbridge deletes at once, and the tenant keeps what was deleted for 30 days`,
    );
}

/** A clone of a standard rule that was switched off takes the place of ours: what ours gives besides the rule of Connect must not go with it. */
function missingFlows(
  converted: PlainRule,
  rule: ConnectRule,
  standard: readonly ConnectRule[],
  shipped: ReadonlyMap<string, ShippedRule>,
): { readonly conversion: (from: Conversion) => Conversion; readonly told: string } {
  const original = standard.find((one) => one.disabled && isCloneOf(rule, one));
  const ours = original === undefined ? undefined : shipped.get(standardName(original));
  const known = original === undefined ? null : microsoftRuleOf(original.tag);
  if (original === undefined || ours === undefined || known === null) return { conversion: (from) => from, told: '' };
  const flows = Object.entries(plainRule(ours.definition).flows ?? {}).filter(
    ([target]) => !known.fingerprint.flows.has(target) && converted.flows?.[target] === undefined,
  );
  const added =
    flows.length === 0 ? '' : `; it got ${nameSome(flows.map(([target]) => target))}, which ours gives besides`;
  return {
    conversion: (from) =>
      from.rule === null
        ? from
        : { ...from, rule: { ...from.rule, flows: { ...from.rule.flows, ...Object.fromEntries(flows) } } },
    told: `, a clone of "${original.name}"${added}`,
  };
}

function isCloneOf(rule: ConnectRule, original: ConnectRule): boolean {
  return (
    rule.direction === 'inbound' &&
    original.direction === 'inbound' &&
    rule.name.startsWith(original.name) &&
    /^\s*([-_([]|$)/.test(rule.name.slice(original.name.length)) &&
    rule.connector === original.connector &&
    rule.sourceType === original.sourceType &&
    rule.targetType === original.targetType
  );
}

// ------------------------------------------------------------ all together

function finish(
  rules: readonly ConnectRule[],
  drafts: RuleDrafts,
  shipped: ReadonlyMap<string, ShippedRule>,
  places: RulePlaces,
): ImportedRules {
  const replaced = new Set(drafts.all.map((draft) => draft.replaces));
  const standing = [...shipped.values()].filter(
    ({ definition: { name } }) => !replaced.has(name) && !drafts.disabled.has(name),
  );
  const numbers = numberRules(rules, drafts, standing, places);
  const numbered = drafts.all.map(({ rule, replaces }) => ({
    ...(replaces === null ? rule : withMadeFor(rule, shipped.get(replaces)?.fingerprint ?? '')),
    precedence: numbers.get(rule.name) ?? rule.precedence,
  }));
  const agreed = agreeOnMerges(
    numbered,
    standing.map((one) => one.definition),
  );
  for (const { rule, target, from, to, by } of agreed.changed)
    drafts.tell(
      rule,
      line.taken(
        'rule',
        rule,
        `its flow to ${target} with merge type ${to} instead of ${from}: all flows to ${target} come together in one way, here that of "${by}"`,
      ),
    );
  const override = standing
    .flatMap(({ definition: { name, precedence }, fingerprint }) => {
      const number = numbers.get(name) ?? precedence;
      return number === precedence ? [] : [{ rule: name, precedence: number, madeFor: fingerprint }];
    })
    .sort((a, b) => a.precedence - b.precedence);
  return {
    rules: agreed.rules,
    disable: [...drafts.disabled].map((rule) => ({ rule, madeFor: shipped.get(rule)?.fingerprint ?? '' })),
    override,
    lines: drafts.linesInOrder(rules),
    counts: drafts.countRules(rules),
  };
}

function withMadeFor({ name, ...rest }: PlainRule, madeFor: string): PlainRule {
  return { name, madeFor, ...rest };
}

/** Numbers for all rules in force, each told whose number is not the one that it had. */
function numberRules(
  rules: readonly ConnectRule[],
  drafts: RuleDrafts,
  standing: readonly ShippedRule[],
  places: RulePlaces,
): ReadonlyMap<string, number> {
  const standard = rules.filter((rule) => isStandard(rule) && !rule.disabled);
  const moved = movedRules(standard, places);
  const thereOf = (name: string): ReadonlyMap<string, number> =>
    new Map(
      standard.filter((rule) => standardName(rule) === name).map((rule) => [places.groupOf(rule), rule.precedence]),
    );
  const ours = [
    ...standing.map(({ definition }) => definition),
    ...drafts.all.filter((draft) => draft.replaces !== null).map((draft) => draft.rule),
  ].map(
    ({ name, precedence }): PlacedRule => ({
      name,
      shipped: precedence,
      there: thereOf(name),
      isMoved: moved.has(name),
    }),
  );
  const own = drafts.all
    .filter((draft) => draft.replaces === null)
    .map(
      ({ rule, origin }): PlacedRule => ({
        name: rule.name,
        shipped: null,
        there: new Map([[places.groupOf(origin), origin.precedence]]),
        isMoved: false,
      }),
    );
  const numbers = placeRules([...ours, ...own]);
  tellNumbers(drafts, [...ours, ...own], numbers);
  return numbers;
}

/** Standard rules that their owner put among the own ones, or in another order than Microsoft's. */
function movedRules(standard: readonly ConnectRule[], places: RulePlaces): ReadonlySet<string> {
  const order = new Map(microsoftRules().map((rule, index) => [rule.name, index]));
  const low = standard.filter((rule) => rule.precedence < 100);
  const groups = Map.groupBy(
    standard.filter((rule) => rule.precedence >= 100 && microsoftRuleOf(rule.tag)?.tag === rule.tag),
    (rule) => places.groupOf(rule),
  );
  const mixed = [...groups.values()].flatMap((group) =>
    outOfOrder(
      group.toSorted((a, b) => a.precedence - b.precedence),
      (rule) => order.get(standardName(rule)) ?? 0,
    ),
  );
  return new Set([...low, ...mixed].map(standardName));
}

function tellNumbers(drafts: RuleDrafts, placed: readonly PlacedRule[], numbers: ReadonlyMap<string, number>): void {
  const pushed: string[] = [];
  for (const { name, shipped, there, isMoved } of placed) {
    const number = numbers.get(name) ?? 0;
    const before = Math.min(...there.values());
    if (shipped === null && number !== before)
      drafts.tell(
        name,
        line.taken('rule', name, `its precedence ${before} there is ${number} here: it stands between the same rules`),
      );
    if (isMoved) drafts.tell(name, line.taken('rule', name, `moved there to precedence ${before}, here to ${number}`));
    else if (shipped !== null && shipped !== number) pushed.push(name);
  }
  if (pushed.length > 0)
    drafts.tell(
      null,
      line.taken(
        'rule',
        'standard rules',
        `${pushed.length} of ours get the next number to make room: ${nameSome(pushed)}`,
      ),
    );
}
