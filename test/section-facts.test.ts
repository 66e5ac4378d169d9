import { expect, test } from 'vitest';
import { z } from 'zod';
import { SOURCES, TARGETS } from '../src/connectors/all.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
}

/** The keys of a section, each with what it takes. */
function keysIn(schema: Schema, above = ''): readonly (readonly [string, Schema])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const key = `${above}${name}`;
    return [[key, inner] as const, ...keysIn(inner, `${key}.`)];
  });
}

function isSecret({ anyOf = [] }: Schema): boolean {
  const forms = anyOf.map(({ properties = {} }) => Object.keys(properties).join());
  return forms.includes('file') && forms.includes('env');
}

test.each([...SOURCES, ...TARGETS])('$kind tells every secret and every file that its section can name', ({
  section,
  facts,
}) => {
  const keys = keysIn(z.toJSONSchema(section, { io: 'input', unrepresentable: 'any' }) as Schema);
  expect(keys.length).toBeGreaterThan(1);
  const secrets = keys.filter(([, schema]) => isSecret(schema)).map(([key]) => key);
  expect([...facts.secrets].sort()).toEqual(secrets.sort());
  const files = keys.map(([key]) => key).filter((key) => /(^|\.)(path|ca|file)$/.test(key));
  expect(Object.keys(facts.files).sort()).toEqual(files.sort());
});
