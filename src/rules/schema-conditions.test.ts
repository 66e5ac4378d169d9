import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reviewRules, ruleFileSchema } from './rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Schema = Readonly<Record<string, unknown>>;
type Check = (wanted: never, value: unknown, schema: Schema) => boolean;

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  array: Array.isArray,
  object: isMapping,
};

const ifText = (value: unknown, test: (text: string) => boolean): boolean => typeof value !== 'string' || test(value);

/** The keywords of JSON Schema (draft 2020-12) that our schema uses; another one fails the test. */
const CHECKS: Readonly<Record<string, Check>> = {
  type: (type: string, value) => TYPES[type]?.(value) ?? false,
  enum: (values: readonly unknown[], value) => values.includes(value),
  const: (wanted: unknown, value) => wanted === value,
  minLength: (least: number, value) => ifText(value, (text) => text.length >= least),
  pattern: (pattern: string, value) => ifText(value, (text) => new RegExp(pattern).test(text)),
  minimum: (least: number, value) => typeof value !== 'number' || value >= least,
  maximum: (most: number, value) => typeof value !== 'number' || value <= most,
  minItems: (least: number, value) => !Array.isArray(value) || value.length >= least,
  items: (schema: Schema, value) => !Array.isArray(value) || value.every((one) => isValid(schema, one)),
  required: (keys: readonly string[], value) => !isMapping(value) || keys.every((key) => Object.hasOwn(value, key)),
  properties: (schemas: Readonly<Record<string, Schema>>, value) =>
    !isMapping(value) ||
    Object.entries(schemas).every(([key, schema]) => !Object.hasOwn(value, key) || isValid(schema, value[key])),
  additionalProperties: (rest: Schema | false, value, { properties = {} }) =>
    !isMapping(value) ||
    Object.keys(value)
      .filter((key) => !Object.hasOwn(properties as object, key))
      .every((key) => rest !== false && isValid(rest, value[key])),
  propertyNames: (schema: Schema, value) =>
    !isMapping(value) || Object.keys(value).every((key) => isValid(schema, key)),
  not: (schema: Schema, value) => !isValid(schema, value),
  allOf: (schemas: readonly Schema[], value) => schemas.every((schema) => isValid(schema, value)),
  anyOf: (schemas: readonly Schema[], value) => schemas.some((schema) => isValid(schema, value)),
  oneOf: (schemas: readonly Schema[], value) => schemas.filter((schema) => isValid(schema, value)).length === 1,
  if: (schema: Schema, value, whole) =>
    isValid((isValid(schema, value) ? whole['then'] : whole['else']) as Schema, value),
};
const SILENT = ['$schema', 'title', 'description', 'default', 'then', 'else'];

function isValid(schema: Schema, value: unknown): boolean {
  return Object.entries(schema)
    .filter(([keyword]) => !SILENT.includes(keyword))
    .every(([keyword, wanted]) => {
      const check = CHECKS[keyword];
      if (!check) throw new Error(`the schema uses ${keyword}, which this test does not know`);
      return check(wanted as never, value, schema);
    });
}

const RULE = { name: 'A', direction: 'inbound', connector: 'source', from: 'user', to: 'person', precedence: 1 };
const clause = (one: object) => ({ scope: [[one]] });
const flow = (one: unknown) => ({ flows: { title: one } });

function judge(file: object): { readonly schema: boolean; readonly checks: boolean } {
  const path = join(folder, 'rules.yaml');
  writeFileSync(path, JSON.stringify(file));
  return { schema: isValid(ruleFileSchema(), file), checks: reviewRules(['standard', path]).rules !== null };
}

test.each<object>([
  {},
  clause({ attribute: 'a', operator: 'EQUAL', value: true }),
  clause({ attribute: 'a', operator: 'ISNULL' }),
  clause({ attribute: 'a', operator: 'ISIN', value: ['x', 2] }),
  clause({ attribute: 'a', operator: 'ISNOTIN', value: 'x;y' }),
  clause({ attribute: 'a', operator: 'ISBITSET', value: '&H2' }),
  clause({ attribute: 'a', operator: 'ISBITNOTSET', value: -2147483648 }),
  clause({ operator: 'ISMEMBEROF', value: 'CN=x,DC=y' }),
  flow('info'),
  flow({ attribute: 'info', once: true }),
  flow({ constant: '' }),
  flow({ expression: 'NULL', merge: 'replace' }),
  { direction: 'outbound', connector: 'tenant', from: 'person', to: 'user' },
  { connector: 'tenant', from: 'contact' },
  { from: 'foreignSecurityPrincipal', to: '*' },
  { join: [[{ space: 'mail', metaverse: 'mail', caseSensitive: true }]] },
])('schema and checks take a rule with %j', (part) => {
  expect(judge({ rules: [{ ...RULE, ...part }] })).toEqual({ schema: true, checks: true });
});

test.each<object>([
  { name: ' ' },
  { precedence: 1.5 },
  { precedence: -1 },
  { direction: 'Inbound' },
  { precedense: 2 },
  clause({ attribute: 'a', operator: 'EQUAL' }),
  clause({ operator: 'EQUAL', value: 'x' }),
  clause({ attribute: 'a', operator: 'equal', value: 'x' }),
  clause({ attribute: 'a', operator: 'ISNULL', value: 'x' }),
  clause({ attribute: 'a', operator: 'EQUAL', value: ['x'] }),
  clause({ attribute: 'a', operator: 'ISIN', value: [] }),
  clause({ attribute: 'a', operator: 'ISBITSET', value: 'two' }),
  clause({ attribute: 'a', operator: 'ISBITSET', value: true }),
  clause({ operator: 'ISMEMBEROF', value: 'Pilot' }),
  clause({ operator: 'ISMEMBEROF' }),
  { scope: [[]] },
  flow({}),
  flow(' '),
  flow({ merge: 'update' }),
  flow({ attribute: 'a', constant: 1 }),
  flow({ constant: 1.5 }),
  { direction: 'outbound' },
  { direction: 'outbound', connector: 'tenant', from: 'user', to: 'user' },
  { direction: 'outbound', connector: 'tenant', from: 'person', to: 'person' },
  { to: 'user' },
  { from: 'person' },
  { connector: 'tenant', from: 'computer' },
  { to: '*', link: 'provision' },
  { join: [[{ space: 'mail' }]] },
])('schema and checks refuse a rule with %j', (part) => {
  expect(judge({ rules: [{ ...RULE, ...part }] })).toEqual({ schema: false, checks: false });
});

test.each<object>([
  { rule: [] },
  { rules: null },
  { disable: [5] },
  { override: ['In from AD - User Lync'] },
  { override: [{ rule: 'In from AD - User Lync' }] },
])('schema and checks refuse the file %j', (file) => {
  expect(judge(file)).toEqual({ schema: false, checks: false });
});
