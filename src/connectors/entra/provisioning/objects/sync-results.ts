import type { TargetWrite, WriteFailure } from '../../../connector.ts';
import { cloudAnchor, readCloudAnchor } from '../cloud-anchor.ts';
import { childOf, childrenOf, textOf } from '../nbfx/xml-reading.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import { MOST_WORDS } from '../service-fault.ts';
import { spellName } from './attributes.ts';
import { readProperties } from './sync-object.ts';

/** What became of one object of a request. */
export interface SyncResult {
  readonly isSuccess: boolean;
  readonly cloudAnchor: string | null;
  readonly sourceAnchor: string | null;
  readonly errorCode: string | null;
  readonly message: string;
  /** Names of details to their values (facts E.13). */
  readonly details: ReadonlyMap<string, string>;
}

export function readSyncResults(result: XmlElement | undefined): readonly SyncResult[] {
  return childrenOf(childOf(result, 'SyncObjectResults'), 'AzureADSyncObjectResult').map((item) => {
    const known = readCloudAnchor(textOf(item, 'CloudAnchor') ?? '');
    const details = readProperties(childOf(item, 'ErrorDetails'));
    return {
      isSuccess: textOf(item, 'ResultCode') === 'Success',
      cloudAnchor: known && cloudAnchor(known.type, known.id),
      sourceAnchor: textOf(item, 'SourceAnchor') || null,
      errorCode: textOf(item, 'ResultErrorCode')?.trim() || null,
      message: textOf(item, 'ResultErrorDescription')?.trim().slice(0, MOST_WORDS) || 'The service gave no reason.',
      details: new Map(details.map(({ key, element }) => [key, (textOf(element) ?? '').slice(0, MOST_WORDS)])),
    };
  });
}

/** What the codes of the service mean (facts E.6): the code of our finding, or the words for people. */
interface Meaning {
  readonly code?: string;
  readonly attribute?: string;
  readonly cause?: string;
  readonly remedy?: string;
  readonly isMissing?: boolean;
}

const PRIVILEGED: Meaning = { code: 'match-privileged' };
const TOO_LONG: Meaning = {
  code: 'attribute-too-long',
  remedy: 'Shorten the values, or take some away: at most 15 certificates, about 300 addresses, photos up to 100 KB.',
};
const HARD_MATCH: Meaning = {
  code: 'match-forbidden',
  remedy:
    'Look whether the object of the tenant holds an administrator role or came from another directory (onPremisesObjectIdentifier), and whether the tenant blocks hard matching.',
};
const QUOTA: Meaning = {
  remedy:
    'Make room in the tenant (delete for good what is not needed), or have its limit raised. Every run tries again.',
};
const BUSY: Meaning = { cause: 'The service was busy all the time.', remedy: 'The next run tries again.' };
const OF_CLOUD: Meaning = {
  cause:
    'The tenant counts the object as its own, not as one that is synchronized, also after it was taken over, and lets nobody delete it from here.',
  remedy: 'Delete it in the tenant.',
};
const MISSING: Meaning = { isMissing: true };

const MEANINGS: Readonly<Record<string, Meaning>> = {
  '16': QUOTA,
  QuotaExceeded: QUOTA,
  '81': BUSY,
  AzureDirectoryServiceServerBusy: BUSY,
  '96': HARD_MATCH,
  AttributeUpdateNotAllowed: HARD_MATCH,
  '103': HARD_MATCH,
  InvalidHardMatch: HARD_MATCH,
  InvalidSoftMatch: { code: 'match-other-anchor' },
  ExistingAdminRoleConflict: PRIVILEGED,
  ObjectTypeMismatch: {
    code: 'value-conflict',
    cause: 'An object of another kind in the tenant has the same address or anchor.',
    remedy: 'Delete the other object in the tenant, or give one of the two another address.',
  },
  AttributeValueMustBeUnique: { code: 'value-conflict' },
  IdentityDataValidationFailed: { code: 'attribute-invalid', attribute: 'userPrincipalName' },
  DataValidationFailed: { code: 'attribute-invalid' },
  FederatedDomainChangeError: {
    code: 'attribute-invalid',
    attribute: 'userPrincipalName',
    cause: 'The user principal name moves from one federated domain to another, which the tenant does not do at once.',
    remedy: 'Give the user a name at a domain that is not federated first, then the new one.',
  },
  LargeObject: TOO_LONG,
  ExceededAllowedLength: TOO_LONG,
  '114': OF_CLOUD,
  DeletionAccessViolation: OF_CLOUD,
  ObjectNotFound: MISSING,
  ReferenceUpdateFailed: MISSING,
};

/** The failure of the contract: what the code means, which attribute and value it is about, and who holds it. */
export function describeFailure(write: TargetWrite, result: SyncResult): WriteFailure {
  const { errorCode, message, details } = result;
  const { code, attribute, ...meaning } = MEANINGS[errorCode ?? ''] ?? {};
  const named = details.get('AttributeConflictName') ?? details.get('AttributeName') ?? attribute;
  const value = details.get('AttributeConflictValues') ?? sentValue(write, named);
  const other = details.get('ObjectIdInConflict');
  return {
    code: code ?? errorCode ?? 'no-code',
    message,
    ...meaning,
    ...(named === undefined ? {} : { attribute: spellName(named) }),
    ...(value === undefined ? {} : { value }),
    ...(other === undefined ? {} : { otherTargetId: readCloudAnchor(other)?.id ?? other.toLowerCase() }),
  };
}

function sentValue(write: TargetWrite, named: string | undefined): string | undefined {
  if (named === undefined || !('attributes' in write)) return undefined;
  const value = write.attributes?.[spellName(named)];
  return typeof value === 'string' ? value : undefined;
}

/** Whether the object itself is not there, not one that it refers to. */
export function isGone({ errorCode }: SyncResult): boolean {
  return errorCode === 'ObjectNotFound';
}
