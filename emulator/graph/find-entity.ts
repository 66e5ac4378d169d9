import { GraphError } from '../graph-error.ts';
import { notEmulated, notFound, referenceInvalid, referenceMissing } from '../refusals.ts';
import type { Entity, ObjectKind } from '../tenant/entity.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { type GraphRequest, type Key, paramAt } from './graph-request.ts';
import { decode } from './query/query-options.ts';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id must be a GUID; functions and types that stand in its place and are not emulated are 501. */
export function checkObjectId(value: string): void {
  if (GUID.test(value)) return;
  if (value === 'delta' || value.startsWith('microsoft.graph.')) throw notEmulated(`'${value}' here`);
  throw referenceInvalid(value);
}

/** The live, visible object of this kind that the path names, or 404. */
export function findByKey(tenant: Tenant, kind: ObjectKind, key: Key): Entity {
  const entity = lookUp(tenant, kind, key);
  if (entity?.kind !== kind || entity.status !== 'live') throw notFound(key.value);
  return entity;
}

function lookUp(tenant: Tenant, kind: ObjectKind, key: Key): Entity | undefined {
  const directory = tenant.visible;
  if (key.by === 'uniqueName') return kind === 'group' ? directory.findUnique('uniqueName', key.value) : undefined;
  if (key.by === 'id' && GUID.test(key.value)) return directory.find(key.value);
  if (kind === 'user') return directory.findUnique('userPrincipalName', key.value.toLowerCase());
  if (key.by === 'userPrincipalName') return undefined;
  throw referenceInvalid(key.value);
}

/**
 * The same object for writing: as the primary has it now. `addsLinks`: members added to a group made moments ago are
 * refused with 400 instead of 404 (group-update).
 */
export function findForWrite(request: GraphRequest, kind: ObjectKind, addsLinks = false): Entity {
  const key = paramAt(request, 0);
  const made = addsLinks ? findOnPrimary(request.tenant, key) : undefined;
  if (made?.status === 'live' && !request.tenant.visible.find(made.id)) throw referenceMissing();
  const entity = request.tenant.primaryOf(findByKey(request.tenant, kind, key));
  if (entity?.status !== 'live') throw notFound(key.value);
  return entity;
}

function findOnPrimary({ primary }: Tenant, key: Key): Entity | undefined {
  return key.by === 'uniqueName' ? primary.findUnique('uniqueName', key.value) : primary.find(key.value);
}

const REFERENCE =
  /^https?:\/\/[^/]+\/(?:v1\.0|beta)\/(?:directoryObjects|users|groups|servicePrincipals)(?:\/([^/]+)|\('([^']+)'\))\/?$/i;

/**
 * The object that an `@odata.id` or `@odata.bind` names. It must have replicated: the real service refuses a
 * reference to an object made moments ago (group-update, B.1 of the facts).
 */
export function findReference(request: GraphRequest, reference: unknown): Entity {
  const match = typeof reference === 'string' ? REFERENCE.exec(reference) : null;
  if (!match) throw invalidReference(reference);
  const text = decode((match[1] ?? match[2] ?? '').replaceAll('+', '%2B'));
  const { tenant } = request;
  const visible = GUID.test(text)
    ? tenant.visible.find(text)
    : /\/users[/(]/i.test(String(reference))
      ? tenant.visible.findUnique('userPrincipalName', text.toLowerCase())
      : undefined;
  if (!visible && !GUID.test(text)) throw referenceInvalid(text);
  if (!visible && tenant.primary.find(text)) throw referenceMissing();
  const entity = visible && tenant.primaryOf(visible);
  if (entity?.status !== 'live') throw notFound(text);
  return entity;
}

function invalidReference(reference: unknown): GraphError {
  return new GraphError(
    400,
    'Request_BadRequest',
    `Invalid value specified for object reference property 'id'. The reference must be the URL of an object, found ${JSON.stringify(reference)}.`,
  );
}
