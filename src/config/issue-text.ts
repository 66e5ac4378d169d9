import type { z } from 'zod';

/** The message of an issue that its alternatives tell better. */
export const UNION = 'no alternative fits';

/** The message for an issue whose schema gives none of its own. */
export function explainIssue(issue: z.core.$ZodRawIssue): string {
  const found = issue.input === undefined ? 'is missing; it' : `is ${printGiven(issue.input)}; it`;
  switch (issue.code) {
    case 'invalid_type':
      return `${found} must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `${found} must be ${issue.values.length > 1 ? 'one of: ' : ''}${issue.values.map(String).join(', ')}${suggestName(issue.input, issue.values.map(String))}`;
    case 'too_small':
      return `${found} must ${issue.origin === 'string' ? 'not be empty' : issue.origin === 'array' ? `have at least ${issue.minimum} value(s)` : `be at least ${issue.minimum}`}`;
    case 'too_big':
      return `${found} must be at most ${issue.maximum}`;
    case 'invalid_format':
      return `${found} must be ${issue.format === 'regex' ? `of the form ${issue.pattern ?? ''}` : `a valid ${issue.format}`}`;
    case 'invalid_union':
      return UNION;
    default:
      return `${found} is not allowed here`;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys and values',
  record: 'keys and values',
};

/** Of the alternatives of a union the one that the input comes nearest to: it got furthest before it failed. */
export function nearestAlternative(
  alternatives: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] {
  const depth = (issues: readonly z.core.$ZodIssue[]) =>
    Math.max(...issues.map((issue) => issue.path.length * 10 - issues.length));
  return [...alternatives].filter((one) => one.length > 0).sort((a, b) => depth(b) - depth(a))[0] ?? [];
}

/** ` (did you mean NAME?)` when a name is near enough to what was given; else nothing. */
export function suggestName(given: unknown, allowed: readonly string[]): string {
  if (typeof given !== 'string') return '';
  const ranked = allowed
    .map((name) => ({ name, distance: editDistance(given.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= Math.max(1, Math.ceil(given.length / 3)) ? ` (did you mean ${best.name}?)` : '';
}

/** How many letters must be added, dropped or exchanged to come from one text to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, swap));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** A value as a message shows it: short, and never the inside of a group of keys. */
export function printGiven(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'a group of keys' : String(value);
}

/** `sources[0].scope`. */
export function printKeyPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return text === '' ? String(key) : `${text}.${String(key)}`;
  }, '');
}
