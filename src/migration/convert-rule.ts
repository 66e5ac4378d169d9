import { SOURCE_TYPES, TARGET_TYPES } from '../model/change.ts';
import { isReservedName } from '../rules/reserved-names.ts';
import { METAVERSE_TYPES } from '../rules/rule.ts';
import { type ConnectFlow, type ConnectRule, isTrue } from './connect-rule.ts';
import { NO_WRITEBACK, whyFlowIsLeftOut } from './connect-rules.ts';
import type { Syntax } from './connect-schema.ts';
import { type PlainFlow, type PlainRule, problemsOf } from './plain-rule.ts';
import { type Side, unknownParameters } from './spelling.ts';

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

type Groups = NonNullable<PlainRule['scope']>;

const LINKS: Readonly<Record<string, string>> = { provision: 'provision', join: 'join', stickyjoin: 'sticky-join' };
const MERGES: Readonly<Record<string, string>> = {
  update: 'update',
  merge: 'merge',
  mergecaseinsensitive: 'merge-case-insensitive',
  replace: 'replace',
};
const OPERATORS: Readonly<Record<string, string>> = { ISNOTBITSET: 'ISBITNOTSET' };
const WITHOUT_VALUE = ['ISNULL', 'ISNOTNULL'];
const OF_GROUPS = ['ISMEMBEROF', 'ISNOTMEMBEROF'];

/** A rule of Connect as one of ours. Flows that we cannot carry are left out one by one; without its scope a rule would do harm, so then all of it is. */
export function convertRule(rule: ConnectRule, place: ConversionPlace): Conversion {
  if (rule.direction === 'outbound' && place.side === 'source') return refused([`it ${NO_WRITEBACK}`]);
  const link = LINKS[rule.link.toLowerCase()];
  if (link === undefined) return refused([`its link type "${rule.link}" is not known`]);
  const frame: PlainRule = {
    name: rule.name,
    ...(rule.description.trim() === '' ? {} : { description: rule.description.trim() }),
    direction: rule.direction,
    connector: place.side,
    from: typeName(rule.sourceType),
    to: typeName(rule.targetType),
    link,
    precedence: Math.min(Math.max(0, rule.precedence), 100_000),
    ...(rule.disabled ? { disabled: true } : {}),
    ...(rule.passwordSync ? { passwordSync: true } : {}),
    ...partOf('scope', convertScope(rule, place.domains)),
    ...partOf('join', convertJoins(rule)),
  };
  const problems = [...problemsOf(frame), ...problemsOfScope(rule)];
  return problems.length > 0 ? refused(problems) : withFlows(frame, rule.flows, place);
}

const TYPES: readonly string[] = [...SOURCE_TYPES, ...METAVERSE_TYPES, ...TARGET_TYPES];

function typeName(type: string): string {
  return TYPES.find((one) => one.toLowerCase() === type.toLowerCase()) ?? type;
}

function refused(problems: readonly string[]): Conversion {
  return { rule: null, problems, flows: [] };
}

function partOf(key: 'scope' | 'join', groups: Groups): Partial<PlainRule> {
  return groups.length === 0 ? {} : { [key]: groups };
}

/** What our check of a rule does not see, because it is right in form. */
export function problemsOfScope({ scope, direction }: Pick<ConnectRule, 'scope' | 'direction'>): readonly string[] {
  const empty = scope.some((group) => group.length === 0) && scope.some((group) => group.length > 0);
  const unknown = scope.flat().flatMap(({ attribute, value }) => {
    const [name] = /^%.*%$/.test(value) ? unknownParameters(value, sideOf({ direction })) : [];
    return name === undefined ? [] : [`scope: ${attribute} is compared with %${name}%, which Dirbridge does not have`];
  });
  return empty ? ['scope: one of its groups holds no clause, so nobody can tell whom it is for', ...unknown] : unknown;
}

/** Groups as they are; a rule for one forest gets the domain of the object as a further clause of each group. */
export function convertScope(rule: Pick<ConnectRule, 'scope'>, domains: readonly string[]): Groups {
  const groups = rule.scope
    .filter((group) => group.length > 0)
    .map((group) =>
      group.map(({ attribute, operator, value }) => ({
        ...(OF_GROUPS.includes(operator) ? {} : { attribute }),
        operator: OPERATORS[operator] ?? operator,
        ...(WITHOUT_VALUE.includes(operator) ? {} : { value }),
      })),
    );
  return withDomains(groups, domains);
}

/** The scope for objects of these domains only. */
export function withDomains(groups: Groups, domains: readonly string[]): Groups {
  if (domains.length === 0) return groups;
  const open = groups.length === 0 ? [[]] : groups;
  return domains.flatMap((value) => open.map((group) => [...group, { attribute: 'dn', operator: 'ENDSWITH', value }]));
}

/** The scope without the objects of these domains. */
export function withoutDomains(groups: Groups, domains: readonly string[]): Groups {
  const outside = domains.map((value) => ({ attribute: 'dn', operator: 'NOTENDSWITH', value }));
  return (groups.length === 0 ? [[]] : groups).map((group) => [...group, ...outside]);
}

export function convertJoins(rule: Pick<ConnectRule, 'joins'>): NonNullable<PlainRule['join']> {
  return rule.joins
    .filter((group) => group.length > 0)
    .map((group) =>
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
  const added = new Map<string, PlainFlow>();
  const plains = flows.map((flow) => convertFlow(flow, place.syntaxes));
  const together = Object.fromEntries(flows.map((flow, at) => [flow.target, plains[at] ?? '']));
  // By far the most rules have nothing wrong with them; flow by flow is for the others.
  const isEach = Object.keys(together).length === flows.length;
  const isFineTogether = isEach && problemsOf({ ...frame, flows: together }).length === 0;
  for (const [at, flow] of flows.entries()) {
    const plain = plains[at] ?? '';
    const why = added.has(flow.target)
      ? 'another flow to it comes before it in the same rule'
      : (whyNotHere(frame, flow) ?? (isFineTogether ? null : whyRefused(frame, flow, plain)));
    if (why === null) added.set(flow.target, plain);
    else left.push({ target: flow.target, why });
  }
  return { rule: { ...frame, flows: { ...frame.flows, ...Object.fromEntries(added) } }, problems: [], flows: left };
}

/** Why a flow that is right in form has no place here; null when it has. */
function whyNotHere(frame: PlainRule, flow: ConnectFlow): string | null {
  const other = whyFlowIsLeftOut(frame.name, frame.direction, flow.target);
  if (other !== null) return other;
  if (isReservedName(flow.target)) return 'this name is not allowed';
  if (flow.kind !== 'expression' && flow.text === '') return 'it names neither an attribute nor a value';
  if (flow.kind === 'direct' && flow.sources > 1) return `it names ${flow.sources} attributes and no expression`;
  const [parameter] = flow.kind === 'expression' ? unknownParameters(flow.text, sideOf(frame)) : [];
  if (parameter === undefined) return null;
  return unknownParameters(`%${parameter}%`, 'source').length === 0
    ? `it reads %${parameter}%, which tells about a source, and an outbound rule does not know which: let an inbound rule flow it`
    : `it reads %${parameter}%, which Dirbridge does not have: write its value instead`;
}

function sideOf({ direction }: { readonly direction: string }): Side {
  return direction === 'outbound' ? 'metaverse' : 'source';
}

/** What our own check says about a flow alone. */
function whyRefused(frame: PlainRule, flow: ConnectFlow, plain: PlainFlow): string | null {
  const { scope: _scope, join: _join, description: _text, ...bare } = frame;
  const [problem] = problemsOf({ ...bare, flows: { [flow.target]: plain } });
  return problem === undefined ? null : problem.replace(`flow to ${flow.target}: `, '');
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
  if (isFlag) return isTrue(text);
  return syntax === 'number' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}
