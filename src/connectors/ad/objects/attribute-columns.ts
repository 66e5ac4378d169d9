import type { ReadRequest } from '../../connector.ts';
import type { LdapConnection } from '../ldap/ldap-connection.ts';
import { readText } from '../ldap/ldap-entry.ts';
import type { DirectoryFacts } from '../session/directory-facts.ts';
import { describeKnownAttribute, type ValueKind } from './known-attributes.ts';

/** One attribute that was asked for: how it is called, and how its values are to be decoded. */
export interface Column {
  /** As the objects are to carry it. */
  readonly name: string;
  readonly kind: ValueKind;
  readonly isSingle: boolean;
  readonly isReference: boolean;
  /** The attribute of the target that points back (memberOf for member); null where there is none. */
  readonly backLink: string | null;
}

/** The attributes of one read that the server knows, by their names in lower case. */
export type Columns = ReadonlyMap<string, Column>;

const ATTRIBUTE_NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
const NAMES_PER_SEARCH = 100;

/** Looks the asked attributes up in the schema of the domain, or in our own table where the server has none that we read. */
export async function readColumns(
  connection: LdapConnection,
  facts: DirectoryFacts,
  request: ReadRequest,
): Promise<Columns> {
  const names = [...new Set([...request.attributes, ...request.references])].filter((name) =>
    ATTRIBUTE_NAME.test(name),
  );
  const references = new Set(request.references);
  if (facts.kind === 'ldap' || facts.schema === null)
    return new Map(names.map((name) => [name.toLowerCase(), knownColumn(name, references.has(name))]));
  const known = await searchSchema(connection, facts.schema, 'lDAPDisplayName', names);
  const backLinks = await readBackLinks(connection, facts.schema, names, references, known);
  const columns = new Map<string, Column>();
  for (const name of names) {
    const found = known.get(name.toLowerCase());
    if (!found) continue;
    const backLink = found.linkId === null ? null : (backLinks.get(found.linkId + 1) ?? null);
    const isReference = references.has(name);
    columns.set(name.toLowerCase(), { name, kind: found.kind, isSingle: found.isSingle, isReference, backLink });
  }
  return columns;
}

/** The attributes in the spelling of the request, to be asked for. */
export function columnNames(columns: Columns): readonly string[] {
  return Array.from(columns.values(), (column) => column.name);
}

function knownColumn(name: string, isReference: boolean): Column {
  return { name, isReference, backLink: null, ...describeKnownAttribute(name, isReference) };
}

interface SchemaAttribute {
  readonly display: string;
  readonly kind: ValueKind;
  readonly isSingle: boolean;
  readonly linkId: number | null;
}

async function searchSchema(
  connection: LdapConnection,
  schema: string,
  key: 'lDAPDisplayName' | 'linkID',
  values: readonly string[],
): Promise<ReadonlyMap<string, SchemaAttribute>> {
  const found = new Map<string, SchemaAttribute>();
  for (let start = 0; start < values.length; start += NAMES_PER_SEARCH) {
    const anyOf = values.slice(start, start + NAMES_PER_SEARCH).map((value) => `(${key}=${value})`);
    const entries = await connection.searchAll({
      base: schema,
      scope: 'one',
      filter: `(&(objectClass=attributeSchema)(|${anyOf.join('')}))`,
      attributes: ['lDAPDisplayName', 'attributeSyntax', 'isSingleValued', 'linkID'],
    });
    for (const entry of entries) {
      const display = readText(entry, 'lDAPDisplayName') ?? '';
      const linkId = readText(entry, 'linkID');
      found.set(display.toLowerCase(), {
        display,
        kind: chooseKind(readText(entry, 'attributeSyntax') ?? ''),
        isSingle: readText(entry, 'isSingleValued') === 'TRUE',
        linkId: linkId === undefined ? null : Number(linkId),
      });
    }
  }
  return found;
}

/** [MS-ADTS] 6.1.1.4.8: the back link of a forward link has the next, odd number. */
async function readBackLinks(
  connection: LdapConnection,
  schema: string,
  names: readonly string[],
  references: ReadonlySet<string>,
  known: ReadonlyMap<string, SchemaAttribute>,
): Promise<ReadonlyMap<number, string>> {
  const links = names
    .filter((name) => references.has(name))
    .map((name) => known.get(name.toLowerCase())?.linkId ?? null)
    .filter((linkId): linkId is number => linkId !== null && linkId % 2 === 0);
  if (links.length === 0) return new Map();
  const back = await searchSchema(
    connection,
    schema,
    'linkID',
    links.map((linkId) => String(linkId + 1)),
  );
  return new Map(Array.from(back.values(), ({ linkId, display }) => [linkId ?? -1, display]));
}

/** [MS-ADTS] 3.1.1.2.2.2. Exported for tests. */
export function chooseKind(attributeSyntax: string): ValueKind {
  switch (attributeSyntax) {
    case '2.5.5.1':
      return 'dn';
    case '2.5.5.8':
      return 'boolean';
    case '2.5.5.9':
    case '2.5.5.16':
      return 'integer';
    case '2.5.5.10':
    case '2.5.5.15':
    case '2.5.5.17':
      return 'bytes';
    default:
      return 'text';
  }
}
