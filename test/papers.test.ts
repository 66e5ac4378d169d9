import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { attributesPage } from '../docs/pages/attributes-page.ts';
import { findingsPage } from '../docs/pages/findings-page.ts';
import { configSchema, rulesSchema } from '../src/app.ts';
import { EXIT_CODES } from '../src/errors.ts';
import { FINDINGS } from '../src/model/finding.ts';
import { writeFunctionPage } from '../src/rules/expression/functions/function-page.ts';
import { ROOT } from './architecture/project-files.ts';

function readPaper(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Rows of the tables of a paper, cell by cell. */
function readRows(paper: string): readonly (readonly string[])[] {
  return paper
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The names of all keys of a JSON schema, at any depth. */
function namesOfKeys(schema: unknown): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  if (Array.isArray(schema)) return schema.flatMap(namesOfKeys);
  const { properties, ...rest } = schema as { readonly properties?: Readonly<Record<string, unknown>> };
  const own = Object.keys(properties ?? {});
  return [...own, ...Object.values(properties ?? {}).flatMap(namesOfKeys), ...Object.values(rest).flatMap(namesOfKeys)];
}

describe('docs/guide/findings.md', () => {
  const rows = readRows(readPaper('docs/guide/findings.md')).filter(([code]) => /^`[a-z-]+`$/.test(code ?? ''));

  test('tells every finding that there is, once, and no other', () => {
    const codes = rows.map(([code = '']) => code.slice(1, -1));
    expect([...codes].sort()).toEqual(Object.keys(FINDINGS).sort());
  });

  test('gives each the severity it has, with a cause and a remedy', () => {
    for (const [code = '', severity, cause = '', remedy = ''] of rows) {
      const entry = Object.entries(FINDINGS).find(([name]) => `\`${name}\`` === code)?.[1];
      expect({ code, severity }).toEqual({ code, severity: entry?.severity });
      expect(cause.length * remedy.length).toBeGreaterThan(0);
    }
  });
});

describe('docs/guide/configuration.md', () => {
  const paper = readPaper('docs/guide/configuration.md');

  test('tells every key of the configuration', () => {
    const keys = new Set(namesOfKeys(configSchema()));
    expect(keys.size).toBeGreaterThan(40);
    const told = new Set([...paper.matchAll(/\w+/g)].map(([word]) => word));
    expect([...keys].filter((key) => !told.has(key))).toEqual([]);
  });

  test('tells no key that there is not', () => {
    const keys = new Set(namesOfKeys(configSchema()));
    const told = readRows(paper).flatMap(([key = '']) => [...key.matchAll(/`([\w.]+)`/g)].map(([, name = '']) => name));
    expect(told.length).toBeGreaterThan(30);
    expect(told.filter((name) => name.split('.').some((part) => !keys.has(part)))).toEqual([]);
  });
});

describe('docs/guide/first-sync.md', () => {
  test('tells every exit code', () => {
    const told = readRows(readPaper('docs/guide/first-sync.md')).flatMap(([code = '']) =>
      /^\d+$/.test(code) ? [Number(code)] : [],
    );
    expect(told).toEqual([0, 1, ...Object.values(EXIT_CODES)].sort((a, b) => a - b));
  });
});

test('docs/reference/rules.schema.json is what "dirbridge rules schema" prints', () => {
  expect(JSON.parse(readPaper('docs/reference/rules.schema.json'))).toEqual(JSON.parse(JSON.stringify(rulesSchema())));
});

test('docs/reference/rules.md tells every key of a rule file', () => {
  const told = new Set([...readPaper('docs/reference/rules.md').matchAll(/\w+/g)].map(([word]) => word));
  const keys = new Set(namesOfKeys(rulesSchema()));
  expect(keys.size).toBeGreaterThan(15);
  expect([...keys].filter((key) => !told.has(key))).toEqual([]);
});

test('docs/reference/functions.md tells the functions as they are (else: npm run docs)', () => {
  expect(readPaper('docs/reference/functions.md')).toBe(writeFunctionPage());
});

test('docs/reference/attributes.md is the page that the shipped rules give (else: npm run docs)', () => {
  expect(readPaper('docs/reference/attributes.md')).toBe(attributesPage());
});

test('docs/reference/findings.md tells the codes as they are (else: npm run docs)', () => {
  expect(readPaper('docs/reference/findings.md')).toBe(findingsPage());
});
