import { toGraphTime } from '../clock.ts';
import type { ChangeDraft } from '../tenant/change.ts';
import type { Entity, Value } from '../tenant/entity.ts';
import { isCredentialData } from '../tenant/passwords/synchronized-credential.ts';
import { isPasswordSynchronized, synchronizedProfile } from '../tenant/rules/password.ts';
import { hasFeature, isSynchronized, readSynchronization, synchronizationChange } from '../tenant/synchronization.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { type Node, nil, node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';
import type { ServiceRequest } from './operation.ts';
import { booleanOf, readItems, readMembers, textOf } from './read-members.ts';
import { bodyRefused, notActivated, passwordsNotActivated } from './service-fault.ts';
import { NAMESPACE } from './wire-names.ts';

/** Facts E.8: batches of up to 50. */
const MOST_ITEMS = 50;

const CHANGE_MEMBERS = [
  'ChangeDate',
  'CloudAnchor',
  'CredentialData',
  'ForcePasswordChangeOnLogon',
  'SourceAnchor',
  'WindowsLegacyCredentials',
  'WindowsSupplementalCredentials',
] as const;

/** Results of one item; 0 and 114 are known (facts E.6, E.13), the others are assumed. */
const RESULT = { done: 0, userUnknown: 1, dataInvalid: 2, anchorsDiffer: 3, accessViolation: 114 } as const;

interface CredentialChange {
  readonly changeDate: string;
  readonly cloudAnchor: string | null;
  readonly credentialData: string | null;
  readonly mustChange: boolean;
  readonly sourceAnchor: string | null;
}

interface Verdict {
  readonly code: number;
  readonly text: string | null;
}

/** ProvisionCredentials: hashes of passwords, each judged by itself. */
export function provisionCredentials({ tenant, body, trackingId }: ServiceRequest): Node {
  const changes = readChanges(body);
  if (!readSynchronization(tenant).isEnabled) throw notActivated(trackingId);
  if (!hasFeature(tenant, 'passwordSyncEnabled')) throw passwordsNotActivated(trackingId);
  const drafts: ChangeDraft[] = [];
  const results = changes.map((change) => describeResult(change, judgeChange(change, tenant, drafts)));
  if (drafts.length > 0) {
    drafts.push(synchronizationChange(tenant, { lastPasswordSync: toGraphTime(tenant.clock.now()) }));
    tenant.commit(drafts);
  }
  return node('ProvisionCredentialsResult', [node('b:Results', results)], {
    namespaces: { b: NAMESPACE.coexistence, i: NAMESPACE.instance },
  });
}

function readChanges(body: XmlElement): readonly CredentialChange[] {
  const request = readMembers(body, NAMESPACE.service, ['request']).get('request') as XmlElement;
  const list = readMembers(request, NAMESPACE.coexistence, ['RequestItems']).get('RequestItems') as XmlElement;
  const items = readItems(list, NAMESPACE.coexistence, 'SyncCredentialsChangeItem');
  if (items.length === 0 || items.length > MOST_ITEMS) {
    throw bodyRefused(`RequestItems holds ${items.length} items; 1 to ${MOST_ITEMS} are taken`);
  }
  return items.map(readChange);
}

function readChange(item: XmlElement): CredentialChange {
  const members = readMembers(item, NAMESPACE.coexistence, CHANGE_MEMBERS);
  for (const name of ['WindowsLegacyCredentials', 'WindowsSupplementalCredentials'] as const) {
    const text = textOf(members.get(name));
    if (text !== null && !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw bodyRefused(`'${name}' must be base64`);
  }
  return {
    changeDate: readTime(members.get('ChangeDate')),
    cloudAnchor: textOf(members.get('CloudAnchor')),
    credentialData: textOf(members.get('CredentialData')),
    mustChange: booleanOf(members.get('ForcePasswordChangeOnLogon')),
    sourceAnchor: textOf(members.get('SourceAnchor')),
  };
}

function readTime(element: XmlElement | undefined): string {
  const text = textOf(element) ?? '';
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/.test(text) && !Number.isNaN(Date.parse(text));
  if (!isTime) throw bodyRefused(`ChangeDate must be a time in UTC, found '${text.slice(0, 40)}'`);
  return text;
}

function judgeChange(change: CredentialChange, tenant: Tenant, drafts: ChangeDraft[]): Verdict {
  const { cloudAnchor, sourceAnchor, credentialData } = change;
  const byCloud = cloudAnchor === null ? undefined : findByCloudAnchor(cloudAnchor, tenant);
  const bySource = sourceAnchor === null ? undefined : tenant.primary.findUnique('onPremisesImmutableId', sourceAnchor);
  if (byCloud && bySource && byCloud !== bySource) {
    return { code: RESULT.anchorsDiffer, text: 'CloudAnchor and SourceAnchor name different objects.' };
  }
  const isMissing = (cloudAnchor !== null && !byCloud) || (sourceAnchor !== null && !bySource);
  const user = byCloud ?? bySource;
  if (isMissing || user?.kind !== 'user' || user.status !== 'live') {
    return { code: RESULT.userUnknown, text: 'The user was not found in the directory.' };
  }
  if (!isSynchronized(user) && !tenant.assumptions.hashesForCloudUsers) {
    return { code: RESULT.accessViolation, text: 'PasswordAccessViolation: the object is not synchronized.' };
  }
  if (credentialData === null || !isCredentialData(credentialData)) {
    return { code: RESULT.dataInvalid, text: 'The format of CredentialData is not valid.' };
  }
  drafts.push({ type: 'patch', id: user.id, values: passwordValues(user, change, credentialData, tenant) });
  return { code: RESULT.done, text: null };
}

function findByCloudAnchor(anchor: string, tenant: Tenant): Entity | undefined {
  const id = /^User_([0-9a-f-]{36})$/i.exec(anchor)?.[1];
  return id === undefined ? undefined : tenant.primary.find(id);
}

/** A synchronized password never expires, unless the tenant's policy is to go for it (facts E.8). */
function passwordValues(
  user: Entity,
  change: CredentialChange,
  credential: string,
  tenant: Tenant,
): Record<string, Value> {
  // Of somebody who never had a synchronized one the demand is kept in any case (facts E.8).
  const isTaken = !isPasswordSynchronized(user) || hasFeature(tenant, 'userForcePasswordChangeOnLogonEnabled');
  const mustChange = change.mustChange && isTaken;
  const isPolicyOurs = hasFeature(tenant, 'cloudPasswordPolicyForPasswordSyncedUsersEnabled');
  return {
    passwordProfile: synchronizedProfile(credential, mustChange),
    passwordPolicies: isPolicyOurs ? 'None' : 'DisablePasswordExpiration',
    lastPasswordChangeDateTime: toGraphTime(Date.parse(change.changeDate)),
    signInLock: null,
  };
}

function describeResult(change: CredentialChange, verdict: Verdict): Node {
  return node('b:SyncCredentialsChangeResult', [
    optional('b:CloudAnchor', change.cloudAnchor),
    optional('b:ExtendedErrorInformation', verdict.text),
    node('b:Result', String(verdict.code)),
    optional('b:SourceAnchor', change.sourceAnchor),
  ]);
}

function optional(name: string, value: string | null): Node {
  return value === null ? nil(name) : node(name, value);
}
