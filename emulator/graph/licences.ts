import { toGraphTime } from '../clock.ts';
import { type Answer, answerJson } from '../http-exchange.ts';
import { isRecord } from '../json-value.ts';
import {
  licenceInherited,
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
import { mailboxOf } from '../tenant/rules/mailbox-addresses.ts';
import { hasExchange } from '../tenant/rules/user-rules.ts';
import { hasMailbox } from '../tenant/sku.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { findForWrite } from './find-entity.ts';
import { CONTEXT, type GraphRequest } from './graph-request.ts';
import { projectEntity, selectNames } from './projection.ts';

interface Licence {
  readonly skuId: string;
  readonly disabledPlans: readonly string[];
}

/** One of licenseAssignmentStates. `assignedByGroup`: null for what was assigned to the user himself. */
interface AssignmentState extends Licence {
  readonly assignedByGroup: string | null;
  readonly [property: string]: unknown;
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
  const states = statesOf(user);
  const inherited = states.filter((state) => state.assignedByGroup !== null);
  const held = new Map(states.filter((state) => state.assignedByGroup === null).map((state) => [state.skuId, state]));
  for (const skuId of removed) {
    if (held.delete(skuId)) continue;
    if (inherited.some((state) => state.skuId === skuId)) throw licenceInherited();
    throw notConform('User does not have a corresponding license.');
  }
  for (const { skuId, disabledPlans } of added) {
    const isHeld = held.has(skuId) || inherited.some((state) => state.skuId === skuId);
    if (!isHeld) checkSeat(skuId, tenant);
    held.set(skuId, directState(skuId, disabledPlans, toGraphTime(tenant.clock.now())));
  }
  const left = [...held.values(), ...inherited];
  const products = [...new Set(left.map(({ skuId }) => skuId))];
  const assigned = products.map((skuId): Value => ({ disabledPlans: switchedOff(skuId, left), skuId }));
  const licences = { assignedLicenses: assigned, licenseAssignmentStates: left as unknown as Value };
  const getsMailbox =
    !hasExchange(user, tenant) && tenant.skus.some((sku) => products.includes(sku.skuId) && hasMailbox(sku));
  tenant.commit([patchOf(user, { ...licences, ...(getsMailbox ? mailboxOf(user, tenant) : {}) })]);
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
    for (const name of Object.keys(item)) if (name !== 'skuId' && name !== 'disabledPlans') throw propertyUnknown(name);
    const disabled = readPlans(item['disabledPlans']);
    for (const plan of disabled) {
      if (!sku.servicePlans.some((known) => known.servicePlanId === plan)) {
        throw notConform(`Service plan ${plan} is not part of the license ${sku.skuId}.`);
      }
    }
    return { skuId: sku.skuId, disabledPlans: disabled };
  });
}

function readPlans(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((plan) => typeof plan === 'string'))
    throw valueMistyped('disabledPlans', 'Collection(Edm.Guid)');
  return value;
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

/** What the user himself was assigned, and what comes by groups (which only a seed can bring: groups with licences are not emulated). */
function statesOf(user: Entity): readonly AssignmentState[] {
  const states = user.values['licenseAssignmentStates'];
  return Array.isArray(states) ? (states as unknown as readonly AssignmentState[]) : [];
}

function directState(skuId: string, disabledPlans: readonly string[], at: string): AssignmentState {
  return { assignedByGroup: null, disabledPlans, error: 'None', lastUpdatedDateTime: at, skuId, state: 'Active' };
}

/** A part is on for the user when one of the assignments leaves it on. */
function switchedOff(skuId: string, states: readonly AssignmentState[]): readonly string[] {
  const [first, ...others] = states.filter((state) => state.skuId === skuId);
  return (first?.disabledPlans ?? []).filter((plan) => others.every((one) => one.disabledPlans.includes(plan)));
}
