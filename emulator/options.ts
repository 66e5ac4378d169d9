import type { Randomness } from './randomness.ts';

/**
 * Behaviours that Microsoft does not document, or documents otherwise than observed. The defaults are the stricter
 * reading; README.md gives the mark of each.
 */
export interface Assumptions {
  /** Soft-deleted users show `<id without dashes><old UPN>`. */
  readonly mangleDeletedUpn: boolean;
  /** A soft-deleted group keeps its uniqueName taken. */
  readonly deletedGroupsHoldUniqueName: boolean;
  /** Soft-deleted security groups can be restored; off: they are purged at once. */
  readonly softDeleteSecurityGroups: boolean;
  /** Follow-up delta rounds carry only changed properties, asked for or not; off: all that ever had a value. */
  readonly sparseDelta: boolean;
  /** Some delta pages are empty and still carry a nextLink. */
  readonly emptyDeltaPages: boolean;
  /** Batch items without dependsOn run in any order; off: in the order of the request. */
  readonly shuffleBatch: boolean;
  /** A second write to one object in one batch, without dependsOn, is refused with 409. Observed now and then. */
  readonly refuseConcurrentWrites: boolean;
  /** dependsOn must follow one of the three documented patterns; off: any graph without cycles. */
  readonly documentedBatchPatterns: boolean;
  /** A client assertion whose jti was seen before is refused. Entra accepts it, and MSAL repeats its own. */
  readonly refuseReplayedAssertions: boolean;
  /** An assertion counts five minutes before and after its time, for clocks that differ. */
  readonly assertionLeeway: boolean;
  /** How Retry-After is sent with a throttled answer. */
  readonly retryAfter: 'integer' | 'fractional' | 'missing';
  /** A slash in a key of the path, even percent-encoded, is taken for a separator and refused with 400. */
  readonly refuseSlashInKeys: boolean;
  /** Soft-deleted users keep their onPremisesImmutableId taken. */
  readonly deletedUsersHoldAnchor: boolean;
  /** Graph refuses a new password for a user whose password is synchronized, unless the tenant writes passwords back. */
  readonly refuseResetOfSynchronizedPasswords: boolean;
  /** A password that holds the local part of the user principal name, of five characters or more, is too weak. */
  readonly refuseNameInPassword: boolean;
  /** Users that are not synchronized take hashes, too. */
  readonly hashesForCloudUsers: boolean;
}

export const DEFAULT_ASSUMPTIONS: Assumptions = {
  mangleDeletedUpn: true,
  deletedGroupsHoldUniqueName: true,
  softDeleteSecurityGroups: true,
  sparseDelta: true,
  emptyDeltaPages: true,
  shuffleBatch: true,
  refuseConcurrentWrites: false,
  documentedBatchPatterns: true,
  refuseReplayedAssertions: false,
  assertionLeeway: false,
  retryAfter: 'integer',
  refuseSlashInKeys: false,
  deletedUsersHoldAnchor: true,
  refuseResetOfSynchronizedPasswords: true,
  refuseNameInPassword: true,
  hashesForCloudUsers: false,
};

/** Application permissions that a synchronization client asks for; the default of the emulated registration. */
export const DEFAULT_ROLES = [
  'User.ReadWrite.All',
  'User-PasswordProfile.ReadWrite.All',
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'GroupMember.ReadWrite.All',
  'Organization.Read.All',
  'Domain.Read.All',
  'LicenseAssignment.Read.All',
  'Directory.Read.All',
] as const;

/** What lets it set passwords, and synchronize through the provisioning service. */
export const DEFAULT_DIRECTORY_ROLES = ['User Administrator', 'Directory Synchronization Accounts'] as const;

export type ThrottleSetting = 'documented' | 'off' | number;

export interface EmulatorOptions {
  readonly host?: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Initial domain of the tenant, `<name>.onmicrosoft.com`. */
  readonly tenant?: string;
  readonly tenantId?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Further verified domains; the first becomes the default domain. */
  readonly domains?: readonly string[];
  /** PEM text of certificates registered for the application. */
  readonly certificates?: readonly string[];
  /** Application permissions granted; default DEFAULT_ROLES. */
  readonly roles?: readonly string[];
  /** Directory roles that the application itself holds; default DEFAULT_DIRECTORY_ROLES. */
  readonly directoryRoles?: readonly string[];
  /** Directory synchronization is switched on in the tenant from the start; default off, as in a new tenant. */
  readonly synchronization?: boolean;
  /** Clients of the provisioning service whose build number is lower are refused, as `2.4.0.0`; default none. */
  readonly minimumBuild?: string;
  readonly seed?: unknown;
  /** File that keeps the tenant between starts. */
  readonly stateFile?: string;
  readonly throttle?: ThrottleSetting;
  /** Seconds that an access token lives; default 60 to 90 minutes, as documented. */
  readonly tokenLifetime?: number;
  /** Replication delay of reads in milliseconds. */
  readonly lag?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  readonly assumptions?: Partial<Assumptions>;
  /** Most objects; default 50,000, or 300,000 with a verified domain besides the initial one (documented). */
  readonly objectQuota?: number;
  /** Milliseconds since 1970; default the machine's clock. */
  readonly now?: () => number;
  /** Makes identifiers, batch order and token lifetimes reproducible. */
  readonly randomSeed?: number;
  readonly randomness?: Randomness;
  /** Objects in one page of a delta round. */
  readonly deltaPageSize?: number;
  /** Link changes of one object in one page of a delta round. */
  readonly deltaLinkPageSize?: number;
  /** Receives one line for each thing that the emulator does not support; default standard error. */
  readonly log?: (line: string) => void;
}
