import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { PassThrough, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { type Ended, runCommand } from '../../test/lab/run-command.ts';
import { describeFailure } from './failure.ts';
import { runCommandLine } from './program.ts';

const BIN = fileURLToPath(new URL('../../bin/dirbridge.mjs', import.meta.url));
const BASE = 'OU=People,DC=corp,DC=contoso,DC=com';

let emulator: Emulator;
let folder: string;

beforeAll(async () => {
  emulator = await startEmulator({ domains: ['contoso.com'], throttle: 'off' });
});

afterAll(() => emulator.close());

beforeEach(async () => {
  await fetch(`${emulator.url}/emulator/reset`, { method: 'POST' });
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-cli-'));
  writeFileSync(join(folder, 'secret'), emulator.clientSecret);
  chmodSync(join(folder, 'secret'), 0o600);
  writeConfig();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function writeConfig(more = ''): void {
  const { url, tenant, clientId } = emulator;
  writeFileSync(
    join(folder, 'dirbridge.yaml'),
    `sources:
  - { name: corp, kind: ldif, path: ./corp.ldif }
target: { kind: entra, tenant: ${tenant}, clientId: ${clientId}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
${more}`,
  );
}

interface Person {
  readonly name: string;
  readonly more?: string;
}

function writeDirectory(people: readonly Person[], members: readonly string[] = []): void {
  const users = people.map(
    ({ name, more = '' }) =>
      `dn: CN=${name},${BASE}\nobjectClass: user\ncn: ${name}\nsAMAccountName: ${name}\nuserPrincipalName: ${name}@contoso.com\nuserAccountControl: 512\n${more}`,
  );
  const group = `dn: CN=Team,${BASE}\nobjectClass: group\ncn: Team\nsAMAccountName: Team\ngroupType: -2147483646\n${members.map((member) => `member: CN=${member},${BASE}\n`).join('')}`;
  const top = `version: 1\n\ndn: DC=corp,DC=contoso,DC=com\nobjectClass: domainDNS\ndc: corp\n\ndn: ${BASE}\nobjectClass: organizationalUnit\nou: People\n`;
  writeFileSync(join(folder, 'corp.ldif'), [top, ...users, group].join('\n'));
}

function dirbridge(...args: readonly string[]): Promise<Ended> {
  return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') });
}

function json(ended: Ended): Record<string, never> {
  return JSON.parse(ended.out) as Record<string, never>;
}

const TWO = [{ name: 'anna' }, { name: 'ben' }];

test('a plan reads like a page and says what to do next', async () => {
  writeDirectory([{ name: 'anna' }, { name: 'ben', more: `manager: CN=anna,${BASE}\n` }], ['anna', 'ben']);
  const { code, out } = await dirbridge('plan');
  expect(code).toBe(0);
  expect(out).toMatch(/^Plan 1, made \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by run 1\n {2}from corp: full, LDIF/);
  expect(out).toMatch(/users\s+2\s+0\s+0\s+0\s+0\s+0\n\s+groups\s+1\s+0/);
  expect(out).toContain('Create (3)\n');
  expect(out).toContain(`  + user ben@contoso.com\n      from corp: CN=ben,${BASE}\n`);
  expect(out).toContain('manager "anna@contoso.com"');
  expect(out).toContain('  ~ group Team\n      + anna@contoso.com (new)\n      + ben@contoso.com (new)\n');
  expect(out.trimEnd().split('\n').at(-1)).toBe('Next: dirbridge apply 1');
  expect(out.toLowerCase()).not.toContain('password');
});

test('a long list is cut and shown to its end with --all, without another run', async () => {
  writeDirectory(Array.from({ length: 30 }, (_, index) => ({ name: `user${index}` })));
  const cut = await dirbridge('plan');
  expect(cut.out).toContain('Create (31)');
  expect(cut.out).toContain('  ... and 11 more: dirbridge plan --show 1 --all\n');
  const all = await dirbridge('plan', '--show', '1', '--all');
  expect(all.out.match(/^ {2}\+ /gm)).toHaveLength(31);
  expect(json(await dirbridge('runs', '--json'))['runs']).toHaveLength(1);
});

test('plan --json has every field that scripts rely on', async () => {
  writeDirectory(TWO, ['anna']);
  const { plan, findings } = json(await dirbridge('plan', '--json')) as unknown as {
    readonly plan: Record<string, unknown> & { readonly operations: readonly Record<string, unknown>[] };
    readonly findings: unknown;
  };
  const none = { create: 0, update: 0, delete: 0, restore: 0, link: 0, disable: 0, unchanged: 0 };
  expect(plan).toMatchObject({ id: '1', run: '1', hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(plan['counts']).toEqual({
    user: { ...none, create: 2 },
    group: { ...none, create: 1 },
    contact: none,
    device: none,
    memberships: { add: 1, remove: 0 },
  });
  expect(plan.operations).toHaveLength(3);
  const group = plan.operations.find((operation) => operation['type'] === 'group');
  expect(group).toMatchObject({
    action: 'create',
    name: 'Team',
    targetId: null,
    members: { add: [{ anchor: expect.any(String), name: 'anna@contoso.com', targetId: null }], remove: [] },
    cause: { source: 'corp', object: `CN=Team,${BASE}`, rules: expect.arrayContaining([expect.any(String)]) },
  });
  expect(group?.['after']).toHaveLength(1);
  const user = plan.operations.find((operation) => operation['name'] === 'anna@contoso.com');
  expect(user?.['changes']).toContainEqual({ attribute: 'mailNickname', from: null, to: 'anna' });
  expect(findings).toEqual([]);
});

test('sync, then sync again: the second one finds nothing to do', async () => {
  writeDirectory(TWO, ['anna', 'ben']);
  const first = await dirbridge('sync', '--json');
  expect(first.code).toBe(0);
  expect(json(first)).toMatchObject({
    run: {
      id: '1',
      plan: '1',
      outcome: 'done',
      done: { create: 3, update: 0, delete: 0, restore: 0, link: 0 },
      failed: 0,
    },
    findings: [],
  });
  expect((await dirbridge('sync')).out).toContain('Nothing to do: the tenant is in step.');
  expect((await dirbridge('status')).out).toContain('Managed in the tenant: 2 users, 1 group');
});

test('two users with one mail address: exit code 1, and both are named with the remedy', async () => {
  const mail = 'mail: info@contoso.com\n';
  writeDirectory([
    { name: 'anna', more: mail },
    { name: 'ben', more: mail },
  ]);
  const plan = await dirbridge('plan');
  expect(plan.code).toBe(1);
  expect(plan.out).toContain('error value-conflict (1)');
  const { code, out } = await dirbridge('findings', '--severity', 'error');
  expect(code).toBe(1);
  expect(out).toContain('mail: "info@contoso.com"');
  expect(out).toContain('the other object: user "');
  expect(out).toContain('What to do: ');
  expect(json(await dirbridge('findings', '--json'))['findings']).toMatchObject([
    { code: 'value-conflict', severity: 'error', attribute: 'mail', object: { space: 'corp', dn: expect.any(String) } },
  ]);
});

test('a guard stops sync with exit code 3, names the command that approves, and that command works', async () => {
  writeConfig('guards: { deletions: { count: 0, percent: 100 }, sourceShrink: { percent: 100 } }\n');
  writeDirectory(TWO);
  await dirbridge('sync');
  writeDirectory([{ name: 'anna' }]);
  const stopped = await dirbridge('sync');
  expect(stopped.code).toBe(3);
  expect(stopped.out).toContain('Stopped by a guard; nothing was written.');
  expect(stopped.out).toContain('dirbridge apply 2 --approve');
  expect(stopped.out).toContain('the first: ben@contoso.com');
  expect((await dirbridge('plan', '--show')).out).toContain('The plan deletes 1 object;');
  const blocked = await dirbridge('apply', '--json');
  expect([blocked.code, json(blocked)['run']]).toMatchObject([3, { outcome: 'blocked', done: { delete: 0 } }]);
  const approved = await dirbridge('apply', '2', '--approve', '--json');
  const by = expect.stringMatching(/^\S.* on \S+$/);
  const run = { outcome: 'done', done: { delete: 1 }, approvedBy: by };
  expect([approved.code, json(approved)['run']]).toMatchObject([0, run]);
  const shown = json(await dirbridge('plan', '--show', '2', '--json'))['plan'];
  const guard = expect.objectContaining({ name: 'deletions', limit: 0, found: 1, objects: ['ben@contoso.com'] });
  expect(shown).toMatchObject({
    approvedBy: by,
    approvedAt: expect.any(String),
    guards: expect.arrayContaining([guard]),
  });
  expect((await dirbridge('plan', '--show', '2')).out).toMatch(/Approved by \S.* on \S+, /);
  expect((await dirbridge('runs')).out).toMatch(/delete 1, approved by /);
});

test('a plan that was carried out already is stale: exit code 3', async () => {
  writeDirectory(TWO);
  await dirbridge('sync');
  const { code, out } = await dirbridge('apply', '1');
  expect(code).toBe(3);
  expect(out).toContain('Stopped:');
});

test('counts of a plan have one form, in plan and in status', async () => {
  writeDirectory(TWO);
  const { plan } = json(await dirbridge('plan', '--json')) as unknown as {
    readonly plan: { readonly counts: unknown };
  };
  expect(json(await dirbridge('status', '--json'))).toMatchObject({ plan: { id: '1', counts: plan.counts } });
});

test('staging makes the plan and writes nothing', async () => {
  writeDirectory(TWO);
  const { code, out } = await dirbridge('sync', '--staging');
  expect(code).toBe(0);
  expect(out).toContain('nothing was written');
  expect((await dirbridge('status')).out).toContain('Managed in the tenant: nothing yet');
});

test('explain leads from the value in the tenant to the attribute of the source object', async () => {
  writeDirectory([
    { name: 'anna', more: 'department: Sales\n' },
    { name: 'ben', more: `manager: CN=anna,${BASE}\n` },
  ]);
  await dirbridge('sync');
  const { code, out } = await dirbridge('explain', 'anna@contoso.com', '--attribute', 'department');
  expect(code).toBe(0);
  expect(out).toContain('department = "Sales"\n      <- rule "');
  expect(out).toContain(`<- department "Sales" of CN=anna,${BASE} in corp`);
  expect(out).toMatch(/last written by run 1/);
  expect((await dirbridge('explain', 'ben', '--attribute', 'manager')).out).toContain('manager = "anna@contoso.com"');
  const unknown = await dirbridge('explain', 'ben', '--attribute', 'displyName');
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('Did you mean displayName?')]);
  expect((await dirbridge('explain', 'nobody')).code).toBe(2);
});

test('explain tells apart what is not in the tenant yet and what can never be written there', async () => {
  writeDirectory([{ name: 'anna', more: 'proxyAddresses: SMTP:anna@contoso.com\ntitle: Smith\n' }]);
  await dirbridge('plan');
  const { out } = await dirbridge('explain', 'anna');
  expect(out).toMatch(/proxyAddresses = .*cannot be written to the tenant/);
  expect(out).toContain('jobTitle (title) = "Smith"  (not in the tenant yet)');
});

test('an expression is tried alone, on a file, and on an object of a source, and gives its value', async () => {
  writeDirectory(
    [{ name: 'Ann', more: 'givenName: aNN\nproxyAddresses: SMTP:a@contoso.com\npwdLastSet: 129699324000000000\n' }],
    ['Ann'],
  );
  const file = join(folder, 'corp.ldif');
  const json = join(folder, 'ann.json');
  writeFileSync(
    json,
    '{ "givenName": "aNN", "userAccountControl": 514, "objectGUID": { "base64": "AQI=" }, "title": null }',
  );
  const values = [
    ['BitAnd(&HF, &HF7)', undefined, 7],
    ['PCase([givenName]) & " " & %Domain.FQDN%', file, 'Ann corp.contoso.com'],
    ['[dn]', file, `CN=Ann,${BASE}`],
    ['[pwdLastSet]', file, '129699324000000000'],
    ['DateFromNum([pwdLastSet])', file, '2012-01-01T23:00:00Z'],
    ['[proxyAddresses]', file, ['SMTP:a@contoso.com']],
    ['Trim([title])', file, null],
    ['Left([title], 3)', file, ''],
    ['[sAMAccountName] & Count([member])', `cn=team, ${BASE.toLowerCase()}`, 'Team1'],
    ['BitAnd([userAccountControl], 2) > 0 && IsNull([title])', json, true],
    ['ConvertToBase64([objectGUID])', json, 'AQI='],
  ] as const;
  for (const [expression, object, value] of values) {
    const on = object === undefined ? [] : ['--object', object];
    const ended = await dirbridge('rules', 'test', '--expression', expression, ...on, '--json');
    expect([expression, JSON.parse(ended.out)]).toEqual([
      expression,
      { value, result: 'value', ...(value === null ? { result: 'null' } : {}) },
    ]);
  }
});

test('an expression that cannot be read or worked out, and an object that is not there, end with what is wrong', async () => {
  writeDirectory([{ name: 'Ann' }]);
  const misspelled = await dirbridge('rules', 'test', '--expression', '1 + Lefft("a", 1)');
  expect(misspelled).toMatchObject({ code: 2, err: expect.stringContaining('did you mean Left?') });
  expect(misspelled.err).toContain('    1 + Lefft("a", 1)\n        ^');
  const failed = await dirbridge('rules', 'test', '--expression', 'Error("No.")', '--json');
  expect(failed).toMatchObject({ code: 2, out: expect.stringContaining('No.') });
  for (const object of ['CN=Nobody,DC=corp', 'no-such-file'])
    expect((await dirbridge('rules', 'test', '--expression', '[cn]', '--object', object)).code).toBe(2);
});

test('rules are checked as a whole', async () => {
  expect((await dirbridge('rules', 'lint')).out).toContain('nothing wrong');
  writeFileSync(join(folder, 'own.yaml'), 'rules: [{ name: x }]');
  writeConfig('rules: [standard, ./own.yaml]');
  expect(await dirbridge('rules', 'lint')).toMatchObject({ code: 2, err: expect.stringContaining('own.yaml:1') });
});

test('lint tells mistakes as data, and the schema of rule files is printed', async () => {
  writeFileSync(join(folder, 'own.yaml'), 'rules: [{ name: x, colour: red }]');
  writeConfig('rules: [standard, ./own.yaml]');
  const ended = await dirbridge('rules', 'lint', '--json');
  expect(ended.code).toBe(2);
  const { problems } = JSON.parse(ended.out) as { readonly problems: readonly Readonly<Record<string, unknown>>[] };
  expect(problems).toContainEqual({
    file: expect.stringContaining('own.yaml'),
    line: 1,
    rule: 'x',
    message: expect.stringContaining('colour'),
    remedy: expect.any(String),
  });
  expect(JSON.parse((await dirbridge('rules', 'schema')).out)).toMatchObject({ title: 'Dirbridge rule file' });
});

test('a shipped rule under an override that does not say for which version it was made is a warning of lint and check', async () => {
  writeDirectory(TWO);
  writeFileSync(
    join(folder, 'own.yaml'),
    'override: [{ rule: In from AD - User Exchange, precedence: 7, madeFor: "0" }]',
  );
  writeConfig('rules: [standard, ./own.yaml]');
  for (const command of [['rules', 'lint'], ['check']]) {
    const ended = await dirbridge(...command);
    expect([ended.code, ended.out]).toEqual([
      0,
      expect.stringContaining('made for version 0 of it; the shipped rule is'),
    ]);
  }
  const shown = await dirbridge('rules', 'show', 'In from AD - User Exchange', '--shipped');
  expect(shown.out).toMatch(/precedence 108\n[\s\S]*for madeFor: [0-9a-f]{12}\n/);
});

test('a rule, the whole set and explain show scope, flows and winners of an object', async () => {
  writeDirectory([{ name: 'Ann' }]);
  const dn = `CN=Ann,${BASE}`;
  const one = await dirbridge('rules', 'test', 'in from ad - user join', '--object', dn);
  expect([one.code, one.out]).toEqual([0, expect.stringContaining('In from AD - User Join (provision): in scope')]);
  expect(one.out).toContain('isCriticalSystemObject NOTEQUAL true (it has none)');
  expect(one.out).not.toContain('Out to AAD');
  const all = await dirbridge('rules', 'test', '--object', dn, '--json');
  expect(JSON.parse(all.out)).toMatchObject({ rule: null, object: dn, type: 'user', source: 'corp' });
  const sample = join(folder, 'person.json');
  writeFileSync(sample, JSON.stringify({ sourceObjectType: 'User', sourceAnchor: 'a', accountEnabled: true }));
  const out = await dirbridge('rules', 'test', 'Out to AAD - User Join', '--object', sample);
  expect(out.out).toContain('yes sourceObjectType EQUAL User (it has "User")');
  expect((await dirbridge('rules', 'test', 'In from AD - User Joint', '--object', dn)).err).toContain('Did you mean');
  expect((await dirbridge('rules', 'test', 'Left("abc", 2)')).out).toBe('"ab"\n');
  await dirbridge('plan');
  const explained = await dirbridge('explain', dn, '--rules');
  expect(explained.out).toMatch(
    /Inbound rules\n[\s\S]*In the metaverse\n[\s\S]*Outbound rules\n[\s\S]*To the tenant\n/,
  );
  const narrowed = await dirbridge('explain', dn, '--rules', '--attribute', 'userPrincipalName');
  expect(narrowed.out).toContain('Inbound rules\n  102 In from AD - User AccountEnabled (join): in scope\n');
  // The result is told whatever the length of the expression.
  expect(narrowed.out).toMatch(/ {6}userPrincipalName: wins "[^"]+" <- IIF\(/);
  expect(narrowed.out).not.toContain('displayName: ');
});

test('rules are listed in their order and shown one by one', async () => {
  const list = await dirbridge('rules', 'list');
  expect(list.out).toMatch(/^precedence +direction +name/);
  const { rules } = json(await dirbridge('rules', 'list', '--json')) as unknown as {
    readonly rules: readonly { readonly name: string; readonly precedence: number }[];
  };
  const precedences = rules.map((rule) => rule.precedence);
  expect(precedences).toEqual(precedences.toSorted((a, b) => a - b));
  const shown = await dirbridge('rules', 'show', rules[0]?.name ?? '');
  expect(shown.out).toContain(`${rules[0]?.name}, inbound, precedence ${precedences[0]}`);
  expect((await dirbridge('rules', 'show', 'none such')).code).toBe(2);
  const PASSWORDS = 'passwords of these objects are synchronized';
  expect((await dirbridge('rules', 'show', 'Out to AAD - User Join')).out).toContain(PASSWORDS);
  expect(json(await dirbridge('rules', 'show', 'Out to AAD - User Join', '--json'))).toMatchObject({
    rule: { enablePasswordSync: true },
  });
  expect((await dirbridge('rules', 'show', 'Out to AAD - User Identity')).out).not.toContain(PASSWORDS);
});

test('check names what is wrong with the tenant and ends with 4, with the configuration with 2', async () => {
  writeDirectory(TWO);
  const good = await dirbridge('check');
  expect([good.code, good.out]).toEqual([0, expect.stringContaining('Ready.')]);
  writeFileSync(join(folder, 'secret'), 'wrong');
  const refused = await dirbridge('check', '--json');
  expect(refused.code).toBe(4);
  expect(json(refused)).toMatchObject({ ok: false });
  rmSync(join(folder, 'secret'));
  const withoutSecret = await dirbridge('check', '--json');
  expect([withoutSecret.code, withoutSecret.out]).toEqual([2, expect.stringContaining('"code":"config-secret"')]);
  writeConfig('guard: {}\n');
  const invalid = await dirbridge('check');
  expect([invalid.code, invalid.err]).toEqual([2, expect.stringMatching(/dirbridge\.yaml:4:1: guard /)]);
});

test('an unreachable tenant ends a plan with exit code 4 and one JSON document', async () => {
  writeDirectory(TWO);
  const file = join(folder, 'dirbridge.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(emulator.url, 'http://127.0.0.1:1'));
  const { code, out } = await dirbridge('plan', '--json', '--quiet');
  expect(code).toBe(4);
  expect(JSON.parse(out)).toEqual({
    error: { code: 'tenant-unreachable', message: expect.any(String), remedy: expect.any(String) },
  });
});

test.each([
  [['paln'], "unknown command 'paln' (Did you mean plan?)"],
  [['plan', '--ful'], "unknown option '--ful' (Did you mean --full?)"],
  [['config', 'validat'], "unknown command 'validat' (Did you mean validate?)"],
  [['plan', '--show', '--full'], 'cannot be used with'],
  [['runs', '--limit', '0'], 'whole number above 0'],
  [['findings', '--code', 'value-conflit'], 'Did you mean value-conflict?'],
  [[], 'a command is missing'],
])('wrong use is told with the nearest name and exit code 2: %j', async (args, message) => {
  const told = await dirbridge(...args);
  expect([told.code, told.out, told.err]).toEqual([2, '', expect.stringContaining(message)]);
  expect(told.err).toContain('What to do: ');
  const forScripts = await dirbridge('--json', ...args);
  expect(JSON.parse(forScripts.out)).toMatchObject({
    error: { code: 'usage', message: expect.stringContaining(message) },
  });
});

test('global options count before and after the command', async () => {
  writeDirectory(TWO);
  const config = ['--config', join(folder, 'dirbridge.yaml')];
  const before = await dirbridge(...config, '--json', 'config', 'validate');
  const after = await dirbridge('config', 'validate', '--json', ...config);
  expect(json(before)).toMatchObject({ valid: true, sources: [{ name: 'corp', kind: 'ldif' }] });
  expect(after).toEqual(before);
  expect((await dirbridge('--config', 'there is no.yaml', 'plan')).code).toBe(2);
});

test.each([
  [[]],
  [['plan']],
  [['apply']],
  [['sync']],
  [['check']],
  [['explain']],
  [['findings']],
  [['config', 'schema']],
])('help of %j has an example and the exit codes', async (args) => {
  const { code, out } = await dirbridge(...args, '--help');
  expect(code).toBe(0);
  expect(out).toMatch(/Examples?:\n {2}dirbridge /);
  expect(out).toContain('Exit codes:\n   0  done, nothing wrong');
});

test('the schema and the version need no configuration', async () => {
  expect(json(await dirbridge('config', 'schema'))).toMatchObject({ title: 'dirbridge.yaml' });
  expect((await dirbridge('--version')).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  ['plan-not-found', ['apply', '4711']],
  ['object-not-found', ['explain', 'nobody@contoso.com']],
  ['object-not-found', ['link', 'anna@contoso.com', 'nobody@contoso.com']],
  ['link-refused', ['unlink', 'Team']],
])('%s: %j ends with exit code 2, the name that was given and what to do', async (code, args) => {
  writeDirectory(TWO);
  await dirbridge('plan');
  const ended = await dirbridge(...args, '--json');
  expect(ended.code).toBe(2);
  const { error } = JSON.parse(ended.out) as { readonly error: Readonly<Record<string, string>> };
  expect(error).toMatchObject({
    code,
    message: expect.stringContaining(args.at(-1) ?? ''),
    remedy: expect.any(String),
  });
});

test('our own mistake is told with 70, no stack, and a file to report', () => {
  const failure = describeFailure(new TypeError('x is not a function'), ['plan', '--full']);
  expect(failure).toMatchObject({ exitCode: 70, code: 'bug', message: expect.not.stringContaining(' at ') });
  const file = /the file (\S+mistake\.txt)/.exec(failure.remedy)?.[1] ?? '';
  expect(readFileSync(file, 'utf8')).toMatch(/command: dirbridge plan --full\nversion: .*Node v/);
  rmSync(dirname(file), { recursive: true });
});

/** The same through the binary, as a process of its own. */
function runBinary(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env: { ...process.env, DIRBRIDGE_CONFIG: '' } });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    out += piece;
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    err += piece;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, out, err })));
}

test('the binary plans, applies and synchronizes a file into a tenant', async () => {
  writeDirectory(TWO, ['anna']);
  const plan = await runBinary(['plan']);
  expect([plan.code, plan.out]).toEqual([0, expect.stringContaining('Next: dirbridge apply 1')]);
  expect(plan.err).toMatch(
    /^import corp: 5 objects, .*\nimport tenant: 0 objects, .*\nsync: 5 objects, .*\nadministrators: 0 objects, .*\nplan: 3 objects, .*\n$/,
  );
  expect((await runBinary(['apply', '--quiet'])).err).toBe('');
  writeDirectory([{ name: 'anna' }, { name: 'ben', more: 'title: Smith\n' }], ['ben']);
  const next = json(await runBinary(['plan', '--json'])) as unknown as {
    readonly plan: { readonly operations: readonly { readonly name: string; readonly changes: unknown }[] };
  };
  expect(next.plan.operations.map(({ name, changes }) => [name, changes])).toEqual([
    ['ben@contoso.com', [{ attribute: 'jobTitle', from: null, to: 'Smith' }]],
    ['Team', []],
  ]);
  const sync = await runBinary(['sync']);
  expect([sync.code, sync.out]).toEqual([
    0,
    expect.stringMatching(/Done: .* 2 changed, 1 membership added, 1 membership removed/),
  ]);
});

test('nobody who reads stderr any more is no reason to stop a run', async () => {
  writeDirectory(TWO, ['anna']);
  const child = spawn(process.execPath, [BIN, 'sync', '--log-level', 'debug'], { cwd: folder });
  child.stderr.destroy();
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    out += piece;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, out]).toEqual([0, expect.stringContaining('3 created, 1 membership added')]);
});

test('a result that cannot be written is told with exit code 4', async () => {
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(new Error('no space left on device')),
  });
  const stderr = new PassThrough();
  const code = await runCommandLine(['config', 'schema', '--json'], { stdout, stderr, environment: {} });
  const text = String(stderr.read());
  expect([code, text]).toEqual([4, expect.stringContaining('could not be written to stdout: no space left on device')]);
});

test('explain --json tells what was written as data, and an empty name names nobody', async () => {
  writeDirectory(TWO);
  await dirbridge('sync');
  const { objects } = json(await dirbridge('explain', 'anna', '--json')) as unknown as {
    readonly objects: readonly { readonly history: readonly unknown[] }[];
  };
  expect(objects[0]?.history).toMatchObject([{ action: 'create', what: expect.any(Array) }]);
  const nobody = await dirbridge('explain', '  ');
  expect([nobody.code, nobody.err]).toEqual([2, expect.stringContaining('the name of the object is empty')]);
});

test('undo shows the plan that takes a run back with the warning that the next sync does it again', async () => {
  writeDirectory(TWO, ['anna']);
  await dirbridge('sync');
  writeDirectory([{ name: 'anna', more: 'title: Wrong\n' }], []);
  const wrong = await dirbridge('sync', '--approve');
  expect(wrong.code).toBe(0);
  const undo = await dirbridge('undo', '2');
  expect(undo.out).toContain(
    'This plan takes back what run 2 changed. It is against what the rules want:\n  the next sync does the same again',
  );
  expect(undo.out).toContain(
    'Restore from the recycle bin (1)\n  + user ben@contoso.com\n      run 2, which this takes back\n',
  );
  expect(undo.out).toContain('jobTitle  "Wrong" -> (none)');
  expect(undo.out).toContain('Memberships (1 to add, 0 to remove, in 1 group)');
  expect([undo.code, undo.out.trimEnd().split('\n').at(-1)]).toEqual([0, 'Next: dirbridge apply 3']);
  expect(json(await dirbridge('undo', '2', '--json'))).toMatchObject({ plan: { undoes: '2' }, notUndone: [] });
  const applied = await dirbridge('apply');
  expect(applied.out).toContain(
    'Mind: this took back what run 2 changed, and the next sync does it again unless the cause is put right.',
  );
  const next = await dirbridge('plan');
  expect(next.out).toContain('- user ben@contoso.com');
  expect(next.out).toContain('jobTitle  (none) -> "Wrong"');
  expect(next.out).not.toContain('takes back');
});

test('undo of a run that is not there, or that wrote nothing, says so', async () => {
  writeDirectory(TWO);
  await dirbridge('plan');
  const none = await dirbridge('undo', '7');
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('there is no run 7')]);
  const nothing = await dirbridge('undo', '1');
  expect([nothing.code, nothing.out]).toEqual([
    0,
    expect.stringContaining('Nothing to do: of what run 1 wrote the tenant holds nothing that can be put back.'),
  ]);
});

test('a backup is written once, restored, and compared with everything by the next run', async () => {
  writeDirectory(TWO);
  const early = await dirbridge('backup', join(folder, 'early'));
  expect([early.code, early.err]).toEqual([2, expect.stringContaining('there is no store')]);
  await dirbridge('sync');
  const file = join(folder, 'saved');
  const written = await dirbridge('backup', file);
  expect([written.code, written.out]).toEqual([
    0,
    expect.stringMatching(
      /^Written and checked: .*saved \([\d,]+ bytes\)\n {2}The last write to the tenant that it knows of: .*, run 1\./,
    ),
  ]);
  const again = await dirbridge('backup', file);
  expect([again.code, again.err]).toEqual([2, expect.stringContaining('is there already')]);
  expect(json(await dirbridge('backup', file, '--force', '--json'))).toMatchObject({ file, lastWrite: { run: '1' } });
  writeDirectory([...TWO, { name: 'cleo' }]);
  await dirbridge('sync');
  const older = await dirbridge('restore', file);
  expect([older.code, older.err]).toEqual([3, expect.stringContaining('has written to the tenant since')]);
  expect(older.err).toContain('--older');
  const restored = await dirbridge('restore', file, '--older');
  expect(restored.out).toMatch(/^Put back: .*\n {2}The store that was there is kept: .*\.replaced-/);
  const next = await dirbridge('sync');
  expect([next.code, next.out]).toEqual([0, expect.stringContaining('Nothing to do: the tenant is in step.')]);
  expect((await dirbridge('runs')).out).toContain('restore');
});
