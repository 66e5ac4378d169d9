import { toGraphTime } from '../clock.ts';
import { EmulatorError } from '../emulator-error.ts';
import { isRecord } from '../json-value.ts';
import type { ChangeDraft } from './change.ts';
import { createCloudSid } from './create-cloud-sid.ts';
import type { Domain } from './domain.ts';
import { createEntity, type Entity, OBJECT_KINDS, type Value, type Values } from './entity.ts';
import { hashPassword } from './rules/password.ts';
import type { Sku } from './sku.ts';
import { synchronizationChange } from './synchronization.ts';
import type { Tenant } from './tenant.ts';
import { uniqueKeys } from './unique-keys.ts';

export interface SeedCounts {
  readonly users: number;
  readonly groups: number;
  readonly licences: number;
}

/**
 * Plants objects without the rules of Graph, so that a test can have what only synchronization or Exchange makes:
 *
 *     { "users":   [{ "id"?, "userPrincipalName", ...properties, "password"?, "manager"?, "adminRoles"?: [] }],
 *       "groups":  [{ "id"?, "displayName", ...properties, "members"?: [], "owners"?: [] }],
 *       "contacts":[{ "displayName", ...properties }], "devices": [{ "displayName", ...properties }],
 *       "licences":[{ "skuId", "skuPartNumber", "enabled", "servicePlans"?: [{ "servicePlanId", "servicePlanName" }] }],
 *       "domains": [{ "id", "authenticationType"?: "Federated", "isVerified"?: false, "passwordValidityPeriodInDays"?: 90 }],
 *       "tenant":  { "synchronization"?: { "isEnabled": true, "features": 41017 } } }
 *
 * `passwordProfile` and `prepaidUnits` are taken in Graph's form, too. `manager`, `members` and `owners` name objects by id,
 * UPN, uniqueName or displayName. Throws an EmulatorError that
 * names the object that is wrong; nothing is planted then.
 */
export function plantSeed(seed: unknown, tenant: Tenant): SeedCounts {
  if (!isRecord(seed)) throw new EmulatorError('A seed is a JSON object with users, groups, licences, domains.');
  const known = ['users', 'groups', 'contacts', 'devices', 'licences', 'domains', 'tenant'];
  for (const name of Object.keys(seed)) {
    if (!known.includes(name)) throw new EmulatorError(`A seed has no '${name}'; it may have ${known.join(', ')}.`);
  }
  const planter = new Planter(tenant);
  const users = recordsIn(seed, 'users');
  const groups = recordsIn(seed, 'groups');
  const contacts = recordsIn(seed, 'contacts');
  const devices = recordsIn(seed, 'devices');
  const skus = recordsIn(seed, 'licences').map(readSku);
  const domains = recordsIn(seed, 'domains').map(readDomain);
  const objects = [
    ...users.map((user) => planter.plantUser(user)),
    ...groups.map((group) => planter.plantGroup(group)),
    ...contacts.map((contact) => planter.plantOther('orgContact', contact)),
    ...devices.map((device) => planter.plantOther('device', device)),
  ];
  const links = [...users, ...groups, ...contacts].flatMap((record) => planter.plantLinks(record));
  for (const domain of domains) plantDomain(domain, tenant);
  tenant.skus.push(...skus);
  const settings = isRecord(seed['tenant']) ? seed['tenant']['synchronization'] : undefined;
  const synchronization = isRecord(settings) ? [synchronizationChange(tenant, settings)] : [];
  tenant.commit([...objects, ...links, ...synchronization]);
  return { users: users.length, groups: groups.length, licences: skus.length };
}

type SeedRecord = Readonly<Record<string, unknown>>;
type PlantedKind = 'user' | 'group' | 'orgContact' | 'device';

function recordsIn(seed: SeedRecord, name: string): readonly SeedRecord[] {
  const value = seed[name] ?? [];
  if (!Array.isArray(value) || !value.every(isRecord))
    throw new EmulatorError(`'${name}' of a seed must be an array of objects.`);
  return value;
}

class Planter {
  readonly #tenant: Tenant;
  readonly #ids = new Map<SeedRecord, string>();
  readonly #byName = new Map<string, string>();
  readonly #keys = new Set<string>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  plantUser(record: SeedRecord): ChangeDraft {
    const upn = record['userPrincipalName'];
    if (typeof upn !== 'string')
      throw new EmulatorError(`A user of the seed has no userPrincipalName: ${JSON.stringify(record)}`);
    const { password, passwordProfile, ...rest } = record;
    const profile = readPassword(password, passwordProfile);
    return this.#plant('user', record, { accountEnabled: true, userType: 'Member', ...rest, ...profile });
  }

  plantGroup(record: SeedRecord): ChangeDraft {
    if (typeof record['displayName'] !== 'string') {
      throw new EmulatorError(`A group of the seed has no displayName: ${JSON.stringify(record)}`);
    }
    const defaults = { groupTypes: [], mailEnabled: false, securityEnabled: true };
    return this.#plant('group', record, { ...defaults, ...record });
  }

  plantOther(kind: 'orgContact' | 'device', record: SeedRecord): ChangeDraft {
    if (typeof record['displayName'] !== 'string') {
      throw new EmulatorError(`A contact or device of the seed has no displayName: ${JSON.stringify(record)}`);
    }
    return this.#plant(kind, record, record);
  }

  plantLinks(record: SeedRecord): readonly ChangeDraft[] {
    const from = this.#ids.get(record);
    if (from === undefined) return [];
    const drafts: ChangeDraft[] = [];
    for (const name of ['members', 'owners'] as const) {
      const targets = record[name] ?? [];
      if (!Array.isArray(targets)) throw new EmulatorError(`'${name}' of a group of the seed must be an array.`);
      for (const target of new Set(targets.map((item) => this.#find(item))))
        drafts.push({ type: 'link', from, name, to: target });
    }
    const manager = record['manager'];
    if (manager !== undefined && manager !== null)
      drafts.push({ type: 'link', from, name: 'manager', to: this.#find(manager) });
    return drafts;
  }

  #plant(kind: PlantedKind, record: SeedRecord, content: SeedRecord): ChangeDraft {
    const { id: given, members, owners, manager, hasPassword, passwordState, deletedDateTime, ...values } = content;
    const id = typeof given === 'string' ? given.toLowerCase() : this.#tenant.newId();
    if (this.#tenant.primary.find(id))
      throw new EmulatorError(`The seed holds the id ${id} twice, or the tenant has it already.`);
    this.#ids.set(record, id);
    for (const name of ['userPrincipalName', 'uniqueName', 'displayName']) {
      const text = values[name];
      if (typeof text === 'string') this.#byName.set(text.toLowerCase(), id);
    }
    this.#byName.set(id, id);
    const marks = {
      createdDateTime: toGraphTime(this.#tenant.clock.now()),
      securityIdentifier: createCloudSid(this.#tenant),
    };
    const planted = { ...marks, ...(values as Record<string, Value>) };
    this.#checkUnique(kind, id, planted);
    return { type: 'create', kind, id, values: planted };
  }

  #checkUnique(kind: PlantedKind, id: string, values: Values): void {
    for (const [index, key] of uniqueKeys(createEntity(kind, id, 0, 0, values))) {
      const known = `${index} ${key}`;
      if (this.#keys.has(known) || this.#tenant.primary.findUnique(index, key)) {
        throw new EmulatorError(`The seed holds the ${index} '${key}' twice, or the tenant has it already.`);
      }
      this.#keys.add(known);
    }
  }

  #find(name: unknown): string {
    const text = String(name).toLowerCase();
    const id = this.#byName.get(text) ?? this.#findInTenant(text)?.id;
    if (id === undefined)
      throw new EmulatorError(`The seed refers to '${String(name)}', which is in neither the seed nor the tenant.`);
    return id;
  }

  #findInTenant(text: string): Entity | undefined {
    const { primary } = this.#tenant;
    const direct = primary.find(text) ?? primary.findUnique('userPrincipalName', text);
    if (direct) return direct;
    for (const kind of OBJECT_KINDS) {
      const found = primary.listed(kind).find((entity) => String(entity?.values['displayName']).toLowerCase() === text);
      if (found) return found;
    }
    return undefined;
  }
}

/** A password as seeds write it, or as Graph does; what is kept is its hash. */
function readPassword(password: unknown, profile: unknown): SeedRecord {
  const { password: inside, ...flags } = isRecord(profile) ? profile : {};
  const text = password ?? inside;
  return typeof text === 'string' ? { passwordProfile: { ...flags, hash: hashPassword(text) } } : {};
}

function readSku(record: SeedRecord): Sku {
  const { skuId, skuPartNumber, prepaidUnits, servicePlans } = record;
  const enabled = record['enabled'] ?? (isRecord(prepaidUnits) ? prepaidUnits['enabled'] : undefined);
  if (typeof skuId !== 'string' || typeof skuPartNumber !== 'string' || typeof enabled !== 'number') {
    throw new EmulatorError(`A licence of the seed needs skuId, skuPartNumber and enabled: ${JSON.stringify(record)}`);
  }
  return { skuId, skuPartNumber, enabled, servicePlans: (servicePlans ?? []) as Sku['servicePlans'] };
}

function readDomain(record: SeedRecord): Domain {
  const { id, authenticationType, isVerified, passwordValidityPeriodInDays: days } = record;
  if (typeof id !== 'string') throw new EmulatorError(`A domain of the seed needs an id: ${JSON.stringify(record)}`);
  return {
    id: id.toLowerCase(),
    authenticationType: authenticationType === 'Federated' ? 'Federated' : 'Managed',
    isDefault: false,
    isInitial: false,
    isVerified: isVerified !== false,
    ...(typeof days === 'number' ? { passwordValidityDays: days } : {}),
  };
}

/** A domain that the tenant has already stays the default one if it is. */
function plantDomain(domain: Domain, tenant: Tenant): void {
  const at = tenant.domains.findIndex((known) => known.id === domain.id);
  if (at < 0) tenant.domains.push(domain);
  else tenant.domains[at] = { ...domain, isDefault: tenant.domains[at]?.isDefault === true };
}
