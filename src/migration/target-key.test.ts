import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DirbridgeError } from '../errors.ts';
import { readTargetKey, withTargetKey, writeTargetKey } from './target-key.ts';

const WAYS = ['graph', 'provisioning'] as const;
const KINDS = {
  sources: [{ kind: 'ldif', section: z.strictObject({ path: z.string() }) }],
  targets: [{ kind: 'entra', section: z.strictObject({ tenant: z.string(), via: z.enum(WAYS).default('graph') }) }],
};

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-target-key-'));
  file = join(folder, 'dirbridge.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SOURCES = 'sources:   # one\n- {name: corp, kind: ldif, path: "./x"}\n';

describe('a key of the section target is set, and everything else stays as it stands there:', () => {
  test.each([
    [
      'where it is',
      'target:\n  kind: entra # ours\n  via:   graph   # way\n  tenant: t\n',
      'target:\n  kind: entra # ours\n  via:   provisioning   # way\n  tenant: t\n',
    ],
    [
      'in quotes',
      "target:\n  via: 'graph'\n  kind: entra\n  tenant: t\n",
      'target:\n  via: provisioning\n  kind: entra\n  tenant: t\n',
    ],
    [
      'on a new line',
      'target:\n    kind: entra   # ours\n    # whose\n    tenant: t\n',
      'target:\n    kind: entra   # ours\n    via: provisioning\n    # whose\n    tenant: t\n',
    ],
    ['at the end', 'target:\n  tenant: t\n  kind: entra', 'target:\n  tenant: t\n  kind: entra\n  via: provisioning'],
    [
      'in braces',
      'target: { kind: entra, tenant: t }   # all\n',
      'target: { kind: entra, via: provisioning, tenant: t }   # all\n',
    ],
    [
      'with the line ends of Windows',
      'target:\r\n  kind: entra\r\n  tenant: t\r\n',
      'target:\r\n  kind: entra\r\n  via: provisioning\r\n  tenant: t\r\n',
    ],
  ])('%s', (_, before, after) => {
    writeFileSync(file, `${SOURCES}${before}`);
    const { text, config } = withTargetKey(file, 'via', 'provisioning', KINDS);
    expect([text, readTargetKey(config, 'via')]).toEqual([`${SOURCES}${after}`, 'provisioning']);
  });
});

test('a section that an alias stands for is left to people', () => {
  writeFileSync(file, `x: &t { kind: entra, tenant: t }\n${SOURCES}target: *t\n`);
  expect(() => withTargetKey(file, 'via', 'provisioning', KINDS)).toThrow(DirbridgeError);
});

test('the file is replaced as a whole, keeps its rights, and a link to it stays a link', () => {
  writeFileSync(file, `${SOURCES}target: { kind: entra, tenant: t }\n`);
  chmodSync(file, 0o640);
  const link = join(folder, 'link.yaml');
  symlinkSync(file, link);
  writeTargetKey(link, 'via', 'provisioning', KINDS);
  expect(readFileSync(file, 'utf8')).toContain('via: provisioning');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder).sort()).toEqual(['dirbridge.yaml', 'link.yaml']);
});

test('what would not be read again is not written', () => {
  writeFileSync(file, `${SOURCES}target: { kind: entra, tenant: t }\n`);
  expect(() => writeTargetKey(file, 'via', 'pigeon', KINDS)).toThrow(/via/);
  expect(readFileSync(file, 'utf8')).not.toContain('pigeon');
});
