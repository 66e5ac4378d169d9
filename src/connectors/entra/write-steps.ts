import type { Licence } from '../../model/licence.ts';
import type { TargetWrite } from '../connector.ts';
import type { WritableType } from './attributes.ts';
import type { GraphRequest } from './graph.ts';
import { encodeKey, toBody } from './graph-object.ts';
import { createPasswordProfile } from './password.ts';
import { toUniqueName } from './unique-name.ts';

/** One request of a write. Most writes are one; memberships are one for what comes in together and one for each that goes. */
export const STEP_KINDS = [
  'create-user',
  'create-group',
  'update',
  'delete',
  'restore',
  'refer',
  'clear-reference',
  'add-members',
  'add-member',
  'remove-member',
  'assign-licences',
] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export interface Step {
  readonly kind: StepKind;
  /** The objects that the request refers to besides its own. */
  readonly targets: readonly string[];
  /** Of an assignment of one licence: that one. */
  readonly licence?: Licence;
  /** Made anew for each sending: no password is kept. */
  readonly request: () => GraphRequest;
}

/** The type under which Graph keeps the object of a write. Throws RangeError for types the schema does not have. */
export function typeOf(write: TargetWrite): WritableType {
  if (write.type === 'user' || write.type === 'group') return write.type;
  throw new RangeError(`Microsoft Graph cannot write objects of type ${write.type}`);
}

/** The source anchor that the object of a write carries (is to carry) in the tenant. */
export function anchorOf(write: TargetWrite): string {
  const given = write.action === 'create' ? write.attributes['sourceAnchor'] : undefined;
  return typeof given === 'string' ? given : write.anchor;
}

/** The requests of a write. `base`: Graph's address, for references. */
export function stepsOf(write: TargetWrite, base: string): readonly Step[] {
  const type = typeOf(write);
  switch (write.action) {
    case 'create':
      return [type === 'user' ? createUser(write) : createGroup(write)];
    case 'update':
      return [one('update', [], 'PATCH', `/${type}s/${write.targetId}`, toBody(type, write.attributes))];
    case 'delete':
      return [one('delete', [], 'DELETE', `/${type}s/${write.targetId}`)];
    case 'restore':
      return [restore(write)];
    case 'refer':
      return [referTo(write, base)];
    case 'members':
      return memberSteps(write, base);
    case 'license':
      return write.licences.length === 0 ? [] : [assignLicences(write, write.licences)];
  }
}

function one(
  kind: StepKind,
  targets: readonly string[],
  method: GraphRequest['method'],
  url: string,
  body?: Readonly<Record<string, unknown>>,
): Step {
  return { kind, targets, request: () => ({ method, url, ...(body === undefined ? {} : { body }) }) };
}

/** directory/deletedItems restore: a user may come back under another name, and without addresses that others have taken meanwhile. */
function restore(write: Extract<TargetWrite, { action: 'restore' | 'delete' }>): Step {
  const url = `/directory/deletedItems/${write.targetId}/restore`;
  if (write.type !== 'user') return one('restore', [], 'POST', url);
  const upn = write.attributes?.['userPrincipalName'];
  const renamed = typeof upn === 'string' ? { newUserPrincipalName: upn } : {};
  return one('restore', [], 'POST', url, { ...renamed, autoReconcileProxyConflict: true });
}

type Creation = Extract<TargetWrite, { action: 'create' }>;

function createUser(write: Creation): Step {
  const body = { ...toBody('user', write.attributes), onPremisesImmutableId: anchorOf(write) };
  return {
    kind: 'create-user',
    targets: [],
    request: () => ({ method: 'POST', url: '/users', body: { ...body, passwordProfile: createPasswordProfile() } }),
  };
}

/** An upsert by the alternate key: sent twice it still makes one group (group-upsert). */
function createGroup(write: Creation): Step {
  const { uniqueName: _, ...properties } = toBody('group', write.attributes);
  const body = { ...properties, mailEnabled: false, securityEnabled: true };
  const url = `/groups(uniqueName='${encodeKey(toUniqueName(anchorOf(write)))}')`;
  const headers = { Prefer: 'create-if-missing' };
  return { kind: 'create-group', targets: [], request: () => ({ method: 'PATCH', url, headers, body }) };
}

function referTo(write: Extract<TargetWrite, { action: 'refer' }>, base: string): Step {
  const url = `/users/${write.targetId}/${write.attribute}/$ref`;
  if (write.to === null) return one('clear-reference', [], 'DELETE', url);
  return one('refer', [write.to], 'PUT', url, { '@odata.id': `${base}/users/${write.to}` });
}

type Membership = Extract<TargetWrite, { action: 'members' }>;

function memberSteps(write: Membership, base: string): readonly Step[] {
  const steps: Step[] = [];
  if (write.add.length > 0) {
    const body = { 'members@odata.bind': write.add.map((id) => `${base}/directoryObjects/${id}`) };
    steps.push(one('add-members', write.add, 'PATCH', `/groups/${write.targetId}`, body));
  }
  for (const id of write.remove) {
    // Without /$ref the request would delete the member itself.
    steps.push(one('remove-member', [id], 'DELETE', `/groups/${write.targetId}/members/${id}/$ref`));
  }
  return steps;
}

/** The members of a refused request one by one: it is atomic, so this finds the one that was meant. */
export function singleAdds(
  write: TargetWrite & { readonly action: 'members' },
  step: Step,
  base: string,
): readonly Step[] {
  const url = `/groups/${write.targetId}/members/$ref`;
  return step.targets.map((id) =>
    one('add-member', [id], 'POST', url, { '@odata.id': `${base}/directoryObjects/${id}` }),
  );
}

type Licensing = Extract<TargetWrite, { action: 'license' }>;

/** All of them in one request where it goes: products that need one another are refused one by one. Both lists have to be there (user-assignlicense). */
function assignLicences({ targetId }: Licensing, licences: readonly Licence[]): Step {
  const body = {
    addLicenses: licences.map(({ id, disabledParts }) => ({ skuId: id, disabledPlans: disabledParts })),
    removeLicenses: [],
  };
  const step = one('assign-licences', [], 'POST', `/users/${targetId}/assignLicense`, body);
  const [only] = licences;
  return only === undefined || licences.length > 1 ? step : { ...step, licence: only };
}

/** The licences of a refused request one by one. They are to be sent one after the other: two at once are in each other's way (409). */
export function singleLicences(write: Licensing): readonly Step[] {
  return write.licences.map((licence) => assignLicences(write, [licence]));
}
