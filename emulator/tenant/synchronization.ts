import { isRecord } from '../json-value.ts';
import type { ChangeDraft } from './change.ts';
import type { Entity, Value, Values } from './entity.ts';
import type { Tenant } from './tenant.ts';

/**
 * Features of directory synchronization by their names in Graph (onPremisesDirectorySynchronizationFeature), with their
 * bits in the provisioning service (facts E.13). 0: no bit is known, so only Graph shows and changes it.
 */
export const FEATURE_BITS = {
  passwordSyncEnabled: 1,
  passwordWritebackEnabled: 2,
  directoryExtensionsEnabled: 4,
  quarantineUponUpnConflictEnabled: 8,
  softMatchOnUpnEnabled: 16,
  quarantineUponProxyAddressesConflictEnabled: 32,
  cloudPasswordPolicyForPasswordSyncedUsersEnabled: 512,
  fopeConflictResolutionEnabled: 0,
  unifiedGroupWritebackEnabled: 1024,
  userWritebackEnabled: 2048,
  deviceWritebackEnabled: 4096,
  synchronizeUpnForManagedUsersEnabled: 8192,
  userForcePasswordChangeOnLogonEnabled: 16384,
  concurrentOrgIdProvisioningEnabled: 0,
  concurrentCredentialUpdateEnabled: 0,
  groupWriteBackEnabled: 0,
  blockSoftMatchEnabled: 524_288,
  blockCloudObjectTakeoverThroughHardMatchEnabled: 1_048_576,
  bypassDirSyncOverridesEnabled: 0,
  allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled: 0,
} as const;
export type FeatureName = keyof typeof FEATURE_BITS;

/** 8 + 16 + 32 + 8192 + 32768 (facts E.13), what a new tenant has; nobody says what 32768 is. */
export const DEFAULT_FEATURES = 41_016;
/** The two resiliencies cannot be switched off any more (facts E.5). */
const ALWAYS_ON =
  FEATURE_BITS.quarantineUponUpnConflictEnabled | FEATURE_BITS.quarantineUponProxyAddressesConflictEnabled;

export const PREVENTION_TYPES = ['disabled', 'enabledForCount', 'enabledForPercentage'] as const;
export type PreventionType = (typeof PREVENTION_TYPES)[number];

/** What the tenant knows of its directory synchronization. */
export interface Synchronization {
  readonly isEnabled: boolean;
  /** Bits as the provisioning service counts them. */
  readonly features: number;
  /** Features without a bit that are on. */
  readonly otherFeatures: readonly string[];
  readonly prevention: PreventionType;
  readonly preventionThreshold: number;
  /** ISO 8601; null: never yet. */
  readonly lastSync: string | null;
  readonly lastPasswordSync: string | null;
  readonly clientVersion: string | null;
  readonly machineName: string | null;
  readonly exported: number;
  readonly exportedWell: number;
}

const DEFAULTS: Synchronization = {
  isEnabled: false,
  features: DEFAULT_FEATURES,
  otherFeatures: [],
  prevention: 'enabledForCount',
  preventionThreshold: 500,
  lastSync: null,
  lastPasswordSync: null,
  clientVersion: null,
  machineName: null,
  exported: 0,
  exportedWell: 0,
};

/** No GUID, so that no path of Graph and no object can have the same. */
const SETTINGS_ID = 'organization';

/** Whether anything was ever set. */
export function hasSynchronization(tenant: Tenant): boolean {
  return tenant.primary.find(SETTINGS_ID) !== undefined;
}

/** The settings of the tenant; they are kept as an object of the directory, so that its journal and file hold them, too. */
export function readSynchronization(tenant: Tenant): Synchronization {
  const values = tenant.primary.find(SETTINGS_ID)?.values['synchronization'];
  return isRecord(values) ? { ...DEFAULTS, ...(values as Partial<Synchronization>) } : DEFAULTS;
}

/** The step that changes settings. */
export function synchronizationChange(tenant: Tenant, change: Partial<Synchronization>): ChangeDraft {
  const id = SETTINGS_ID;
  const next = { ...readSynchronization(tenant), ...change };
  const values: Values = { synchronization: { ...next, features: next.features | ALWAYS_ON } as unknown as Value };
  return hasSynchronization(tenant)
    ? { type: 'patch', id, values }
    : { type: 'create', kind: 'organization', id, values };
}

export function hasFeature(tenant: Tenant, name: FeatureName): boolean {
  const { features, otherFeatures } = readSynchronization(tenant);
  const bit = FEATURE_BITS[name];
  return bit === 0 ? otherFeatures.includes(name) : (features & bit) !== 0;
}

/** Whether the object is mastered on-premises. */
export function isSynchronized(entity: Entity): boolean {
  return entity.values['onPremisesSyncEnabled'] === true;
}
