import { guidToText } from '../../../model/anchor.ts';
import { normalizeDn, rdnValue, splitDn } from '../../../model/dn.ts';
import type { LdapConnection } from '../ldap/ldap-connection.ts';
import { CONTROL, showDeletedControl } from '../ldap/ldap-controls.ts';
import { type LdapEntry, readBytes, readText, readTexts } from '../ldap/ldap-entry.ts';

/** What a server says about itself and its domain. Read once for each connection. */
export interface DirectoryFacts {
  /** `ldap`: a server without the controls of Active Directory. */
  readonly kind: 'ad' | 'ldap';
  /** The naming context that is read: the domain of the server. */
  readonly namingContext: string;
  readonly configuration: string | null;
  readonly schema: string | null;
  readonly forestRoot: string | null;
  readonly hostName: string | null;
  readonly vendor: string | null;
  /** Identity of the database of this server; another one after it was put back from a backup. */
  readonly invocationId: string | null;
  /** Identities that the database of this server had before. */
  readonly retiredInvocationIds: readonly string[];
  readonly highestUsn: bigint | null;
  /** 0 Windows 2000 ... 7 Windows Server 2016; null where it is not told. */
  readonly domainLevel: number | null;
  readonly forestLevel: number | null;
  readonly currentTime: Date | null;
  readonly controls: ReadonlySet<string>;
}

/** [MS-ADTS] 3.1.1.3.4.3: the server is an Active Directory domain controller. */
const ACTIVE_DIRECTORY = '1.2.840.113556.1.4.800';

const ROOT_ATTRIBUTES = [
  'defaultNamingContext',
  'namingContexts',
  'configurationNamingContext',
  'schemaNamingContext',
  'rootDomainNamingContext',
  'dnsHostName',
  'dsServiceName',
  'highestCommittedUSN',
  'domainFunctionality',
  'forestFunctionality',
  'currentTime',
  'supportedControl',
  'supportedCapabilities',
  'vendorName',
];

/** Reads the root entry and the server's own settings. Throws LdapRefusal or ConnectionLost. */
export async function readFacts(connection: LdapConnection): Promise<DirectoryFacts> {
  const root = await connection.readEntry({ base: '', attributes: ROOT_ATTRIBUTES });
  const text = (name: string): string | null => (root ? (readText(root, name) ?? null) : null);
  const texts = (name: string): readonly string[] => (root ? readTexts(root, name) : []);
  const number = (name: string): number | null => (text(name) === null ? null : Number(text(name)));
  const isAd = texts('supportedCapabilities').includes(ACTIVE_DIRECTORY);
  const service = isAd ? text('dsServiceName') : null;
  const usn = text('highestCommittedUSN');
  return {
    kind: isAd ? 'ad' : 'ldap',
    namingContext: text('defaultNamingContext') ?? texts('namingContexts')[0] ?? '',
    configuration: text('configurationNamingContext'),
    schema: text('schemaNamingContext'),
    forestRoot: text('rootDomainNamingContext'),
    hostName: text('dnsHostName'),
    vendor: text('vendorName'),
    highestUsn: usn === null ? null : BigInt(usn),
    domainLevel: number('domainFunctionality'),
    forestLevel: number('forestFunctionality'),
    currentTime: parseGeneralizedTime(text('currentTime')),
    controls: new Set(texts('supportedControl')),
    ...(await readInvocationIds(connection, service)),
  };
}

async function readInvocationIds(connection: LdapConnection, service: string | null) {
  const attributes = ['invocationId', 'retiredReplDSASignatures'];
  const settings = service === null ? null : await connection.readEntry({ base: service, attributes });
  const id = settings ? readBytes(settings, 'invocationId') : undefined;
  return {
    invocationId: id === undefined ? null : guidToText(id),
    retiredInvocationIds: settings ? readRetired(settings) : [],
  };
}

/** REPL_DSA_SIGNATURE_VECTOR ([MS-ADTS] 6.1.1.2.2.1.2.1.1): version, flags, count, reserved; then for each id, USN and time. */
function readRetired(settings: LdapEntry): readonly string[] {
  const bytes = readBytes(settings, 'retiredReplDSASignatures');
  if (!bytes || bytes.length < 16) return [];
  const count = bytes.readUInt32LE(8);
  const size = count === 0 ? 0 : Math.floor((bytes.length - 16) / count);
  if (size < 16) return [];
  return Array.from({ length: count }, (_, index) => guidToText(bytes.subarray(16 + index * size, 32 + index * size)));
}

/** `YYYYMMDDHHMMSS.0Z` (RFC 4517 §3.3.13); null for anything else. */
export function parseGeneralizedTime(text: string | null): Date | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.\d+)?Z$/.exec(text ?? '');
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** The names of domain and forest, as rules and plan read them. What the server does not tell is derived from the DNs or left out. */
export async function readParameters(
  connection: LdapConnection,
  facts: DirectoryFacts,
): Promise<Readonly<Record<string, string>>> {
  const names = await readPartitionNames(connection, facts);
  const forest = facts.forestRoot ?? facts.namingContext;
  return {
    ...describeDomain('Domain', facts.namingContext, names),
    ...describeDomain('Forest', forest, names),
  };
}

interface PartitionName {
  readonly fqdn: string | undefined;
  readonly netbios: string | undefined;
}

async function readPartitionNames(
  connection: LdapConnection,
  facts: DirectoryFacts,
): Promise<ReadonlyMap<string, PartitionName>> {
  const names = new Map<string, PartitionName>();
  if (facts.configuration === null) return names;
  const entries = await connection.searchAll({
    base: `CN=Partitions,${facts.configuration}`,
    scope: 'one',
    filter: '(objectClass=crossRef)',
    attributes: ['nCName', 'nETBIOSName', 'dnsRoot'],
  });
  for (const entry of entries) {
    const context = normalizeDn(readText(entry, 'nCName') ?? '');
    names.set(context, { fqdn: readText(entry, 'dnsRoot'), netbios: readText(entry, 'nETBIOSName') });
  }
  return names;
}

function describeDomain(prefix: string, dn: string, names: ReadonlyMap<string, PartitionName>) {
  const found = names.get(normalizeDn(dn));
  const labels = splitDn(dn).map(rdnValue);
  const netbios = found?.netbios ?? labels[0]?.toUpperCase();
  return {
    [`${prefix}.FQDN`]: found?.fqdn ?? labels.join('.'),
    [`${prefix}.LDAP`]: dn,
    ...(netbios === undefined ? {} : { [`${prefix}.Netbios`]: netbios }),
  };
}

/** The container of deleted objects by its well-known GUID ([MS-ADTS] 6.1.1.4). */
export const DELETED_OBJECTS_GUID = '18e2ea80684f11d2b9aa00c04f79f805';

/** Whether the account may look at deleted objects: without that, uSNChanged and DirSync with object security tell no deletions. */
export async function canReadDeletedObjects(connection: LdapConnection, facts: DirectoryFacts): Promise<boolean> {
  if (!facts.controls.has(CONTROL.showDeleted)) return false;
  const container = await connection.readEntry({
    base: `<WKGUID=${DELETED_OBJECTS_GUID},${facts.namingContext}>`,
    attributes: ['objectGUID'],
    controls: [showDeletedControl()],
  });
  return container !== null && readBytes(container, 'objectGUID') !== undefined;
}
