import { GraphError } from '../graph-error.ts';
import { notEmulated } from '../refusals.ts';
import type { Key } from './graph-request.ts';
import { decode } from './query/query-options.ts';
import { ROUTES, type Route } from './routes.ts';

export interface RouteMatch {
  readonly route: Route;
  readonly params: readonly Key[];
}

interface CompiledRoute {
  readonly route: Route;
  readonly parts: readonly string[];
}

const BY_SHAPE: ReadonlyMap<string, readonly CompiledRoute[]> = Map.groupBy(
  ROUTES.map((route): CompiledRoute => ({ route, parts: split(route.pattern) })),
  ({ route, parts }) => `${route.method} ${parts.length} ${parts[0]?.toLowerCase()}`,
);

function split(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '');
}

/** Finds the operation for a path below the version. Literal parts win over keys; undefined: not emulated. */
export function matchRoute(method: string, path: string): RouteMatch | undefined {
  const keys = splitKeys(path);
  const candidates = BY_SHAPE.get(`${method} ${keys.length} ${keys[0]?.value.toLowerCase()}`) ?? [];
  for (const { route, parts } of candidates) {
    const params = matchParts(parts, keys);
    if (params) return { route, params };
  }
  return undefined;
}

function matchParts(parts: readonly string[], keys: readonly Key[]): readonly Key[] | undefined {
  const params: Key[] = [];
  for (const [place, part] of parts.entries()) {
    const key = keys[place];
    if (!key) return undefined;
    if (part === '{id}') params.push(key);
    else if (key.by !== 'id' || part.toLowerCase() !== key.value.toLowerCase()) return undefined;
  }
  return params;
}

const SYSTEM_PARTS: readonly string[] = ['$count', '$ref', '$batch', '$value'];

const ALTERNATE: Readonly<Record<string, readonly ('uniqueName' | 'userPrincipalName')[]>> = {
  groups: ['uniqueName'],
  users: ['userPrincipalName'],
};

/** `users('x')` is `users/x`; `groups(uniqueName='x')` is a key of its own kind (OData 4.01 URL conventions 4.3). */
function splitKeys(path: string): readonly Key[] {
  // The documents also write `groups/(uniqueName='x')` (group-upsert).
  return split(path.replace('/(', '(')).flatMap((raw, place, all) =>
    readPart(decode(raw.replaceAll('+', '%2B')), all[place - 1]?.toLowerCase() === 'users'),
  );
}

function readPart(part: string, isUser: boolean): readonly Key[] {
  const open = part.endsWith(')') ? part.indexOf('(') : -1;
  // Only as users('$x@...') may a key begin with a dollar sign (user-get).
  if (open < 0 && isUser && part.startsWith('$') && !SYSTEM_PARTS.includes(part)) {
    throw new GraphError(400, 'BadRequest', `Resource not found for the segment '${part}'.`);
  }
  if (open < 0) return [plain(part)];
  const name = part.slice(0, open);
  const inside = part.slice(open + 1, -1);
  if (inside === '') return [plain(name.replace(/^microsoft\.graph\./, ''))];
  const quoted = /^'((?:[^']|'')*)'$/.exec(inside);
  if (quoted) return [plain(name), plain(unquote(quoted[1] ?? ''))];
  return readAlternateKey(name, inside);
}

/** `uniqueName='x'` of groups. A wrong one is refused, and that of a resource which is not emulated answered 501. */
function readAlternateKey(name: string, inside: string): readonly Key[] {
  const known = ALTERNATE[name.toLowerCase()];
  if (!known) throw notEmulated(`'${name}(${inside})'`);
  const named = /^([A-Za-z]+)='((?:[^']|'')*)'$/.exec(inside);
  const by = known.find((candidate) => candidate === named?.[1]);
  if (!named || !by) throw new GraphError(400, 'BadRequest', `Invalid key '${inside}' for '${name}'.`);
  return [plain(name), { by, value: unquote(named[2] ?? '') }];
}

function plain(value: string): Key {
  return { by: 'id', value };
}

function unquote(text: string): string {
  return text.replaceAll("''", "'");
}
