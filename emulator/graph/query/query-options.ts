import { notEmulated, queryInvalid } from '../../refusals.ts';

export const QUERY_OPTIONS = [
  '$select',
  '$filter',
  '$top',
  '$count',
  '$orderby',
  '$expand',
  '$skiptoken',
  '$deltatoken',
] as const;
export type QueryOption = (typeof QUERY_OPTIONS)[number];

/** The query options of one request, each at most once. */
export interface Query {
  readonly select: readonly string[] | undefined;
  readonly filter: string | undefined;
  readonly top: number | undefined;
  readonly count: boolean;
  readonly orderby: string | undefined;
  readonly expand: string | undefined;
  readonly skipToken: string | undefined;
  readonly deltaToken: string | undefined;
  /** The options as given, for the next link. */
  readonly given: ReadonlyMap<string, string>;
}

/** Reads the query text. Options that the operation does not take, and unknown ones, are refused with 501. */
export function parseQuery(text: string, allowed: readonly QueryOption[]): Query {
  const given = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const [name, value] = splitPair(pair);
    const option = name.toLowerCase();
    if (!allowed.some((known) => known === option)) throw notEmulated(`the query option '${name}' here`);
    if (given.has(option))
      throw queryInvalid(`Query option '${name}' was specified more than once, but it must be specified at most once.`);
    given.set(option, value);
  }
  return {
    select: parseSelect(given.get('$select')),
    filter: given.get('$filter'),
    top: parseTop(given.get('$top')),
    count: parseCount(given.get('$count')),
    orderby: given.get('$orderby'),
    expand: given.get('$expand'),
    skipToken: given.get('$skiptoken'),
    deltaToken: given.get('$deltatoken'),
    given,
  };
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  const name = at < 0 ? pair : pair.slice(0, at);
  const value = at < 0 ? '' : pair.slice(at + 1);
  return [decode(name), decode(value)];
}

export function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw queryInvalid(`The URL is not correctly percent-encoded: '${text}'.`);
  }
}

function parseSelect(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw queryInvalid("Term '$select' is not valid in the query.");
  return [...new Set(names)];
}

/** 1 to 999 (documented for users; the same is assumed for every directory collection). */
function parseTop(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const top = Number(text);
  if (!/^\d+$/.test(text) || top < 1 || top > 999) {
    throw queryInvalid(`Invalid page size specified: '${text}'. Must be between 1 and 999 inclusive.`);
  }
  return top;
}

function parseCount(text: string | undefined): boolean {
  if (text === undefined) return false;
  if (text !== 'true' && text !== 'false') throw queryInvalid(`Invalid value '${text}' for $count query option found.`);
  return text === 'true';
}

/** The same options in a link, with some of them replaced. */
export function formatQuery(given: ReadonlyMap<string, string>, changes: Readonly<Record<string, string>>): string {
  const merged = new Map([...given, ...Object.entries(changes)]);
  return [...merged].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}
