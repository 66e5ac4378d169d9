import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Ended, runCommand } from '../../test/lab/run-command.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/lab/temporary-folder.ts';
import { direct, writeExport } from '../../test/migration/connect-sample.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-config-');
  mkdirSync(join(folder, 'etc'));
  writeFileSync(
    join(folder, 'etc/own.yaml'),
    'rules:\n  - { name: Phones, direction: inbound, connector: source, from: user, to: person, precedence: 50, flows: { telephoneNumber: mobile } }\n',
  );
  writeConfig('etc');
});

afterEach(() => removeTemporaryFolder(folder));

function writeConfig(name: string, more = 'rules: [standard, own.yaml]\n'): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(
    join(folder, name, 'dirbridge.yaml'),
    `sources: [{ name: corp, kind: ldif, path: ./corp.ldif }]
target: { kind: entra, tenant: contoso.onmicrosoft.com, clientId: 0a, clientSecret: { file: ./client-secret } }
${more}`,
  );
}

function dirbridge(...args: readonly string[]): Promise<Ended> {
  return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'etc/dirbridge.yaml') });
}

/** With another working directory, and back. */
async function inFolder<T>(name: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd();
  process.chdir(join(folder, name));
  try {
    return await work();
  } finally {
    process.chdir(before);
  }
}

test('an export says what it wrote, what is needed, what differs and what to do next', async () => {
  const { code, out } = await dirbridge('config', 'export', '--output', join(folder, 'out'));
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines[0]).toBe(`Exported ${join(folder, 'etc/dirbridge.yaml')} to ${join(folder, 'out')}:`);
  expect(out).toContain(`\n  rules/own.yaml, from ${join(folder, 'etc/own.yaml')}\n`);
  expect(out).toMatch(/\n {2}exported-by\.yaml: Dirbridge \d+\.\d+\.\d+, and the fingerprints of \d+ shipped rules\n/);
  expect(out).toContain(
    '\n  file ./corp.ldif: data of source corp\n  file ./client-secret: clientSecret of the tenant\n',
  );
  expect(out).toContain('\n  store  sqlite:./dirbridge.db\n');
  expect(out).toContain('\n  staging  false -> true\n');
  expect(lines.at(-2)).toMatch(/There: dirbridge config validate, dirbridge check, dirbridge plan\.$/);
});

test('an export is validated and linted wherever it is started from', async () => {
  await inFolder('etc', () => dirbridge('config', 'export', '--config', 'dirbridge.yaml', '--output', '../out'));
  mkdirSync(join(folder, 'far/away'), { recursive: true });
  for (const from of ['out', 'etc', 'far/away']) {
    const file = join(relative(join(folder, from), join(folder, 'out')), 'dirbridge.yaml');
    await inFolder(from, async () => {
      const { code, out } = await dirbridge('config', 'validate', '--config', file);
      expect([code, out]).toEqual([0, expect.stringContaining('the shipped rules here are the same\n')]);
      const lint = await dirbridge('rules', 'lint', '--config', file);
      expect([lint.code, lint.out]).toEqual([0, expect.stringContaining('nothing wrong')]);
    });
  }
});

test('config validate names the shipped rules that an export was not made over', async () => {
  await dirbridge('config', 'export', '--output', join(folder, 'out'));
  const mark = join(folder, 'out/exported-by.yaml');
  const text = readFileSync(mark, 'utf8').replace(/(In from AD - User Join): .*/, '$1: "000000000000"');
  writeFileSync(mark, text.replace(/dirbridge: .*/, 'dirbridge: 9.9.9'));
  const file = join(folder, 'out/dirbridge.yaml');
  const { code, out } = await dirbridge('config', 'validate', '--config', file);
  expect(code).toBe(0);
  expect(out).toContain(
    '  exported by Dirbridge 9.9.9; 1 of the shipped rules here differs from those there:\n    In from AD - User Join: it is another one here\n',
  );
  const json = JSON.parse((await dirbridge('config', 'validate', '--config', file, '--json')).out);
  expect(json.exported).toMatchObject({ version: '9.9.9', changed: ['In from AD - User Join'] });
  expect(JSON.parse((await dirbridge('config', 'validate', '--json')).out).exported).toBeNull();
});

test('an export without a folder prints the file alone, and as JSON one document with every text', async () => {
  const { code, out, err } = await dirbridge('config', 'export');
  expect(code).toBe(0);
  expect(err).toContain('Only printed: --output DIR writes it, and with it\n  exported-by.yaml');
  const { out: printed } = await dirbridge('config', 'export', '--json');
  const json = JSON.parse(printed);
  expect(json.files.map(({ name, path }: { name: string; path: string | null }) => [name, path])).toEqual([
    ['dirbridge.yaml', null],
    ['exported-by.yaml', null],
    ['rules/own.yaml', null],
  ]);
  expect(json.files[0].text).toBe(out);
  expect(json.needed).toHaveLength(2);
  expect(readdirSync(folder)).toEqual(['etc']);
  const written = JSON.parse((await dirbridge('config', 'export', '--json', '--output', join(folder, 'out'))).out);
  for (const { path, text } of written.files) expect(readFileSync(path, 'utf8')).toBe(text);
});

test('an export that cannot be made ends with 2 and says why', async () => {
  const force = await dirbridge('config', 'export', '--force');
  expect([force.code, force.err]).toEqual([2, expect.stringContaining('Add --output DIR.')]);
  const own = await dirbridge('config', 'export', '--output', join(folder, 'etc'), '--force');
  expect([own.code, own.err]).toEqual([2, expect.stringContaining('is the folder of the configuration itself')]);
  writeFileSync(join(folder, 'etc/own.yaml'), 'rules: [{ name: x }]\n');
  const broken = await dirbridge('config', 'export', '--output', join(folder, 'out'), '--json');
  expect(broken.code).toBe(2);
  expect(JSON.parse(broken.out).error).toMatchObject({
    code: 'rules-invalid',
    message: expect.stringContaining('own.yaml:1'),
  });
  expect(readdirSync(folder)).toEqual(['etc']);
});

test('a comparison is grouped, with both values in a line, and ends with their number', async () => {
  writeConfig('b', 'staging: true\nguards: { deletions: { count: 20 } }\n');
  const { code, out } = await dirbridge('config', 'diff', join(folder, 'etc'), join(folder, 'b/dirbridge.yaml'));
  expect(code).toBe(0);
  expect(out).toBe(`A: ${join(folder, 'etc/dirbridge.yaml')}
B: ${join(folder, 'b/dirbridge.yaml')}

Settings (2), A -> B:
  guards.deletions.count  500 -> 20
  staging                 false -> true

Rules (1), A -> B:
  Phones: only in A

3 differences.
`);
});

test('values too long for one line stand one below the other', async () => {
  writeConfig('b');
  const long = `Trim([mobile]) & "${'x'.repeat(100)}"`;
  const rules = readFileSync(join(folder, 'etc/own.yaml'), 'utf8');
  writeFileSync(join(folder, 'b/own.yaml'), rules.replace('mobile', `{ expression: '${long}' }`));
  const { out } = await dirbridge('config', 'diff', join(folder, 'etc'), join(folder, 'b'));
  expect(out).toContain(
    `\n  Phones\n      flow telephoneNumber\n        A  mobile\n        B  ${long}\n\n1 difference.\n`,
  );
});

test('--exit-code alone makes a difference an exit code', async () => {
  await dirbridge('config', 'export', '--output', join(folder, 'out'));
  const [a, b] = [join(folder, 'etc'), join(folder, 'out')];
  expect((await dirbridge('config', 'diff', a, b)).code).toBe(0);
  expect((await dirbridge('config', 'diff', a, b, '--exit-code')).code).toBe(1);
  const same = await dirbridge('config', 'diff', a, a, '--exit-code');
  expect([same.code, same.out]).toEqual([0, expect.stringMatching(/\nThe two mean the same\.\n$/)]);
  const json = await dirbridge('config', 'diff', a, b, '--exit-code', '--json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.out)).toMatchObject({
    same: false,
    a: { file: join(a, 'dirbridge.yaml'), exported: null },
    b: { file: join(b, 'dirbridge.yaml'), exported: { changed: [] } },
    differences: [{ area: 'setting', name: '', key: 'staging', kind: 'changed', a: 'false', b: 'true' }],
  });
  expect(JSON.parse((await dirbridge('config', 'diff', a, a, '--json')).out)).toMatchObject({
    same: true,
    differences: [],
  });
});

test('a comparison with something broken ends with 2 and names which of the two it is', async () => {
  writeConfig('b', 'guard: 1\n');
  const { code, err } = await dirbridge('config', 'diff', join(folder, 'etc'), join(folder, 'b'));
  expect(code).toBe(2);
  expect(err).toMatch(/^dirbridge: B \(.*\/b\) cannot be compared:\n.*dirbridge\.yaml:3:1: guard is not a key/);
});

test('what config import writes can be exported and compared', async () => {
  writeExport(join(folder, 'connect'), {
    rules: [{ name: 'Own', precedence: 50, flows: [direct('title', 'mobile')] }],
  });
  const imported = await dirbridge('config', 'import', join(folder, 'connect'), '--output', join(folder, 'imported'));
  expect(imported.code).toBe(0);
  const file = join(folder, 'imported/dirbridge.yaml');
  const exported = await dirbridge('config', 'export', '--config', file, '--output', join(folder, 'out'));
  expect([exported.code, exported.err]).toEqual([0, '']);
  const { out } = await dirbridge('config', 'diff', join(folder, 'imported'), join(folder, 'out'));
  expect(out).toMatch(/\nThe two mean the same\.\n$/);
});

test('the help tells exit codes and examples', async () => {
  const diff = await dirbridge('config', 'diff', '--help');
  expect(diff.out).toContain('   0  done, whether they differ or not\n   1  they differ (only with --exit-code)\n');
  expect(diff.out).toContain('  dirbridge config diff /etc/dirbridge ./copy\n');
  const exported = await dirbridge('config', 'export', '--help');
  expect(exported.out).toContain('  dirbridge config export --output ./copy\n');
});
