import { GraphError } from '../graph-error.ts';
import { type Answer, answerJson } from '../http-exchange.ts';
import { notEmulated, queryInvalid, queryUnsupported } from '../refusals.ts';
import type { Entity, ObjectKind } from '../tenant/entity.ts';
import { CONTEXT, type GraphRequest, isAdvanced } from './graph-request.ts';
import { projectEntity, propertyValue, selectNames } from './projection.ts';
import { compileFilter } from './query/filter.ts';
import { formatQuery } from './query/query-options.ts';

export const DEFAULT_PAGE = 100;

/** A position in a collection: the place in the listing, or how many sorted entries were given. */
interface Cursor {
  readonly at: number;
  readonly isAdvanced: boolean;
}

export function readCursor(request: GraphRequest, stream: string): Cursor {
  const token = request.query.skipToken;
  const advanced = request.headers['consistencylevel']?.toLowerCase() === 'eventual';
  if (token === undefined) return { at: 0, isAdvanced: advanced };
  const content = request.settings.seal.open(token);
  // Observed: following the link of an advanced query without the header is answered the same way.
  if (content?.['s'] !== stream || (content['a'] === true && !advanced)) throw pageTokenLost();
  return { at: Number(content['p']), isAdvanced: advanced };
}

function pageTokenLost(): GraphError {
  return new GraphError(
    400,
    'Directory_ExpiredPageToken',
    'The specified page token value has expired and can no longer be included in your request.',
  );
}

export function nextLink(request: GraphRequest, path: string, stream: string, at: number): string {
  const advanced = request.headers['consistencylevel']?.toLowerCase() === 'eventual';
  const token = request.settings.seal.close({ s: stream, p: at, a: advanced && request.query.count });
  return `${request.origin}/v1.0${path}?${formatQuery(request.query.given, { $skiptoken: token })}`;
}

/** What the collection is: its objects are of one kind and in one state. */
export interface Collection {
  readonly kind: ObjectKind;
  readonly path: string;
  readonly context: string;
  readonly status: 'live' | 'deleted';
}

/** Answers a collection of one kind: filter, order, count and one page. */
export function listEntities(request: GraphRequest, collection: Collection): Answer {
  const { query } = request;
  if (query.expand !== undefined) throw notEmulated("the query option '$expand' here");
  const names = selectNames(collection.kind, query.select);
  const size = query.top ?? DEFAULT_PAGE;
  const cursor = readCursor(request, collection.path);
  const { matches, source } = chooseSource(request, collection);
  const page: Entity[] = [];
  let at = cursor.at;
  let next: number | undefined;
  for (; at < source.length; at++) {
    const entity = source[at];
    if (!entity || !matches(entity)) continue;
    if (page.length === size) {
      next = at;
      break;
    }
    page.push(entity);
  }
  const suffix = query.select ? `(${query.select.join(',')})` : '';
  return answerJson(200, {
    '@odata.context': `${CONTEXT}${collection.context}${suffix}`,
    ...(isAdvanced(request) && query.skipToken === undefined ? { '@odata.count': countMatches(source, matches) } : {}),
    ...(next === undefined ? {} : { '@odata.nextLink': nextLink(request, collection.path, collection.path, next) }),
    value: page.map((entity) => projectEntity(entity, names)),
  });
}

/** GET /users/$count and its like: a bare number, with the advanced query capabilities only. */
export function countEntities(request: GraphRequest, collection: Collection): Answer {
  if (request.headers['consistencylevel']?.toLowerCase() !== 'eventual') {
    throw queryInvalid('$count is not currently supported.');
  }
  const { matches, source } = chooseSource(request, collection);
  return { status: 200, headers: { 'content-type': 'text/plain' }, text: String(countMatches(source, matches)) };
}

type Source = readonly (Entity | undefined)[];

function countMatches(source: Source, matches: (entity: Entity) => boolean): number {
  let count = 0;
  for (const entity of source) if (entity && matches(entity)) count++;
  return count;
}

function chooseSource(
  request: GraphRequest,
  collection: Collection,
): { readonly matches: (entity: Entity) => boolean; readonly source: Source } {
  const { query, tenant } = request;
  const directory = tenant.visible;
  const all = directory.listed(collection.kind);
  const isInState = (entity: Entity): boolean => entity.status === collection.status && entity.kind === collection.kind;
  if (query.orderby?.startsWith('deletedDateTime') && !isAdvanced(request)) {
    throw queryUnsupported('Sorting by deletedDateTime needs the ConsistencyLevel header and $count=true.');
  }
  if (query.filter === undefined) {
    const source = query.orderby === undefined ? all : sortEntities(all, query.orderby, collection.kind);
    return { matches: isInState, source };
  }
  const advanced =
    request.headers['consistencylevel']?.toLowerCase() === 'eventual' && (query.count || query.given.size === 1);
  if (query.orderby !== undefined && !advanced) {
    throw queryUnsupported('Sorting not supported for current query.');
  }
  const filter = compileFilter(query.filter, collection.kind, advanced);
  const candidates = collection.status === 'live' ? filter.candidates?.(directory) : undefined;
  const unsorted = candidates ? [...candidates].sort((a, b) => a.ordinal - b.ordinal) : all;
  const source = query.orderby === undefined ? unsorted : sortEntities(unsorted, query.orderby, collection.kind);
  return { matches: (entity) => isInState(entity) && filter.matches(entity), source };
}

const SORTABLE: readonly string[] = ['displayName', 'userPrincipalName', 'createdDateTime', 'deletedDateTime'];

function sortEntities(source: Source, orderby: string, kind: ObjectKind): Source {
  const [name = '', direction = 'asc', ...rest] = orderby.trim().split(/\s+/);
  if (rest.length > 0 || !['asc', 'desc'].includes(direction))
    throw queryInvalid(`Invalid $orderby clause '${orderby}'.`);
  if (orderby.includes(',') || !SORTABLE.includes(name) || (kind === 'group' && name === 'userPrincipalName')) {
    throw queryUnsupported(`Sorting by '${orderby}' is not supported for current query.`);
  }
  const sign = direction === 'desc' ? -1 : 1;
  const keyed = source
    .filter((entity) => entity !== undefined)
    .map((entity) => ({ entity, key: sortKey(entity, name) }));
  keyed.sort((a, b) => sign * (a.key < b.key ? -1 : a.key > b.key ? 1 : a.entity.ordinal - b.entity.ordinal));
  return keyed.map(({ entity }) => entity);
}

function sortKey(entity: Entity, name: string): string {
  return String(propertyValue(entity, name) ?? '').toLowerCase();
}
