import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ConfigKinds, configJsonSchema, inspectConfig, loadConfig, readSecret } from './config.ts';
import { secretSource } from './connectors/connector.ts';
import { DirbridgeError } from './errors.ts';

const kinds: ConfigKinds = {
  sources: [
    {
      kind: 'ad',
      section: z.strictObject({
        servers: z.array(z.string()).min(1),
        startTls: z.boolean().default(false),
        password: secretSource,
        tls: z.strictObject({ ca: z.string().optional(), fingerprint: z.string().optional() }).optional(),
      }),
    },
    { kind: 'ldif', section: z.strictObject({ path: z.string().min(1) }) },
    {
      kind: 'csv',
      section: z.strictObject({
        path: z.string(),
        columns: z.record(z.string(), z.union([z.string(), z.strictObject({ attribute: z.string() })])),
      }),
    },
  ],
  targets: [
    {
      kind: 'entra',
      section: z.strictObject({ tenant: z.string(), cloud: z.enum(['public', 'usgov']).default('public') }),
      attributes: ['jobTitle', 'title', 'manager'],
    },
  ],
};

const TARGET = 'target: { kind: entra, tenant: contoso.onmicrosoft.com }\n';
const SOURCES = 'sources:\n  - { name: partners, kind: ldif, path: ./partners.ldif }\n';

let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-config-'));
  file = join(folder, 'dirbridge.yaml');
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(text: string) {
  writeFileSync(file, text);
  return loadConfig(file, kinds);
}

/** The problems of a file as `line:column key message`. */
function problemsOf(text: string): readonly string[] {
  writeFileSync(file, text);
  return inspectConfig(file, kinds).problems.map(
    ({ line, column, key, message }) => `${line}:${column} ${key} ${message}`,
  );
}

function errorOf(run: () => unknown): DirbridgeError {
  try {
    run();
  } catch (error) {
    if (error instanceof DirbridgeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a configuration that is right', () => {
  it('has every default filled in', () => {
    expect(load(SOURCES + TARGET)).toEqual({
      file,
      folder,
      sources: [
        {
          name: 'partners',
          kind: 'ldif',
          scope: { include: [], exclude: [], groups: [] },
          section: { path: './partners.ldif' },
        },
      ],
      target: { kind: 'entra', section: { tenant: 'contoso.onmicrosoft.com', cloud: 'public' } },
      store: { driver: 'sqlite', path: join(folder, 'dirbridge.db') },
      rules: ['standard'],
      identity: { join: 'none', sourceAnchor: 'auto', userPrincipalName: { attribute: 'userPrincipalName' } },
      matching: { soft: true, hard: true },
      drift: { default: 'correct', attributes: {} },
      guards: {
        window: 86_400_000,
        deletions: { count: 500, percent: 10, atLeast: 3, types: {} },
        disablements: { count: 500, percent: 10, atLeast: 3, types: {} },
        membershipRemovals: {
          percent: 30,
          atLeast: 10,
          emptied: 5,
          total: { count: 5000, percent: 10, atLeast: 50 },
        },
        sourceShrink: { percent: 20, atLeast: 3 },
        scopeChange: { count: 0 },
        containers: { percent: 50, atLeast: 10 },
        privileged: { count: 0 },
        massChanges: { percent: 25, atLeast: 50 },
      },
      deletions: { disableFirst: false, after: null },
      passwords: {
        method: 'off',
        only: [],
        except: [],
        expiredAccounts: 'send',
        socketAccess: 'owner',
        hold: 3_600_000,
        temporaryPasswords: 'withhold',
      },
      schedule: { every: 1_800_000, passwords: 120_000 },
      staging: false,
      standby: null,
    });
  });

  it('takes relative paths from the folder of the file, and durations in any unit', () => {
    const config = load(
      `${SOURCES}${TARGET}store: sqlite:data/state.db\nrules: [standard, own/rules.yaml]\nschedule: { every: 14d, passwords: 90s }\nguards: { deletions: { count: 5 } }\n`,
    );
    expect(config.store.path).toBe(join(folder, 'data/state.db'));
    expect(config.rules).toEqual(['standard', join(folder, 'own/rules.yaml')]);
    expect(config.schedule).toEqual({ every: 14 * 86_400_000, passwords: 90_000 });
    expect(config.guards.deletions).toMatchObject({ count: 5, percent: 10 });
  });

  it('lets what leaves wait as long as it says, two weeks when accounts are disabled first and nothing else is said', () => {
    const deletionsOf = (text: string) => load(`${SOURCES}${TARGET}${text}`).deletions;
    expect(deletionsOf('deletions: { disableFirst: true }\n')).toEqual({ disableFirst: true, after: 14 * 86_400_000 });
    expect(deletionsOf('deletions: { after: 30d }\n')).toEqual({ disableFirst: false, after: 30 * 86_400_000 });
    expect(deletionsOf('deletions: { disableFirst: true, after: 90s }\n')).toEqual({
      disableFirst: true,
      after: 90_000,
    });
  });
});

describe('a configuration that is wrong', () => {
  it('names file, line and column of an unknown key, the nearest name and what is allowed', () => {
    const error = errorOf(() =>
      load(
        `sources:\n  - name: corp\n    kind: ad\n    server: [ldaps://dc1]\n    servers: [ldaps://dc1]\n    password: { env: PW }\n${TARGET}`,
      ),
    );
    expect(error.code).toBe('config-invalid');
    expect(error.exitCode).toBe(2);
    expect(error.message).toBe(
      `${file}:4:5: sources[0].server is not a key that is known here (did you mean servers?); allowed: name, kind, scope, servers, startTls, password, tls`,
    );
  });

  it('finds unknown keys at every depth', () => {
    const text = `sources:\n  - name: corp\n    kind: ad\n    servers: [ldaps://dc1]\n    password: { env: PW }\n    tls:\n      cafile: x\n    scope:\n      includes: []\n${TARGET}guard: {}\n`;
    expect(problemsOf(text)).toEqual([
      '7:7 sources[0].tls.cafile is not a key that is known here; allowed: ca, fingerprint',
      '9:7 sources[0].scope.includes is not a key that is known here (did you mean include?); allowed: include, exclude, groups',
      '11:1 guard is not a key that is known here (did you mean guards?); allowed: sources, target, store, rules, identity, matching, guards, deletions, drift, passwords, schedule, staging, standby',
    ]);
  });

  it('names attributes whose drift cannot be meant, because nothing writes them', () => {
    const text = `${SOURCES}${TARGET}drift:\n  attributes: { JobTitle: leave, jobTitel: leave, member: leave, title: keep }\n`;
    expect(problemsOf(text)).toEqual([expect.stringContaining('drift.attributes.title is "keep"; it must be one of')]);
    expect(problemsOf(text.replace(', title: keep', ''))).toEqual([
      '5:34 drift.attributes.jobTitel is no attribute that is written to the tenant (did you mean jobTitle?)',
      '5:51 drift.attributes.member is no attribute; write drift.members for memberships',
    ]);
  });

  it('names what a person cannot be known by', () => {
    const text = `${SOURCES}${TARGET}identity:\n  join: sids\n  sourceAnchor: { attribute: mail }\n  userPrincipalName: { attribute: "e mail" }\n`;
    const [join, anchor, signIn] = problemsOf(text);
    expect(join).toContain(
      'identity.join is "sids"; it must be one of: none, sid, mail, samAccountName (did you mean sid?)',
    );
    expect(anchor).toContain('identity.sourceAnchor.attribute cannot be a source anchor');
    expect(signIn).toContain('identity.userPrincipalName.attribute must be the name of an attribute');
    expect(problemsOf(`${SOURCES}${TARGET}rules: [own.yaml]\nidentity: { join: mail }\n`)).toEqual([
      expect.stringContaining('identity changes the shipped rules, but rules does not name standard'),
    ]);
  });

  it('lists all problems at once, in the order of the file', () => {
    const text = `store: mysql:x\nsources:\n  - { name: corp, kind: ldap }\n  - { name: "a b", kind: ldif }\ntarget: { kind: entra, tenant: 5, cloud: publik }\nstaging: yes please\n`;
    expect(problemsOf(text)).toEqual([
      '1:8 store must be sqlite: and the path of a file, such as sqlite:./dirbridge.db',
      '3:25 sources[0].kind is "ldap"; it must be one of: ad, ldif, csv (did you mean ldif?)',
      '4:5 sources[1].path is missing; it must be a text',
      '4:13 sources[1].name must be a name of letters, digits, dots, dashes and underscores that starts with a letter or digit',
      '5:32 target.tenant is 5; it must be a text',
      '5:42 target.cloud is "publik"; it must be one of: public, usgov (did you mean public?)',
      '6:10 staging is "yes please"; it must be true or false',
    ]);
  });

  it('refuses a secret that stands in the file, without repeating it', () => {
    const text = `sources:\n  - name: corp\n    kind: ad\n    servers: [ldaps://dc1]\n    password: hunter2\n${TARGET}`;
    expect(problemsOf(text)).toEqual([
      '5:15 sources[0].password must be { file: PATH } or { env: NAME }: a secret never stands in the configuration itself',
    ]);
  });

  it('gives each source a name of its own, and none the name of the tenant', () => {
    const text = `sources:\n  - { name: a, kind: ldif, path: x }\n  - { name: A, kind: ldif, path: y }\n  - { name: tenant, kind: ldif, path: z }\n${TARGET}`;
    expect(problemsOf(text)).toEqual([
      '3:13 sources[1].name is the name of sources[0] already; each source needs a name of its own',
      '4:13 sources[2].name must not be "tenant": that is the name of the tenant itself',
    ]);
  });

  it('names line and column where the YAML is broken', () => {
    expect(problemsOf(`sources:\n  - name: corp\n   kind: ad\n`)[0]).toMatch(/^\d:\d+ {2}is not valid YAML: /);
    expect(problemsOf(`store: sqlite:a\nstore: sqlite:b\n`)).toEqual([
      '2:1  is not valid YAML: Map keys must be unique',
    ]);
  });

  it('takes an alias to nowhere, a second document and another encoding for mistakes in the file, not its own', () => {
    expect(problemsOf('target: *nobody\n')[0]).toMatch(/is not valid YAML: Unresolved alias/);
    expect(problemsOf(`${SOURCES}${TARGET}---\na: b\n`)).toEqual([
      '4:1  is not valid YAML: a second document begins here; a configuration is one',
    ]);
    writeFileSync(file, Buffer.from(`\ufeff${SOURCES}${TARGET}`, 'utf16le'));
    const error = errorOf(() => inspectConfig(file, kinds));
    expect([error.code, error.message]).toEqual(['config-invalid', expect.stringContaining('not encoded in UTF-8')]);
  });

  it.each([
    ['every: 30', 'schedule.every must be a duration such as 90s, 30m, 2h or 14d'],
    ['every: 0m', 'schedule.every must be a duration such as 90s, 30m, 2h or 14d'],
    ['every: 5 minutes', 'schedule.every must be a duration such as 90s, 30m, 2h or 14d'],
  ])('refuses the duration %s', (text, message) => {
    expect(problemsOf(`${SOURCES}${TARGET}schedule: { ${text} }\n`)).toEqual([`4:20 ${message}`]);
  });

  it('keeps percents and counts within their limits', () => {
    const text = `${SOURCES}${TARGET}guards: { deletions: { count: -1, percent: 101 }, sourceShrink: { percent: "5" } }\n`;
    expect(problemsOf(text)).toEqual([
      '4:31 guards.deletions.count is -1; it must be at least 0',
      '4:44 guards.deletions.percent is 101; it must be at most 100',
      '4:76 guards.sourceShrink.percent is "5"; it must be a number',
    ]);
  });

  it('says what a source and a target need when they are missing or not groups of keys', () => {
    expect(problemsOf('staging: true\n')).toEqual([
      '1:1 sources must be a list with at least one source; it is missing',
      '1:1 target is missing; it must hold keys and values, with kind: entra',
    ]);
    expect(problemsOf(`sources: []\n${TARGET}`)).toEqual(['1:10 sources must be a list with at least one source']);
    expect(problemsOf(`sources: [corp]\n${TARGET}`)).toEqual([
      '1:11 sources[0] must hold keys and values, with kind: ad or ldif or csv',
    ]);
    expect(problemsOf('')).toEqual([
      '1:1  dirbridge.yaml must hold keys and values; it needs at least sources and target',
    ]);
  });

  it('tells of the alternative that a value comes nearest to', () => {
    const text = `sources:\n  - name: hr\n    kind: csv\n    path: x\n    columns:\n      Mail: { attribut: mail, attribute: mail }\n${TARGET}`;
    expect(problemsOf(text)).toEqual([
      '6:15 sources[0].columns.Mail.attribut is not a key that is known here (did you mean attribute?); allowed: attribute',
    ]);
  });

  it('refuses a scope entry that is no DN', () => {
    const text = `sources:\n  - { name: a, kind: ldif, path: x, scope: { include: [Accounts] } }\n${TARGET}`;
    expect(problemsOf(text)).toEqual([
      '2:56 sources[0].scope.include[0] must be a DN such as OU=Accounts,DC=corp,DC=example,DC=com',
    ]);
  });

  it('names a file that is missing', () => {
    const error = errorOf(() => loadConfig(join(folder, 'none.yaml'), kinds));
    expect(error.code).toBe('config-missing');
    expect(error.message).toContain('none.yaml');
  });
});

describe('the JSON schema', () => {
  it('holds the section of each kind with its frame, and allows nothing else', () => {
    const schema = JSON.parse(JSON.stringify(configJsonSchema(kinds)));
    expect(schema.required).toEqual(['sources', 'target']);
    expect(schema.additionalProperties).toBe(false);
    const [ad] = schema.properties.sources.items.oneOf;
    expect(Object.keys(ad.properties)).toEqual(['name', 'scope', 'kind', 'servers', 'startTls', 'password', 'tls']);
    expect(ad.required).toEqual(['name', 'kind', 'servers', 'password']);
    expect(ad.additionalProperties).toBe(false);
    expect(schema.properties.guards.properties.deletions.properties.count.default).toBe(500);
  });
});

describe('a secret', () => {
  it('comes from a file, without the line break at its end', () => {
    writeFileSync(join(folder, 'secret'), 'p4ss \n', { mode: 0o600 });
    const warnings: string[] = [];
    expect(readSecret({ file: 'secret' }, folder, (message) => warnings.push(message))).toBe('p4ss ');
    expect(warnings).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('in a file that others can read is used, with a warning', () => {
    const path = join(folder, 'secret');
    writeFileSync(path, 'p4ss');
    chmodSync(path, 0o644);
    const warnings: string[] = [];
    expect(readSecret({ file: 'secret' }, folder, (message) => warnings.push(message))).toBe('p4ss');
    expect(warnings).toEqual([`The secret file ${path} can be read by other accounts (mode 644); give it mode 600.`]);
  });

  it('comes from the environment', () => {
    process.env['DIRBRIDGE_TEST_SECRET'] = 'from-env';
    expect(readSecret({ env: 'DIRBRIDGE_TEST_SECRET' }, folder)).toBe('from-env');
    process.env['DIRBRIDGE_TEST_SECRET'] = '';
    expect(errorOf(() => readSecret({ env: 'DIRBRIDGE_TEST_SECRET' }, folder)).message).toBe(
      'The environment variable DIRBRIDGE_TEST_SECRET is empty.',
    );
    delete process.env['DIRBRIDGE_TEST_SECRET'];
    const error = errorOf(() => readSecret({ env: 'DIRBRIDGE_TEST_SECRET' }, folder));
    expect([error.code, error.message]).toEqual([
      'config-secret',
      'The environment variable DIRBRIDGE_TEST_SECRET is not set.',
    ]);
  });

  it('that is missing or empty is an error that names the file', () => {
    writeFileSync(join(folder, 'empty'), '\n');
    expect(errorOf(() => readSecret({ file: 'empty' }, folder)).message).toBe(
      `The secret file ${join(folder, 'empty')} is empty.`,
    );
    expect(errorOf(() => readSecret({ file: 'none' }, folder)).code).toBe('config-secret');
  });
});
