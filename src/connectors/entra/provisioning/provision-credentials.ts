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
 * The outcomes in the order of the writes: by the anchor that the service names, else, where there are as many outcomes as writes, by their order. Undefined
 * for a write of which it says nothing.
 */
export function readOutcomes(
  result: XmlElement | undefined,
  writes: readonly PasswordWrite[],
): readonly (CredentialOutcome | undefined)[] {
  const items = childrenOf(childOf(result, 'Results'), 'SyncCredentialsChangeResult');
  const sent = new Set(writes.map(anchorOf));
  const byAnchor = new Map<string, CredentialOutcome>();
  for (const item of items) byAnchor.set(textOf(item, 'CloudAnchor')?.toLowerCase() ?? '', toOutcome(item));
  const isNaming = [...byAnchor.keys()].some((anchor) => sent.has(anchor));
  if (isNaming) return writes.map((write) => byAnchor.get(anchorOf(write)));
  return writes.map((_, at) => {
    const item = items[at];
    return items.length === writes.length && item !== undefined ? toOutcome(item) : undefined;
  });
}

function anchorOf({ targetId }: PasswordWrite): string {
  return cloudAnchor('user', targetId).toLowerCase();
}

function toOutcome(item: XmlElement): CredentialOutcome {
  return {
    result: textOf(item, 'Result')?.trim() ?? '',
    information: textOf(item, 'ExtendedErrorInformation')?.trim() || null,
  };
}
