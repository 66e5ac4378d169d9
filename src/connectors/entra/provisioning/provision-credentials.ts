import type { PasswordWrite } from '../../connector.ts';
import { cloudAnchor } from './cloud-anchor.ts';
import { element, namespace, nilElement } from './nbfx/xml-building.ts';
import { childOf, childrenOf, textOf } from './nbfx/xml-reading.ts';
import type { XmlElement } from './nbfx/xml-tree.ts';
import { NAMESPACE } from './wire-names.ts';

/** What lies within `ProvisionCredentials`. The bytes of the credentials are referred to, not copied. */
export function buildCredentials(writes: readonly PasswordWrite[]): readonly XmlElement[] {
  const items = element('b:RequestItems', writes.map(buildItem));
  const namespaces = [namespace('b', NAMESPACE.credentials), namespace('i', NAMESPACE.instance)];
  return [element('request', [items], { namespaces })];
}

/**
 * One user. The order of the names is the alphabet's, and matters: the service passes over what comes too late. A user is named by the id that the tenant
 * gave it, and by nothing else: the anchor of one that was written by way of Graph is on no list of objects that this service keeps.
 */
function buildItem({ targetId, credential, changedAt, forceChange }: PasswordWrite): XmlElement {
  return element('b:SyncCredentialsChangeItem', [
    element('b:ChangeDate', new Date(changedAt).toISOString()),
    element('b:CloudAnchor', cloudAnchor('user', targetId)),
    element('b:CredentialData', { type: 'utf8', bytes: credential }),
    element('b:ForcePasswordChangeOnLogon', String(forceChange)),
    nilElement('b:SourceAnchor'),
    nilElement('b:WindowsLegacyCredentials'),
    nilElement('b:WindowsSupplementalCredentials'),
  ]);
}

/** What became of one user's password. */
export interface CredentialOutcome {
  /** `0` when it was taken. */
  readonly result: string;
  readonly information: string | null;
}

/**
 * The outcomes in the order of the writes: by the anchor that the service names, or by their order where it names nobody and there are as many outcomes as
 * writes. Undefined for a write of which it says nothing. Where it says two things of one user, a refusal counts: to send twice is harmless.
 */
export function readOutcomes(
  result: XmlElement | undefined,
  writes: readonly PasswordWrite[],
): readonly (CredentialOutcome | undefined)[] {
  const items = childrenOf(childOf(result, 'Results'), 'SyncCredentialsChangeResult');
  const named = items.map((item) => ({ anchor: textOf(item, 'CloudAnchor')?.trim().toLowerCase() ?? '', item }));
  if (named.every(({ anchor }) => anchor === ''))
    return items.length === writes.length ? items.map(toOutcome) : writes.map(() => undefined);
  const byAnchor = new Map<string, CredentialOutcome>();
  for (const { anchor, item } of named) {
    const isRefused = (byAnchor.get(anchor)?.result ?? TAKEN) !== TAKEN;
    if (!isRefused) byAnchor.set(anchor, toOutcome(item));
  }
  return writes.map((write) => byAnchor.get(anchorOf(write)));
}

const TAKEN = '0';

function anchorOf({ targetId }: PasswordWrite): string {
  return cloudAnchor('user', targetId).toLowerCase();
}

function toOutcome(item: XmlElement): CredentialOutcome {
  return {
    result: textOf(item, 'Result')?.trim() ?? '',
    information: textOf(item, 'ExtendedErrorInformation')?.trim() || null,
  };
}
