import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { isRecord } from '../json-value.ts';
import { notFound, notPermitted, propertyUnknown, queryInvalid, valueInvalid, valueMistyped } from '../refusals.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import {
  FEATURE_BITS,
  type FeatureName,
  hasFeature,
  PREVENTION_TYPES,
  readSynchronization,
  type Synchronization,
  synchronizationChange,
} from '../tenant/synchronization.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';

const RESOURCE = 'onPremisesDirectorySynchronization';
const FEATURES = (Object.keys(FEATURE_BITS) as FeatureName[]).sort();

/** Delegated access only, of a global administrator (onpremisesdirectorysynchronization-get, -update). */
function checkAdministrator({ caller }: GraphRequest): void {
  if (!caller.user?.directoryRoles.includes('Global Administrator')) throw notPermitted();
}

/** GET /directory/onPremisesSynchronization: a collection of one. */
export function listSynchronization(request: GraphRequest): Answer {
  checkAdministrator(request);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directory/onPremisesSynchronization`,
    value: [select(describe(request.tenant), request.query.select)],
  });
}

/** GET /directory/onPremisesSynchronization/{id}: the id is that of the tenant. */
export function getSynchronization(request: GraphRequest): Answer {
  checkAdministrator(request);
  checkId(request);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}directory/onPremisesSynchronization/$entity`,
    ...select(describe(request.tenant), request.query.select),
  });
}

function checkId(request: GraphRequest): void {
  const { value } = paramAt(request, 0);
  if (value.toLowerCase() !== request.tenant.profile.id) throw notFound(value);
}

function describe(tenant: Tenant): Record<string, unknown> {
  const { prevention, preventionThreshold } = readSynchronization(tenant);
  return {
    id: tenant.profile.id,
    configuration: {
      accidentalDeletionPrevention: {
        synchronizationPreventionType: prevention,
        alertThreshold: preventionThreshold,
      },
    },
    features: Object.fromEntries(FEATURES.map((name) => [name, hasFeature(tenant, name)])),
  };
}

function select(object: Record<string, unknown>, names: readonly string[] | undefined): Record<string, unknown> {
  for (const name of names ?? []) {
    if (Object.hasOwn(object, name)) continue;
    throw queryInvalid(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${RESOURCE}'.`,
    );
  }
  return names ? Object.fromEntries(names.map((name) => [name, object[name]])) : object;
}

/** PATCH /directory/onPremisesSynchronization/{id}: features one by one, and the guard against accidental deletions. */
export function updateSynchronization(request: GraphRequest): Answer {
  checkAdministrator(request);
  checkId(request);
  const { tenant } = request;
  const body = asBody(request.body);
  let change: Partial<Synchronization> = {};
  for (const [name, value] of Object.entries(body)) {
    if (name.startsWith('@odata.') || name === 'id') continue;
    if (name === 'features') change = { ...change, ...readFeatures(value, tenant) };
    else if (name === 'configuration') change = { ...change, ...readConfiguration(value) };
    else throw propertyUnknown(name);
  }
  tenant.commit([synchronizationChange(tenant, change)]);
  return answerEmpty(204);
}

function readFeatures(value: unknown, tenant: Tenant): Partial<Synchronization> {
  if (!isRecord(value)) throw valueMistyped('features', `microsoft.graph.${RESOURCE}Feature`);
  let { features } = readSynchronization(tenant);
  const others = new Set(readSynchronization(tenant).otherFeatures);
  for (const [name, isOn] of Object.entries(value)) {
    if (name.startsWith('@odata.')) continue;
    if (!Object.hasOwn(FEATURE_BITS, name)) throw propertyUnknown(name);
    if (typeof isOn !== 'boolean') throw valueMistyped(name, 'Edm.Boolean');
    const bit = FEATURE_BITS[name as FeatureName];
    features = isOn ? features | bit : features & ~bit;
    if (bit === 0 && isOn) others.add(name);
    if (!isOn) others.delete(name);
  }
  return { features, otherFeatures: [...others] };
}

function readConfiguration(value: unknown): Partial<Synchronization> {
  const guard = isRecord(value) ? value['accidentalDeletionPrevention'] : undefined;
  if (!isRecord(guard)) throw valueMistyped('configuration', `microsoft.graph.${RESOURCE}Configuration`);
  const { synchronizationPreventionType: type, alertThreshold: threshold } = guard;
  const prevention = PREVENTION_TYPES.find((known) => known === type);
  if (type !== undefined && prevention === undefined) throw valueInvalid('synchronizationPreventionType', RESOURCE);
  if (threshold !== undefined && !(typeof threshold === 'number' && Number.isInteger(threshold) && threshold >= 0)) {
    throw valueInvalid('alertThreshold', RESOURCE);
  }
  return {
    ...(prevention === undefined ? {} : { prevention }),
    ...(threshold === undefined ? {} : { preventionThreshold: threshold }),
  };
}
