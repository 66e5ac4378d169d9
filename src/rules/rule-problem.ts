import type { z } from 'zod';
import { suggestNearest } from './nearest-name.ts';
import { FLOW_KINDS } from './rule-schema.ts';

export type Path = readonly (string | number)[];
export type Issue = z.core.$ZodIssue;

/** Something wrong in a rule file, or worth knowing about it. */
export interface RuleProblem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Null where it concerns the file and no rule of it. */
  readonly rule: string | null;
  readonly message: string;
  /** What to do. */
  readonly remedy: string;
}

/** `FILE:LINE: rule "NAME": what is wrong`, and below it what to do. */
export function printProblem({ file, line, rule, message, remedy }: RuleProblem): string {
  const where = rule === null ? '' : `${rule === '' ? 'a rule without a name' : `rule "${rule}"`}: `;
  return `${file}:${line}: ${where}${message}\n    What to do: ${remedy}`;
}

/** A flow is a name or a mapping: what is wrong with the mapping says more than that it is no name. */
export function flattenUnion(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const told = issue.errors.find((form) => form.every((one) => one.code !== 'invalid_type' || one.path.length > 0));
  return told ? told.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) : [issue];
}

export function pathOf(issue: Issue): Path {
  return issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
}

/** The place to show: for a key that is not allowed, the key itself. */
export function keyPath(issue: Issue): Path {
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  return key === undefined ? pathOf(issue) : [...pathOf(issue), key];
}

type Told = Pick<RuleProblem, 'message' | 'remedy'>;

/** What is wrong with the form, and what to do. `given`: the value at the path; `allowed`: the keys that may stand there. */
export function describeIssue(issue: Issue, given: unknown, allowed: readonly string[]): Told {
  const where = pathOf(issue)
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : part))
    .join('.');
  const at = where === '' ? '' : `${where}: `;
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ');
    const near = issue.keys.map((key) => suggestNearest(key, allowed)).join('');
    return {
      message: `${at}the key ${keys} is not allowed here.${near}`,
      remedy: `Take it out or correct it; allowed are ${allowed.join(', ')}.`,
    };
  }
  if (issue.code === 'invalid_union') return describeUnion(issue, at);
  if (given === undefined && issue.code !== 'custom' && issue.path.length > 0)
    return { message: `${at}is missing`, remedy: `Add it: ${expectationOf(issue)}.` };
  if (issue.code === 'invalid_key') return { message: `${at}this name is not allowed`, remedy: 'Choose another name.' };
  if (issue.code === 'too_small' && issue.origin === 'array')
    return { message: `${at}the list is empty`, remedy: 'Write at least one entry, or take the list out.' };
  if (issue.code === 'invalid_value') {
    const near = typeof given === 'string' ? suggestValue(given, issue.values.map(String)) : '';
    return { message: `${at}${JSON.stringify(given)} is not known.${near}`, remedy: `Write ${expectationOf(issue)}.` };
  }
  if (issue.code === 'custom') return { message: `${at}${issue.message}`, remedy: remedyOfCustom(issue) };
  return { message: `${at}${printGiven(given)} cannot stand here`, remedy: `Write ${expectationOf(issue)}.` };
}

/** Spellings of Microsoft's documentation; what comes nearest to them by letters would be the opposite. */
const OTHER_SPELLINGS: ReadonlyMap<string, string> = new Map([['ISNOTBITSET', 'ISBITNOTSET']]);

function suggestValue(given: string, known: readonly string[]): string {
  const same = OTHER_SPELLINGS.get(given.toUpperCase());
  return same !== undefined && known.includes(same) ? ` Did you mean "${same}"?` : suggestNearest(given, known);
}

function describeUnion(issue: Issue, at: string): Told {
  const [section, , key] = issue.path;
  if (section === 'disable') return { message: `${at}must be the name of a rule`, remedy: 'Write its name as a text.' };
  const isFlow = section === 'flows' && key === undefined;
  const wanted = isFlow
    ? `an attribute name, or a mapping with ${FLOW_KINDS.join(', ')}`
    : 'a text, a whole number, true or false';
  return {
    message: `${at}must be ${wanted}`,
    remedy: isFlow
      ? 'For example: title: info.'
      : 'Correct the value; a number beyond 53 bits or with a fraction stands in quotes.',
  };
}

function remedyOfCustom(issue: Issue): string {
  return issue.path[0] === 'flows'
    ? `Leave one of ${FLOW_KINDS.join(', ')} and take the others out.`
    : 'Choose another name.';
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

function expectationOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_value':
      return issue.values.length > 1 ? `one of ${issue.values.map(String).join(', ')}` : String(issue.values[0]);
    case 'invalid_type':
      return TYPES[issue.expected] ?? issue.expected;
    case 'too_small':
      return issue.origin === 'string' ? 'a text that is not empty' : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.maximum === Number.MAX_SAFE_INTEGER ? ', or the number in quotes' : ''}`;
    default:
      return issue.message;
  }
}

function printGiven(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  return JSON.stringify(value) ?? 'nothing';
}
