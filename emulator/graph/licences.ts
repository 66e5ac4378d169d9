import { toGraphTime } from '../clock.ts';
import { type Answer, answerJson } from '../http-exchange.ts';
import { isRecord } from '../json-value.ts';
import {
  noSeats,
  notConform,
  propertyUnknown,
  usageLocationMissing,
  valueMistyped,
  valueRequired,
} from '../refusals.ts';
import { type Entity, textOf, type Value } from '../tenant/entity.ts';
import { patchOf } from '../tenant/patch-of.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { findForWrite } from './find-entity.ts';
import { CONTEXT, type GraphRequest } from './graph-request.ts';
import { projectEntity, selectNames } from './projection.ts';

interface Licence {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
}

/** POST /users/{id}/assignLicense: both arrays must be there, a usage location first, and seats left. */
export function assignLicense(request: GraphRequest): Answer {
  const { tenant } = request;
  const user = findForWrite(request, 'user');
  const body = asBody(request.body);
  for (const name of Object.keys(body)) {
    if (name !== 'addLicenses' && name !== 'removeLicenses') throw propertyUnknown(name);
  }
  const added = readAdded(body['addLicenses'], tenant);
  const removed = readRemoved(body['removeLicenses']);
  if (added.length > 0 && textOf(user, 'usageLocation') === undefined) throw usageLocationMissing();
  const held = new Map(licencesOf(user).map((licence) => [licence.skuId, licence]));
  for (const skuId of removed) {
    if (!held.delete(skuId)) throw notConform('User does not have a corresponding license.');
  }
  for (const licence of added) {
    if (!held.has(licence.skuId)) checkSeat(licence.skuId, tenant);
    held.set(licence.skuId, licence);
  }
  const licences = [...held.values()];
  const now = toGraphTime(tenant.clock.now());
  const states = licences.map(
    (licence): Value => ({
      assignedByGroup: null,
      disabledPlans: licence.disabledPlans,
      error: 'None',
      lastUpdatedDateTime: now,
      skuId: licence.skuId,
      state: 'Active',
    }),
  );
  const assigned = licences.map((licence): Value => ({ disabledPlans: licence.disabledPlans, skuId: licence.skuId }));
  tenant.commit([patchOf(user, { assignedLicenses: assigned, licenseAssignmentStates: states })]);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}users/$entity`,
    ...projectEntity(user, [...selectNames('user', undefined), 'assignedLicenses']),
  });
}

function readAdded(value: unknown, tenant: Tenant): readonly Licence[] {
  if (value === undefined) throw valueRequired('addLicenses', 'User');
  if (!Array.isArray(value)) throw valueMistyped('addLicenses', 'Collection(microsoft.graph.assignedLicense)');
  return value.map((item: unknown) => {
    const skuId = isRecord(item) ? item['skuId'] : undefined;
    const sku = tenant.skus.find((known) => known.skuId === skuId);
    if (!sku || !isRecord(item))
      throw notConform(`License ${String(skuId)} does not correspond to a valid company License.`);
    const disabled = Array.isArray(item['disabledPlans']) ? item['disabledPlans'].map(String) : [];
    for (const plan of disabled) {
      if (!sku.servicePlans.some((known) => known.servicePlanId === plan)) {
        throw notConform(`Service plan ${plan} is not part of the license ${sku.skuId}.`);
      }
    }
    return { skuId: sku.skuId, disabledPlans: disabled };
  });
}

function readRemoved(value: unknown): readonly string[] {
  if (value === undefined) throw valueRequired('removeLicenses', 'User');
  if (!Array.isArray(value)) throw valueMistyped('removeLicenses', 'Collection(Edm.Guid)');
  return value.map(String);
}

function checkSeat(skuId: string, tenant: Tenant): void {
  const sku = tenant.skus.find((known) => known.skuId === skuId);
  if (!sku || tenant.primary.countSeats(skuId) >= sku.enabled) throw noSeats(skuId);
}

function licencesOf(user: Entity): readonly Licence[] {
  const value = user.values['assignedLicenses'];
  return Array.isArray(value) ? (value as unknown as readonly Licence[]) : [];
}
