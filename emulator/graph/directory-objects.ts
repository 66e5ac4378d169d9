import { type Answer, answerJson } from '../http-exchange.ts';
import { notConform, notEmulated, notFound, propertyUnknown, valueRequired } from '../refusals.ts';
import type { Entity } from '../tenant/entity.ts';
import { OBJECT_KINDS } from '../tenant/entity.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { checkObjectId } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { projectDirectoryObject } from './projection.ts';

const MOST_IDS = 1000;

/** GET /directoryObjects/{id} */
export function getDirectoryObject(request: GraphRequest): Answer {
  const { value } = paramAt(request, 0);
  checkObjectId(value);
  const entity = request.tenant.visible.find(value);
  if (entity?.status !== 'live') throw notFound(value);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects/$entity`,
    ...projectDirectoryObject(entity, request.query.select),
  });
}

/** POST /directoryObjects/getByIds: what is found, in no promised order; ids without an object are left out. */
export function getByIds(request: GraphRequest): Answer {
  const body = asBody(request.body);
  for (const name of Object.keys(body)) if (name !== 'ids' && name !== 'types') throw propertyUnknown(name);
  const ids = textsIn(body, 'ids');
  if (!ids) throw valueRequired('ids', 'DirectoryObject');
  if (ids.length > MOST_IDS) throw notConform(`The number of ids must not exceed ${MOST_IDS}.`);
  const types = textsIn(body, 'types');
  for (const type of types ?? []) checkType(type);
  const found = [...new Set(ids)]
    .map((id) => request.tenant.visible.find(id))
    .filter((entity): entity is Entity => entity?.status === 'live' && isOfType(entity, types));
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directoryObjects`,
    value: found.map((entity) => projectDirectoryObject(entity, request.query.select)),
  });
}

function checkType(type: string): void {
  if (!OBJECT_KINDS.some((kind) => kind === type) && type !== 'directoryObject')
    throw notEmulated(`objects of type '${type}'`);
}

function textsIn(body: Readonly<Record<string, unknown>>, name: string): readonly string[] | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    throw notConform(`Invalid value specified for property '${name}'.`);
  }
  return value as readonly string[];
}

function isOfType(entity: Entity, types: readonly string[] | undefined): boolean {
  return types === undefined || types.includes(entity.kind) || types.includes('directoryObject');
}
