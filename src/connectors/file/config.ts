import { z } from 'zod';
import { SOURCE_TYPES } from '../../model/change.ts';

const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9._-]*$/, { error: 'must be the name of an attribute, such as displayName' });
const columnName = z.string().min(1);

/** The keys of a source of kind `ldif`. */
export const ldifSection = z.strictObject({
  path: z.string().min(1).describe('The LDIF file, taken from the folder of the configuration'),
  attributes: z
    .record(attributeName, attributeName)
    .default({})
    .describe('Attribute of the rules: attribute of the file that is used when the entry has none of that name'),
});
export type LdifSection = z.infer<typeof ldifSection>;

const mappedAttribute = z.strictObject({
  attribute: attributeName.describe('The attribute that the column fills'),
  separator: z.string().min(1).optional().describe('The column holds several values with this between them'),
  type: z
    .enum(['text', 'integer', 'boolean', 'base64'])
    .optional()
    .describe('When it is not what the attribute is in Active Directory'),
});
const mapping = z.union([attributeName, mappedAttribute]);

/** Encodings of CSV files. A byte order mark is dropped. */
export const CSV_ENCODINGS = ['utf-8', 'utf-16le', 'windows-1252'] as const;

/** The keys of a source of kind `csv`. */
export const csvSection = z
  .strictObject({
    path: z.string().min(1).describe('The CSV file, taken from the folder of the configuration'),
    columns: z
      .record(columnName, z.union([mapping, z.array(mapping).min(1)]))
      .describe(
        'Column of the header: attribute, or { attribute, separator, type }, or a list of these. dn names the entry',
      ),
    anchor: z
      .union([columnName, z.array(columnName).min(1)])
      .optional()
      .describe(
        'The column or columns that say which object a row is, and never change; not needed when a column fills objectGUID',
      ),
    type: z.enum(SOURCE_TYPES).optional().describe('What every row is; default: user'),
    typeColumn: columnName.optional().describe('The column that says what a row is: user, group, contact ...'),
    delimiter: z
      .string()
      .regex(/^[^"\r\n]$/, { error: 'must be one char, such as ; or , or a tab ("\\t"), and no quote or line break' })
      .default(','),
    encoding: z.enum(CSV_ENCODINGS).default('utf-8'),
  })
  .superRefine((section, context) => {
    const filled = new Set(listColumns(section.columns).map((column) => column.attribute.toLowerCase()));
    if (section.anchor === undefined && !filled.has('objectguid') && !filled.has('entryuuid'))
      context.addIssue({
        code: 'custom',
        path: ['anchor'],
        message:
          'is missing; name the column that says which object a row is and never changes, such as an employee number',
      });
    if (section.type !== undefined && section.typeColumn !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['typeColumn'],
        message: 'stands beside type; only one of the two can be right',
      });
  });
export type CsvSection = z.infer<typeof csvSection>;

/** One column that fills one attribute. */
export interface CsvColumn extends z.infer<typeof mappedAttribute> {
  readonly column: string;
}

/** The mapping of columns as one flat list. */
export function listColumns(columns: CsvSection['columns']): readonly CsvColumn[] {
  return Object.entries(columns).flatMap(([column, mapped]) => {
    const all = Array.isArray(mapped) ? mapped : [mapped];
    return all.map((one) => (typeof one === 'string' ? { column, attribute: one } : { column, ...one }));
  });
}
