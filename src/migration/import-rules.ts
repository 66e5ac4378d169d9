import type { ConnectConnector } from './connect-connector.ts';
import type { ConnectRule } from './connect-rule.ts';
import type { Syntax } from './connect-schema.ts';
import {
  type Conversion,
  type ConversionPlace,
  convertJoins,
  convertRule,
  convertScope,
  WRITES_BACK,
  withFlows,
} from './convert-rule.ts';
import { fingerprintOf } from './fingerprint.ts';
import { type ImportLine, line } from './import-report.ts';
import { type MicrosoftRule, microsoftRuleOf } from './microsoft-rules.ts';
import { type PlainRule, plainRule, shippedRules } from './plain-rule.ts';
import type { ConnectExport } from './read-export.ts';

/** What a rule file has to hold, and a line for every rule of the export. */
export interface ImportedRules {
  readonly rules: readonly PlainRule[];
  readonly disable: readonly string[];
  readonly lines: readonly ImportLine[];
}

/** What other keys of the configuration say already: the wizard writes its choices into the standard rules of Active Directory. */
export interface Explained {
  readonly isJoin: boolean;
  /** Attributes of the metaverse. */
  readonly flows: readonly string[];
}

const MOST_NAMED = 8;

/** Finds the rules that differ from what Microsoft shipped, and turns them into ours. */
export function importRules(source: ConnectExport, explained: Explained): ImportedRules {
  const importing = new RuleImport(source, explained);
  for (const rule of source.rules) importing.add(rule);
  return importing.finish();
}

class RuleImport {
  readonly #connectors: ReadonlyMap<string, ConnectConnector>;
  readonly #metaverse: ReadonlyMap<string, Syntax>;
  readonly #isOneForest: boolean;
  readonly #shipped = shippedRules();
  readonly #rules = new Map<string, PlainRule>();
  readonly #disable = new Map<string, number>();
  readonly #enabled = new Set<string>();
  readonly #lines: ImportLine[] = [];
  readonly #explained: Explained;

  constructor({ connectors, metaverseSyntaxes }: ConnectExport, explained: Explained) {
    this.#explained = explained;
    this.#connectors = new Map(connectors.map((connector) => [connector.id, connector]));
    this.#metaverse = metaverseSyntaxes;
    this.#isOneForest = connectors.filter((connector) => connector.kind === 'ad').length < 2;
  }

  add(rule: ConnectRule): void {
    if (!/^microsoft\./i.test(rule.tag)) this.#addCustom(rule);
    else if (this.#isWrittenBack(rule)) this.#left(rule, `${this.#whose(rule)}; ${WRITES_BACK}`);
    else if (rule.disabled) this.#addDisabled(rule);
    else this.#addStandard(rule);
  }

  #addCustom(rule: ConnectRule): void {
    const conversion = convertRule({ ...rule, name: this.#freeName(rule) }, this.#placeOf(rule));
    if (conversion.rule === null) this.#left(rule, `your own rule; ${conversion.problems.join('; ')}`);
    else this.#take(rule, conversion, `your own rule${rule.disabled ? ', disabled as it was' : ''}`);
    if (rule.softDelete !== '' && rule.softDelete !== '00:00:00')
      this.#left(
        rule,
        `its soft-delete interval ${rule.softDelete}: Dirbridge deletes at once, and the tenant keeps what was deleted for 30 days`,
      );
  }

  #addDisabled(rule: ConnectRule): void {
    if (!this.#shipped.has(rule.name)) {
      this.#lines.push(
        line.standard('rule', this.#label(rule), 'disabled there, and Dirbridge has no such rule either'),
      );
      return;
    }
    this.#disable.set(rule.name, (this.#disable.get(rule.name) ?? 0) + 1);
    this.#lines.push(
      line.taken('rule', this.#label(rule), 'a standard rule that is disabled there, so ours is disabled too'),
    );
  }

  #addStandard(rule: ConnectRule): void {
    this.#enabled.add(rule.name);
    const known = microsoftRuleOf(rule.tag);
    if (rule.isNameOnly) this.#keep(rule, `${rule.tag}, named by a policy without its content`);
    else if (known === null) this.#keep(rule, `${rule.tag}, of a build whose content we do not know`);
    else if (known.tag.toLowerCase() !== rule.tag.toLowerCase()) this.#keep(rule, otherBuild(rule, known));
    else this.#compare(rule, known);
  }

  /** Nothing of it differs as far as can be told: the rule that we ship under that name does its work. */
  #keep(rule: ConnectRule, why: string): void {
    const { name } = rule;
    if (this.#shipped.has(name))
      this.#lines.push(line.standard('rule', this.#label(rule), `${why}; ours of that name stands for it`));
    else this.#left(rule, `${why}; Dirbridge has no rule of that name in this version`);
  }

  #compare(rule: ConnectRule, known: MicrosoftRule): void {
    const isChoice = this.#sideOf(rule) === 'source' && rule.direction === 'inbound';
    const differences = differencesOf(rule, known, isChoice ? this.#explained : NOTHING_EXPLAINED);
    if (differences.texts.length === 0) {
      this.#keep(rule, `${rule.tag}, as Microsoft shipped it`);
      return;
    }
    const place = this.#placeOf(rule);
    const why = `a standard rule that you changed: ${differences.texts.join(', ')}`;
    const ours = this.#rules.get(rule.name) ?? this.#shippedRule(rule.name);
    // Where we ship no rule of that name its other flows are not wanted either: what was changed rides on what joins the object.
    const { rule: base, problems } =
      ours === null ? convertRule({ ...rule, flows: [], link: 'Join' }, place) : { rule: ours, problems: [] };
    if (base === null) this.#left(rule, `${why}; ${problems.join('; ')}`);
    else this.#take(rule, withFlows(changedFrame(base, rule, differences, place), differences.flows, place), why);
  }

  #shippedRule(name: string): PlainRule | null {
    const definition = this.#shipped.get(name);
    return definition === undefined ? null : plainRule(definition);
  }

  #take(rule: ConnectRule, { rule: converted, flows }: Conversion, why: string): void {
    if (converted === null) return;
    this.#rules.set(converted.name, converted);
    const all = Object.keys(converted.flows ?? {}).length;
    const name = converted.name === rule.name ? '' : ` as "${converted.name}"`;
    const forest = this.#placeOf(rule).domains.length > 0 ? ', for the objects of its forest only' : '';
    this.#lines.push(line.taken('rule', this.#label(rule), `${why}; written${name} with ${all} flows${forest}`));
    for (const { target, why: reason } of flows) this.#left(rule, `its flow to ${target}: ${reason}`);
  }

  #left(rule: ConnectRule, why: string): void {
    this.#lines.push(line.left('rule', this.#label(rule), why));
  }

  #whose(rule: ConnectRule): string {
    const known = microsoftRuleOf(rule.tag);
    const isAsShipped = known?.tag === rule.tag && !rule.isNameOnly && differencesOf(rule, known).texts.length === 0;
    return isAsShipped ? `${rule.tag}, as Microsoft shipped it` : rule.tag;
  }

  #isWrittenBack(rule: ConnectRule): boolean {
    return rule.direction === 'outbound' && this.#sideOf(rule) === 'source';
  }

  #sideOf({ connector }: ConnectRule): 'source' | 'tenant' {
    return this.#connectors.get(connector)?.kind === 'tenant' || connector.startsWith('b891884f-')
      ? 'tenant'
      : 'source';
  }

  #placeOf(rule: ConnectRule): ConversionPlace {
    const connector = this.#connectors.get(rule.connector);
    const side = this.#sideOf(rule);
    const domains = connector?.partitions.filter((one) => one.selected).map((one) => one.dn) ?? [];
    return {
      side,
      syntaxes: rule.direction === 'inbound' ? this.#metaverse : (connector?.syntaxes ?? new Map()),
      domains: side === 'source' && !this.#isOneForest ? domains : [],
    };
  }

  /** The same rule exists once for each forest. */
  #label(rule: ConnectRule): string {
    const connector = this.#connectors.get(rule.connector);
    return this.#isOneForest || connector === undefined ? rule.name : `${rule.name} (${connector.name})`;
  }

  #freeName(rule: ConnectRule): string {
    const names = [rule.name, this.#label(rule), `${rule.name} (from Connect)`];
    const free = names.find((name) => !this.#rules.has(name) && !this.#shipped.has(name));
    return free ?? `${rule.name} (${rule.id})`;
  }

  /** A standard rule is disabled here only when no forest uses it any more. */
  finish(): ImportedRules {
    const disable = [...this.#disable.keys()].filter((name) => !this.#enabled.has(name));
    for (const name of this.#disable.keys())
      if (this.#enabled.has(name))
        this.#lines.push(
          line.left('rule', name, 'disabled for one forest and in use for another: ours stays in use for all'),
        );
    return { rules: this.#withNumbers(disable), disable, lines: this.#lines };
  }

  /** No two rules may have one number. Ours keep theirs; a rule whose number is taken comes behind all others. */
  #withNumbers(disabled: readonly string[]): readonly PlainRule[] {
    const taken = new Set<number>();
    for (const { name, precedence } of this.#shipped.values())
      if (!this.#rules.has(name) && !disabled.includes(name)) taken.add(precedence);
    return [...this.#rules.values()]
      .sort((a, b) => a.precedence - b.precedence)
      .map((rule) => {
        const precedence = taken.has(rule.precedence) ? nextFree(taken) : rule.precedence;
        taken.add(precedence);
        if (precedence !== rule.precedence) this.#tellNumber(rule, precedence);
        return { ...rule, precedence };
      });
  }

  #tellNumber(rule: PlainRule, precedence: number): void {
    const why = `its precedence ${rule.precedence} belongs to another rule here, so it got ${precedence}: see whether it still wins what it won`;
    this.#lines.push(line.left('rule', rule.name, why));
  }
}

function nextFree(taken: ReadonlySet<number>): number {
  return Math.max(0, ...taken) + 1;
}

interface Differences {
  readonly texts: readonly string[];
  readonly isHead: boolean;
  readonly isScope: boolean;
  readonly isJoin: boolean;
  readonly flows: ConnectRule['flows'];
  readonly removed: readonly string[];
}

const NOTHING_EXPLAINED: Explained = { isJoin: false, flows: [] };

function differencesOf(rule: ConnectRule, known: MicrosoftRule, explained = NOTHING_EXPLAINED): Differences {
  const now = fingerprintOf(rule);
  const before = known.fingerprint;
  const flows = rule.flows.filter(
    ({ target }) => now.flows.get(target) !== before.flows.get(target) && !explained.flows.includes(target),
  );
  const removed = [...before.flows.keys()].filter((target) => !now.flows.has(target));
  const [isHead, isScope, isJoin] = [
    now.head !== before.head,
    now.scope !== before.scope,
    now.joins !== before.joins && !explained.isJoin,
  ];
  const texts = [
    ...(isHead ? ['its link or type'] : []),
    ...(isScope ? ['its scope'] : []),
    ...(isJoin ? ['its join'] : []),
    ...named(
      'changed or added',
      flows.map(({ target }) => target),
    ),
    ...named('removed', removed),
  ];
  return { texts, isHead, isScope, isJoin, flows, removed };
}

function named(what: string, targets: readonly string[]): readonly string[] {
  if (targets.length === 0) return [];
  const more = targets.length > MOST_NAMED ? ` and ${targets.length - MOST_NAMED} more` : '';
  return [`flows ${what}: ${targets.slice(0, MOST_NAMED).join(' ')}${more}`];
}

function otherBuild(rule: ConnectRule, known: MicrosoftRule): string {
  const { texts } = differencesOf(rule, known);
  const told =
    texts.length === 0
      ? 'which does the same'
      : `of which differ: ${texts.join(', ')} (Microsoft's later build or your change: look)`;
  return `${rule.tag} of another build than the one we know (${known.tag}), ${told}`;
}

/** Our rule with the parts that were changed there; what was not changed stays as we ship it. */
function changedFrame(base: PlainRule, rule: ConnectRule, differences: Differences, place: ConversionPlace): PlainRule {
  const flows = { ...base.flows };
  for (const target of differences.removed) delete flows[target];
  const head = differences.isHead ? convertRule({ ...rule, flows: [] }, { ...place, domains: [] }).rule : null;
  return {
    ...base,
    ...(head === null ? {} : { link: head.link, to: head.to, ...(rule.passwordSync ? { passwordSync: true } : {}) }),
    ...(differences.isScope ? { scope: convertScope(rule, []) } : {}),
    ...(differences.isJoin ? { join: convertJoins(rule) } : {}),
    flows,
  };
}
