import {
  mailGroupNotSupported,
  mailGroupReadOnly,
  masteredOnPremises,
  notConform,
  notEmulated,
  valueInvalid,
  valueRequired,
  valueTaken,
} from '../../refusals.ts';
import { type Entity, textOf, textsOf, type Value, type Values } from '../entity.ts';
import type { Tenant } from '../tenant.ts';
import { checkAddressesFree } from './addresses.ts';
import { checkValues } from './check-values.ts';
import { GROUP_PROPERTIES, REQUIRED_OF_GROUP } from './group-properties.ts';

/** Judges the body of POST /groups and returns everything that the new group will hold, except its links. */
export function checkNewGroup(body: Readonly<Record<string, unknown>>, tenant: Tenant): Values {
  for (const name of REQUIRED_OF_GROUP) {
    if (body[name] === undefined || body[name] === null) throw valueRequired(name, 'Group');
  }
  const given = checkValues(body, { resource: 'Group', table: GROUP_PROPERTIES, isCreation: true });
  const values: Record<string, Value> = { groupTypes: [] };
  for (const [name, value] of Object.entries(given)) if (value !== null) values[name] = value;
  checkGroupTypes(values);
  const isUnified = isUnifiedType(values);
  if (isUnified !== values['mailEnabled']) throw mailGroupNotSupported();
  if (!isUnified && values['securityEnabled'] !== true) throw mailGroupNotSupported();
  if (values['visibility'] === 'HiddenMembership' && !isUnified) throw valueInvalid('visibility', 'Group');
  if (isUnified) values['visibility'] ??= 'Public';
  checkUniqueName(values['uniqueName'], undefined, tenant);
  if (isUnified) followNickname(values, undefined, tenant);
  return values;
}

/** Judges the body of PATCH /groups/{id} and returns what changes. */
export function checkGroupPatch(body: Readonly<Record<string, unknown>>, group: Entity, tenant: Tenant): Values {
  const values: Record<string, Value> = {
    ...checkValues(body, { resource: 'Group', table: GROUP_PROPERTIES, isCreation: false }),
  };
  checkGroupEditable(group);
  for (const name of ['groupTypes', 'mailEnabled', 'securityEnabled'] as const) {
    if (values[name] === undefined) continue;
    if (JSON.stringify(values[name]) !== JSON.stringify(group.values[name])) {
      throw notEmulated(`changing '${name}' of a group`);
    }
    delete values[name];
  }
  if (values['visibility'] === 'HiddenMembership') throw valueInvalid('visibility', 'Group');
  if (values['uniqueName'] !== undefined) checkUniqueNameUnset(values['uniqueName'], group);
  checkUniqueName(values['uniqueName'], group, tenant);
  if (typeof values['mailNickname'] === 'string' && isUnifiedType(group.values)) followNickname(values, group, tenant);
  return values;
}

/** Groups mastered on-premises or by Exchange refuse every edit, members included. */
export function checkGroupEditable(group: Entity): void {
  if (group.values['onPremisesSyncEnabled'] === true) throw masteredOnPremises();
  if (group.values['mailEnabled'] === true && !isUnifiedType(group.values)) throw mailGroupReadOnly();
}

export function isUnifiedType(values: Values): boolean {
  const types = values['groupTypes'];
  return Array.isArray(types) && types.includes('Unified');
}

function checkGroupTypes(values: Values): void {
  const types = values['groupTypes'];
  if (!Array.isArray(types)) return;
  if (types.includes('DynamicMembership')) throw notEmulated('dynamic membership');
  if (types.some((type) => type !== 'Unified') || types.length > 1) throw valueInvalid('groupTypes', 'Group');
}

function checkUniqueNameUnset(value: Value, group: Entity): void {
  const before = textOf(group, 'uniqueName');
  if (before === value) return;
  if (group.values['isAssignableToRole'] === true) {
    throw notConform('Value for ArmUniqueName cannot be updated for groups assignable to role.');
  }
  if (before === undefined) return;
  throw notConform("Property 'uniqueName' cannot be changed once it is set.");
}

function checkUniqueName(value: Value | undefined, group: Entity | undefined, tenant: Tenant): void {
  if (typeof value !== 'string') return;
  const holder = tenant.primary.findUnique('uniqueName', value);
  if (!holder || holder.id === group?.id) return;
  if (holder.status === 'live' || tenant.assumptions.deletedGroupsHoldUniqueName) throw valueTaken('uniqueName');
}

/** The mail address of a Microsoft 365 group follows from its nickname when it is created. */
function followNickname(values: Record<string, Value>, group: Entity | undefined, tenant: Tenant): void {
  const nickname = String(values['mailNickname']);
  const holder = tenant.primary.findUnique('mailNickname', nickname.toLowerCase());
  if (holder && holder.id !== group?.id) throw valueTaken('mailNickname');
  if (group) return;
  const mail = `${nickname}@${tenant.defaultDomain}`;
  const addresses = [`SMTP:${mail}`];
  checkAddressesFree(addresses, undefined, tenant);
  values['mail'] = mail;
  values['proxyAddresses'] = addresses;
}

/** A security group may hold anything but a Microsoft 365 group; those hold no groups (observed). */
export function checkMemberKind(groupValues: Values, member: Entity): void {
  if (member.kind !== 'group') return;
  if (isUnifiedType(groupValues) || textsOf(member, 'groupTypes').includes('Unified')) {
    throw notConform(
      "Invalid value specified for property 'members' of resource 'Group': the group cannot hold a group of this type.",
    );
  }
}
