import { describeKnownAttribute } from '../src/connectors/ad/objects/known-attributes.ts';
import { createMemoryConnector, type MemoryConnector } from '../src/connectors/memory/connector.ts';
import type { MemoryEntry } from '../src/connectors/memory/directory.ts';
import { splitFirstRdn } from '../src/model/dn.ts';
import type { Scalar, Value } from '../src/model/value.ts';
import { encodeGuid, encodeSid } from '../test/lab/directory-binary.ts';
import type { DirectoryEntry } from '../test/lab/directory-entry.ts';
import { BASE_DN, generateEntries, type PairMember, type PopulationSize } from './population.ts';

const ROOT_ANCHOR = '5e0a0000-0000-4000-8000-000000000000';
const REFERENCES = ['member', 'manager'] as const;

/** A memory connector that holds a population as the AD connector would deliver it, and users that are in neither group of the pair. */
export interface MemorySource {
  readonly connector: MemoryConnector;
  /** The next user becomes a member of a group of the pair. */
  changeMember(which: PairMember): void;
}

export function createMemorySource(name: string, size: PopulationSize): MemorySource {
  const parameters = { 'Domain.FQDN': 'corp.example.com', 'Domain.Netbios': 'CORP', 'Forest.FQDN': 'corp.example.com' };
  const connector = createMemoryConnector(name, { parameters });
  const anchors = new Map<string, string>([[BASE_DN, ROOT_ANCHOR]]);
  const spare: string[] = [];
  let users = 0;
  connector.put({ anchor: ROOT_ANCHOR, type: 'domain', place: { parent: null, rdn: BASE_DN } });
  for (const entry of generateEntries(size)) {
    const converted = convertEntry(entry, anchors);
    anchors.set(entry.dn, converted.anchor);
    connector.put(converted);
    if (converted.type === 'user' && ++users > (size.groupPair?.[1] ?? 0)) spare.push(converted.anchor);
  }
  const changeMember = (which: PairMember): void => {
    const group = anchors.get(`CN=bench ${which},OU=Groups,OU=Accounts,${BASE_DN}`);
    const user = spare.pop();
    if (group === undefined || user === undefined)
      throw new Error('there is no pair of groups, or no user left for it');
    connector.edit(group, { references: { member: { add: [user] } } });
  };
  return { connector, changeMember };
}

function convertEntry(entry: DirectoryEntry, anchors: ReadonlyMap<string, string>): MemoryEntry {
  const anchor = entry.attributes['objectGUID']?.[0] ?? '';
  const { rdn, parent } = splitFirstRdn(entry.dn);
  const attributes: Record<string, Value> = {};
  const references: Record<string, readonly string[]> = {};
  for (const [name, texts] of Object.entries(entry.attributes)) {
    if ((REFERENCES as readonly string[]).includes(name)) references[name] = texts.map((dn) => anchors.get(dn) ?? '');
    else attributes[name] = convertValue(name, texts);
  }
  const type = entry.attributes['objectClass']?.at(-1) ?? 'other';
  return { anchor, type, place: { parent: anchors.get(parent) ?? null, rdn }, attributes, references };
}

function convertValue(name: string, texts: readonly string[]): Value {
  const { kind, isSingle } = describeKnownAttribute(name, false);
  const values = texts.map((text): Scalar => {
    if (name === 'objectGUID') return encodeGuid(text);
    if (name === 'objectSid') return encodeSid(text);
    if (kind === 'integer') return BigInt(text);
    return kind === 'boolean' ? text === 'TRUE' : text;
  });
  const [first] = values;
  return isSingle && first !== undefined ? first : values;
}
