import { normalizeDn } from '../model/dn.ts';
import {
  type CompiledFlow,
  type CompiledRule,
  type JoinCondition,
  parseExpression,
  printExpression,
} from '../rules/rule-set.ts';
import { MEMBERSHIP_OPERATORS, numberIn, type ScopeOperator } from '../rules/scope.ts';
import { entriesOf, plainSetting, type Setting } from './setting.ts';

type Clause = CompiledRule['scope'][number][number];

/** What says nothing of what a rule does, or says again what another part says. */
type Beside =
  | 'name'
  | 'tag'
  | 'description'
  | 'file'
  | 'isInScope'
  | 'scopeGroups'
  | 'scopeAttributes'
  | 'readsContainers';

/** Every other part of a rule. One that comes to rules later has to come here as well before the type check passes. */
const PARTS: { readonly [Part in Exclude<keyof CompiledRule, Beside>]: (rule: CompiledRule) => readonly Setting[] } = {
  direction: ({ direction }) => [plainSetting('direction', direction)],
  connector: ({ connector }) => [plainSetting('connector', connector)],
  sourceType: ({ sourceType }) => [plainSetting('from', sourceType)],
  targetType: ({ targetType }) => [plainSetting('to', targetType)],
  link: ({ link }) => [plainSetting('link', link)],
  precedence: ({ precedence }) => [plainSetting('precedence', String(precedence))],
  enablePasswordSync: ({ enablePasswordSync }) => [plainSetting('passwordSync', String(enablePasswordSync))],
  scope: ({ scope }) => scopeMeaning(scope),
  joins: ({ joins }) => [joinMeaning(joins)],
  flows: ({ flows }) => flows.map((flow) => plainSetting(`flow ${flow.target}`, flowText(flow), flowMeaning(flow))),
};

/** What a rule does, part by part. Its name, tag, description and file are not in it. */
export function ruleMeaning(rule: CompiledRule): readonly Setting[] {
  return Object.values(PARTS).flatMap((meaningOf) => meaningOf(rule));
}

/** Groups and clauses in any order; twice the same is once. */
function scopeMeaning(groups: CompiledRule['scope']): readonly Setting[] {
  const spelled = new Map(
    groups.map((group) => [sortedText(group.map(clauseMeaning)), group.map(clauseText).join(' and ')]),
  );
  if (spelled.size === 0) return entriesOf('scope', [], String, '(every object)');
  return [...spelled].map(([meaning, text]) => ({ key: 'scope', text, isEntry: true, meanings: [meaning] }));
}

function sortedText(parts: readonly string[]): string {
  return JSON.stringify([...new Set(parts)].sort());
}

function clauseText({ attribute, operator, value }: Clause): string {
  return `${attribute} ${operator} ${value}`.trim();
}

function clauseMeaning({ attribute, operator, value }: Clause): string {
  return JSON.stringify([attribute, operator, clauseValue(operator as ScopeOperator, value)]);
}

/** As `compileClause` takes it: without regard to case, lists in any order. */
function clauseValue(operator: ScopeOperator, value: string): string {
  if (MEMBERSHIP_OPERATORS.includes(operator)) return normalizeDn(value);
  if (/^%[^%]+%$/.test(value)) return value;
  switch (operator) {
    case 'ISIN':
    case 'ISNOTIN':
      return sortedText(
        value
          .toLowerCase()
          .split(';')
          .map((one) => one.trim()),
      );
    case 'ISBITSET':
    case 'ISBITNOTSET':
      return String(numberIn(value));
    default:
      return value.toLowerCase();
  }
}

/** The order of groups decides, that of the conditions in a group does not. */
function joinMeaning(groups: CompiledRule['joins']): Setting {
  const text = groups.map((group) => group.map(conditionText).join(' and ')).join(', then ');
  const meaning = JSON.stringify(groups.map((group) => sortedText(group.map(conditionText))));
  return plainSetting('join', text === '' ? '(none)' : text, meaning);
}

function conditionText({ spaceAttribute, metaverseAttribute, caseSensitive }: JoinCondition): string {
  return `${spaceAttribute} = ${metaverseAttribute}${caseSensitive ? ' (case-sensitive)' : ''}`;
}

function flowText(flow: CompiledFlow): string {
  const marks = [flow.once ? 'once' : '', flow.merge === 'update' ? '' : flow.merge].filter((mark) => mark !== '');
  return `${contentText(flow)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`;
}

function flowMeaning(flow: CompiledFlow): string {
  // "replace" is Connect's other word for "update".
  const merge = flow.merge === 'replace' ? 'update' : flow.merge;
  return JSON.stringify([flow.kind, contentText(flow), merge, flow.once]);
}

function contentText(flow: CompiledFlow): string {
  if (flow.kind === 'expression') return printExpression(parseExpression(flow.text));
  return flow.kind === 'constant' ? constantText(flow) : flow.text;
}

/** The text "5" and the number 5 are two things. */
function constantText(flow: CompiledFlow): string {
  const result = flow.evaluate(NOTHING);
  return result.kind === 'value' && typeof result.value === 'string' ? JSON.stringify(flow.text) : flow.text;
}

const NOTHING = {
  get: () => undefined,
  countReferences: () => 0,
  parameter: () => undefined,
  isMemberOf: () => false,
} as const;
