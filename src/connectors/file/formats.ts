import type { ConnectorContext } from '../connector.ts';
import { typeOfAttribute } from './attribute-types.ts';
import { type CsvSection, type LdifSection, listColumns } from './config.ts';
import { readCsv } from './csv.ts';
import { readLdif } from './ldif.ts';
import type { AttributeType, FileFormat } from './record.ts';

/** Standard rules leave out users without sAMAccountName; directories other than Active Directory call it uid. */
export const LDIF_SUBSTITUTES: Readonly<Record<string, string>> = { sAMAccountName: 'uid' };

const CSV_TYPES: Readonly<Record<'text' | 'integer' | 'boolean' | 'base64', AttributeType>> = {
  text: 'text',
  integer: 'integer',
  boolean: 'flag',
  base64: 'bytes',
};

/** LDIF as RFC 2849 describes it. */
export function createLdifFormat(section: LdifSection, context: ConnectorContext): FileFormat {
  const path = context.resolvePath(section.path);
  const substitutes = Object.entries({ ...LDIF_SUBSTITUTES, ...section.attributes });
  return {
    method: 'LDIF',
    path,
    fingerprint: JSON.stringify(substitutes),
    declaredTypes: new Map(),
    substitutes: new Map(substitutes.map(([name, other]) => [name.toLowerCase(), other.toLowerCase()])),
    records: (chunks, wanted) => readLdif(chunks, path, wanted),
    remarks: () => [],
  };
}

/** CSV as RFC 4180 describes it, with the columns that the section maps. */
export function createCsvFormat(section: CsvSection, context: ConnectorContext): FileFormat {
  const path = context.resolvePath(section.path);
  const columns = listColumns(section.columns);
  const declaredTypes = new Map<string, AttributeType>();
  for (const { attribute, separator, type } of columns) {
    const name = attribute.toLowerCase();
    const declared = type === undefined ? typeOfAttribute(name) : CSV_TYPES[type];
    const isText = declared === 'text' || declared === 'unknown';
    declaredTypes.set(name, separator !== undefined && isText ? 'texts' : declared);
  }
  const filled = new Set(columns.map((column) => column.attribute.toLowerCase()));
  const isOfUsers = (section.type ?? 'user') === 'user';
  const { path: _, ...meaning } = section;
  return {
    method: 'CSV',
    path,
    fingerprint: JSON.stringify(meaning),
    declaredTypes,
    substitutes: new Map(),
    records: (chunks) => readCsv(chunks, path, section),
    remarks: () =>
      isOfUsers && !filled.has('samaccountname')
        ? ['no column fills sAMAccountName: the standard rules leave out users that have none']
        : [],
  };
}
