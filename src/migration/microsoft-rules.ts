import { readFileSync } from 'node:fs';
import { isReferenceAttribute } from '../rules/reference-attributes.ts';
import type { ConnectRule } from './connect-rule.ts';
import { type Fingerprint, fingerprintOf, PLAIN } from './fingerprint.ts';

/** A standard rule as Microsoft shipped it. */
export interface MicrosoftRule {
  readonly tag: string;
  readonly name: string;
  readonly fingerprint: Fingerprint;
}

/**
 * One line for each rule of build 1.1.130 in the order of precedence: tag, name, hashes of head, scope and joins, and its flows: `attribute`
 * for one that flows as it is, `attribute:hash` for any other. Made by test/migration/print-microsoft-rules.ts.
 */
const TABLE = new URL('./microsoft-rules.tsv', import.meta.url);

let known: readonly MicrosoftRule[] | null = null;

/** The standard rules whose content we know, in the order of their precedence. */
export function microsoftRules(): readonly MicrosoftRule[] {
  known ??= readFileSync(TABLE, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map(readLine);
  return known;
}

function readLine(line: string): MicrosoftRule {
  const [tag = '', name = '', head = '', scope = '', joins = '', flows = ''] = line.split('\t');
  return {
    tag,
    name,
    fingerprint: { head, scope, joins, flows: new Map(flows.split(' ').filter(Boolean).map(readFlow)) },
  };
}

function readFlow(text: string): readonly [string, string] {
  const [attribute = '', print = PLAIN] = text.split(':');
  return [attribute, print];
}

/** The line of the table for a rule. */
export function tableLine(rule: ConnectRule): string {
  const { head, scope, joins, flows } = fingerprintOf(rule);
  const texts = [...flows].map(([attribute, print]) => (print === PLAIN ? attribute : `${attribute}:${print}`));
  return [rule.tag, rule.name, head, scope, joins, texts.sort().join(' ')].join('\t');
}

/** The number at the end of a tag counts the changes that Microsoft made; without it the tag names the rule. */
export function tagFamily(tag: string): string {
  return tag.replace(/\.\d+$/, '').toLowerCase();
}

export function microsoftRuleOf(tag: string): MicrosoftRule | null {
  return microsoftRules().find((one) => tagFamily(one.tag) === tagFamily(tag)) ?? null;
}

/** The name that Microsoft gave a standard rule: it may have been renamed, its tag says which it is. */
export function standardName({ tag, name }: Pick<ConnectRule, 'tag' | 'name'>): string {
  return microsoftRuleOf(tag)?.name ?? name;
}

/**
 * The standard rule by which Connect gives an attribute to objects of a type in its tenant connector; null where the table tells of none. Of several
 * it is the one of the lowest precedence; for references one that hands them on, since an expression can only refuse them.
 */
export function connectRuleFor(type: string, attribute: string): string | null {
  const start = `out to aad - ${type.toLowerCase()} `;
  const rules = microsoftRules().filter(
    (one) => one.name.toLowerCase().startsWith(start) && one.fingerprint.flows.has(attribute),
  );
  const direct = rules.filter((one) => one.fingerprint.flows.get(attribute) === PLAIN);
  return (isReferenceAttribute(attribute) ? (direct[0] ?? rules[0]) : rules[0])?.name ?? null;
}
