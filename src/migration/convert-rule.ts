import type { ConnectFlow, ConnectRule } from './connect-rule.ts';
import type { Syntax } from './connect-schema.ts';
import { type PlainFlow, type PlainRule, problemsOf } from './plain-rule.ts';

export interface Conversion {
  /** Null when the rule cannot be taken over at all: then `problems` says why. */
  readonly rule: PlainRule | null;
  readonly problems: readonly string[];
  /** Flows that were left out, with the reason. */
  readonly flows: readonly { readonly target: string; readonly why: string }[];
}

export interface ConversionPlace {
  readonly side: 'source' | 'tenant';
  /** How the values of the attributes that flows give are kept: a constant `True` of a flag is no text. */
  readonly syntaxes: ReadonlyMap<string, Syntax>;
  /** Where the rule is for one forest of several: the domains of that forest. */
  readonly domains: readonly string[];
}

const LINKS: Readonly<Record<string, string>> = { provision: 'provision', join: 'join', stickyjoin: 'sticky-join' };
const MERGES: Readonly<Record<string, string>> = {
  update: 'update',
  merge: 'merge',
  mergecaseinsensitive: 'merge-case-insensitive',
  replace: 'replace',
};
const OPERATORS: Readonly<Record<string, string>> = { ISNOTBITSET: 'ISBITNOTSET' };
const WITHOUT_VALUE = ['ISNULL', 'ISNOTNULL'];

export const WRITES_BACK = 'it writes to Active Directory, and Dirbridge writes to the tenant only';

/** A rule of Connect as one of ours. Flows that we cannot carry are left out one by one; without its scope a rule would do harm, so then all of it is. */
export function convertRule(rule: ConnectRule, place: ConversionPlace): Conversion {
  if (rule.direction === 'outbound' && place.side === 'source') return refused([WRITES_BACK]);
  const link = LINKS[rule.link.toLowerCase()];
  if (link === undefined) return refused([`its link type "${rule.link}" is not known`]);
  const frame: PlainRule = {
    name: rule.name,
    ...(rule.description.trim() === '' ? {} : { description: rule.description.trim() }),
    direction: rule.direction,
    connector: place.side,
    from: rule.sourceType,
    to: rule.targetType,
    link,
    precedence: Math.max(0, rule.precedence),
    ...(rule.disabled ? { disabled: true } : {}),
    ...(rule.passwordSync ? { passwordSync: true } : {}),
    ...partOf('scope', convertScope(rule, place.domains)),
    ...partOf('join', convertJoins(rule)),
  };
  const problems = problemsOf(frame);
  return problems.length > 0 ? refused(problems) : withFlows(frame, rule.flows, place);
}

function refused(problems: readonly string[]): Conversion {
  return { rule: null, problems, flows: [] };
}

function partOf(key: 'scope' | 'join', groups: NonNullable<PlainRule['scope']>): Partial<PlainRule> {
  return groups.length === 0 ? {} : { [key]: groups };
}

/** Groups as they are; a rule for one forest gets the domain of the object as a further clause of each group. */
export function convertScope(
  rule: Pick<ConnectRule, 'scope'>,
  domains: readonly string[],
): NonNullable<PlainRule['scope']> {
  const groups = rule.scope.map((group) =>
    group.map(({ attribute, operator, value }) => ({
      attribute,
      operator: OPERATORS[operator] ?? operator,
      ...(WITHOUT_VALUE.includes(operator) ? {} : { value }),
    })),
  );
  if (domains.length === 0) return groups;
  const open = groups.length === 0 ? [[]] : groups;
  return domains.flatMap((value) => open.map((group) => [...group, { attribute: 'dn', operator: 'ENDSWITH', value }]));
}

export function convertJoins(rule: Pick<ConnectRule, 'joins'>): NonNullable<PlainRule['join']> {
  return rule.joins.map((group) =>
    group.map(({ space, metaverse, caseSensitive }) => ({
      space,
      metaverse,
      ...(caseSensitive ? { caseSensitive } : {}),
    })),
  );
}

/** Adds flows to a rule one by one; a flow of an attribute that is there already takes its place. */
export function withFlows(frame: PlainRule, flows: readonly ConnectFlow[], place: ConversionPlace): Conversion {
  const left: { target: string; why: string }[] = [];
  const taken: Record<string, PlainFlow> = { ...frame.flows };
  for (const flow of flows) {
    const plain = convertFlow(flow, place.syntaxes);
    const [why] = problemsOf({ ...frame, flows: { [flow.target]: plain } });
    if (why === undefined) taken[flow.target] = plain;
    else left.push({ target: flow.target, why: why.replace(`flow to ${flow.target}: `, '') });
  }
  return { rule: { ...frame, flows: taken }, problems: [], flows: left };
}

function convertFlow(flow: ConnectFlow, syntaxes: ReadonlyMap<string, Syntax>): PlainFlow {
  const merge = MERGES[flow.merge.toLowerCase()] ?? flow.merge;
  const options = { ...(merge === 'update' ? {} : { merge }), ...(flow.once ? { once: true } : {}) };
  if (flow.kind === 'expression') return { expression: flow.text, ...options };
  if (flow.kind === 'constant') return { constant: constantOf(flow, syntaxes.get(flow.target)), ...options };
  return Object.keys(options).length === 0 ? flow.text : { attribute: flow.text, ...options };
}

/** Where the schema is not at hand, `True` and `False` are taken for flags. */
function constantOf({ text }: ConnectFlow, syntax: Syntax | undefined): string | boolean | number {
  const isFlag = /^(true|false)$/i.test(text) && (syntax === 'flag' || syntax === undefined);
  if (isFlag) return text.toLowerCase() === 'true';
  return syntax === 'number' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
