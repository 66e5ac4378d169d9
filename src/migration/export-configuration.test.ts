import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/lab/temporary-folder.ts';
import { compareShippedRules, diffConfigs, exportConfig, lintRules, readConfig, readRules } from '../app.ts';
import { DirbridgeError } from '../errors.ts';
import { EXPORT_MARK } from './export-mark.ts';

const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nTUlJQw==\n-----END CERTIFICATE-----\n';
const OTHER = '-----BEGIN CERTIFICATE-----\nT1RIRVI=\n-----END CERTIFICATE-----\n';
const KEY = '-----BEGIN PRIVATE KEY-----\nS0VZ\n-----END PRIVATE KEY-----\n';
const SECRETS = ['the password of corp', 'the secret of the tenant', 'S0VZ'];

const OWN_RULES = `# Phones as the reception wants them.
rules:
  - name: Phones
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 50
    flows: { telephoneNumber: mobile }
`;

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-export-');
  put('etc/corp-password', 'the password of corp');
  put('etc/app.pem', `${KEY}${CERTIFICATE}`);
  put('secrets/passphrase', 'the secret of the tenant');
  put('pki/ca.pem', `remark\r\n${KEY}${CERTIFICATE.replaceAll('\n', '\r\n')}`);
  put('etc/ca.pem', OTHER);
  put('rules/own.yaml', OWN_RULES);
  put('etc/own.yaml', 'disable: [In from AD - Contact Common]\n');
});

afterEach(() => removeTemporaryFolder(folder));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const TARGET = `target:
  kind: entra
  tenant: contoso.onmicrosoft.com
  clientId: 00000000-0000-0000-0000-000000000000
  certificate: { file: app.pem, passphrase: { file: ../secrets/passphrase } }
`;

/** Everything that a path can lead to, from inside and outside of the folder of the configuration. */
function whole(): string {
  return `# our own remark
store: sqlite:../var/dirbridge.db
sources:
  - &corp
    name: corp
    kind: ad
    servers: [ldaps://dc1.corp.example.com]
    tls: { ca: ../pki/ca.pem }
    user: svc@corp.example.com
    password: { file: ${join(folder, 'etc/corp-password')} }
    timeouts: { connect: 10s }
    scope: &scope
      include: ["OU=Accounts,DC=corp,DC=example,DC=com"]
  - name: emea
    kind: ad
    servers: [ldaps://dc1.emea.example.com]
    tls: { ca: ca.pem }
    user: svc@emea.example.com
    password: { env: EMEA_PASSWORD }
    scope: *scope
  - { name: partners, kind: ldif, path: data/partners.ldif }
  - { name: staff, kind: csv, path: ../hr/staff.csv, anchor: No, columns: { No: employeeID } }
${TARGET}rules: [standard, ../rules/own.yaml, ./own.yaml]
identity: { join: mail }
schedule: { every: 1800s }
`;
}

function exportSample(text = whole(), output = 'out', force = false) {
  put('etc/dirbridge.yaml', text);
  return exportConfig(join(folder, 'etc/dirbridge.yaml'), '1.2.3', join(folder, output), force);
}

/** Every file below a folder with its text. */
function filesOf(name: string): Readonly<Record<string, string>> {
  const names = readdirSync(join(folder, name), { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name))
      .sort()
      .map((path) => [path.slice(join(folder, name).length + 1), readFileSync(path, 'utf8')]),
  );
}

function thrownBy(work: () => unknown): DirbridgeError {
  try {
    work();
  } catch (error) {
    if (error instanceof DirbridgeError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('an exported configuration', () => {
  test('differs from the original in store and staging alone', () => {
    exportSample();
    const { differences } = diffConfigs(join(folder, 'etc'), join(folder, 'out'));
    expect(differences.map(({ area, key, b }) => `${area} ${key} ${b}`)).toEqual([
      'setting store sqlite:./dirbridge.db',
      'setting staging true',
    ]);
  });

  test('differs in nothing where the store lies in the folder and staging is on', () => {
    exportSample(`${whole().replace('sqlite:../var/dirbridge.db', 'sqlite:state/d.db')}staging: true\n`);
    expect(diffConfigs(join(folder, 'etc'), join(folder, 'out')).differences).toEqual([]);
    expect(readConfig(join(folder, 'out/dirbridge.yaml')).store.path).toBe(join(folder, 'out/state/d.db'));
  });

  test('holds no secret, no private key and no data, whatever lies beside its certificates', () => {
    exportSample();
    const files = filesOf('out');
    expect(Object.keys(files)).toEqual([
      'certificates/ca-2.pem',
      'certificates/ca.pem',
      'dirbridge.yaml',
      EXPORT_MARK,
      'rules/own-2.yaml',
      'rules/own.yaml',
    ]);
    for (const text of Object.values(files)) for (const secret of SECRETS) expect(text).not.toContain(secret);
    expect(files['certificates/ca.pem']).toBe(CERTIFICATE);
    expect(files['certificates/ca-2.pem']).toBe(OTHER);
    expect(files['rules/own.yaml']).toBe(OWN_RULES);
    expect(files['dirbridge.yaml']).not.toContain('our own remark');
  });

  test('is accepted after it was carried elsewhere, and its paths are right there', () => {
    exportSample();
    for (const [name, text] of Object.entries(filesOf('out'))) put(`elsewhere/${name}`, text);
    const config = readConfig(join(folder, 'elsewhere/dirbridge.yaml'));
    expect(config.rules).toEqual([
      'standard',
      join(folder, 'elsewhere/rules/own.yaml'),
      join(folder, 'elsewhere/rules/own-2.yaml'),
    ]);
    expect(readRules(config).some(({ name }) => name === 'Phones')).toBe(true);
    expect(lintRules(config).problems).toEqual([]);
    const sections = Object.fromEntries(config.sources.map(({ name, section }) => [name, section]));
    expect(sections).toMatchObject({
      corp: { password: { file: './corp-password' }, tls: { ca: './certificates/ca.pem' } },
      emea: { password: { env: 'EMEA_PASSWORD' }, tls: { ca: './certificates/ca-2.pem' } },
      partners: { path: './data/partners.ldif' },
      staff: { path: join(folder, 'hr/staff.csv') },
    });
    expect(config.target.section).toMatchObject({
      certificate: { file: './app.pem', passphrase: { file: join(folder, 'secrets/passphrase') } },
    });
    expect(config.staging).toBe(true);
  });

  test('is exported again to the same files, byte for byte', () => {
    exportSample();
    exportConfig(join(folder, 'out/dirbridge.yaml'), '1.2.3', join(folder, 'again'), false);
    expect(filesOf('again')).toEqual(filesOf('out'));
  });

  test('tells what has to be put where, in the report and in the file', () => {
    const { needed, differing } = exportSample();
    expect(needed.map(({ kind, name, purpose }) => `${kind} ${name}: ${purpose}`)).toEqual([
      'file ./corp-password: password of source corp',
      'environment variable EMEA_PASSWORD: password of source emea',
      'file ./data/partners.ldif: data of source partners',
      `file ${join(folder, 'hr/staff.csv')}: data of source staff`,
      `file ${join(folder, 'secrets/passphrase')}: certificate.passphrase of the tenant`,
      'file ./app.pem: certificate.file of the tenant',
    ]);
    const head = filesOf('out')['dirbridge.yaml'] ?? '';
    for (const { kind, name, purpose } of needed) expect(head).toContain(`\n#   ${kind} ${name}: ${purpose}\n`);
    expect(differing.map(({ key, here, there }) => `${key}: ${here} -> ${there}`)).toEqual([
      `store: sqlite:${join(folder, 'var/dirbridge.db')} -> sqlite:./dirbridge.db`,
      'staging: false -> true',
    ]);
  });

  test('keeps the name of a file of certificates that cannot be read, and says why it is not there', () => {
    const { needed } = exportSample(whole().replace('ca: ca.pem', 'ca: lost.pem'));
    expect(needed.find(({ name }) => name === './lost.pem')).toMatchObject({
      purpose: 'tls.ca of source emea',
      why: expect.stringContaining('ENOENT'),
    });
    const exported = readConfig(join(folder, 'out/dirbridge.yaml'));
    expect(exported.sources[1]?.section).toMatchObject({ tls: { ca: './lost.pem' } });
  });

  test('of the least configuration is one too', () => {
    exportSample(`sources: [{ name: a, kind: ldif, path: a.ldif }]\n${TARGET}`);
    const { differences } = diffConfigs(join(folder, 'etc'), join(folder, 'out'));
    expect(differences.map(({ key }) => key)).toEqual(['staging']);
    expect(Object.keys(filesOf('out'))).toEqual(['dirbridge.yaml', EXPORT_MARK]);
  });
});

test('what an alias stands for is moved at each place', () => {
  const text = `sources:
  - { name: a, kind: ad, servers: [ldaps://a], user: a, password: &pw { file: ../secrets/passphrase }, tls: &tls { ca: ../pki/ca.pem } }
  - { name: b, kind: ad, servers: [ldaps://b], user: b, password: *pw, tls: *tls }
${TARGET}`;
  const { needed } = exportSample(text);
  expect(needed.filter(({ purpose }) => purpose.startsWith('password')).map(({ purpose }) => purpose)).toEqual([
    'password of source a',
    'password of source b',
  ]);
  const sections = readConfig(join(folder, 'out/dirbridge.yaml')).sources.map(({ section }) => section);
  for (const section of sections) expect(section).toMatchObject({ tls: { ca: './certificates/ca.pem' } });
  expect(diffConfigs(join(folder, 'etc'), join(folder, 'out')).differences.map(({ key }) => key)).toEqual(['staging']);
});

test('a file of rules may be called as the configuration is', () => {
  put('rules/dirbridge.yaml', OWN_RULES);
  exportSample(whole().replace('../rules/own.yaml', '../rules/dirbridge.yaml'));
  expect(filesOf('out')['rules/dirbridge.yaml']).toBe(OWN_RULES);
});

describe('an export', () => {
  test('writes over nothing without force, and over an older export with it', () => {
    exportSample();
    put('out/rules/own.yaml', 'mine');
    expect(thrownBy(() => exportSample()).code).toBe('output-exists');
    expect(filesOf('out')['rules/own.yaml']).toBe('mine');
    exportSample(whole(), 'out', true);
    expect(filesOf('out')['rules/own.yaml']).toBe(OWN_RULES);
  });

  test('never takes the place of the configuration itself, not even with force', () => {
    const error = thrownBy(() => exportSample(whole(), 'etc', true));
    expect([error.code, error.message]).toEqual(['usage', expect.stringContaining('nothing was written')]);
    expect(filesOf('etc')['dirbridge.yaml']).toBe(whole());
  });

  test('of a broken configuration or of broken rules writes nothing and names file and line', () => {
    const broken = thrownBy(() => exportSample(`${whole()}guard: 1\n`));
    expect([broken.code, broken.message]).toEqual([
      'config-invalid',
      expect.stringMatching(/dirbridge\.yaml:\d+:1: guard/),
    ]);
    put('rules/own.yaml', OWN_RULES.replace('mobile', '{ expression: "Trim(" }'));
    const rules = thrownBy(() => exportSample());
    expect([rules.code, rules.message]).toEqual(['rules-invalid', expect.stringMatching(/own\.yaml:9: rule "Phones"/)]);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('without a folder only gives the files', () => {
    put('etc/dirbridge.yaml', whole());
    const exported = exportConfig(join(folder, 'etc/dirbridge.yaml'), '1.2.3', null, false);
    expect(exported.written).toEqual([]);
    exportSample();
    expect(Object.fromEntries(exported.files.map(({ name, text }) => [name, text]))).toEqual(filesOf('out'));
  });
});

describe('the shipped rules of an export', () => {
  function compare() {
    return compareShippedRules(readConfig(join(folder, 'out/dirbridge.yaml')));
  }

  test('are those here, where nobody changed anything', () => {
    exportSample();
    expect(compare()).toEqual({ version: '1.2.3', changed: [], onlyThere: [], onlyHere: [] });
  });

  test('are told one by one where they differ', () => {
    exportSample();
    const mark = filesOf('out')[EXPORT_MARK] ?? '';
    put(
      `out/${EXPORT_MARK}`,
      mark
        .replace(/(In from AD - User Join): .*/, '$1: "000000000000"')
        .replace('In from AD - Group Join:', 'In from AD - Group Join of old:'),
    );
    expect(compare()).toEqual({
      version: '1.2.3',
      changed: ['In from AD - User Join'],
      onlyThere: ['In from AD - Group Join of old'],
      onlyHere: ['In from AD - Group Join'],
    });
    expect(diffConfigs(join(folder, 'etc'), join(folder, 'out')).b.exported?.changed).toEqual([
      'In from AD - User Join',
    ]);
  });

  test('do not count where the configuration is without them', () => {
    exportSample(`sources: [{ name: a, kind: ldif, path: a.ldif }]\nrules: [../rules/own.yaml]\n${TARGET}`);
    expect(compare()).toEqual({ version: '1.2.3', changed: [], onlyThere: [], onlyHere: [] });
  });

  test("are not compared beside a configuration of one's own", () => {
    put('etc/dirbridge.yaml', whole());
    expect(compareShippedRules(readConfig(join(folder, 'etc/dirbridge.yaml')))).toBeNull();
  });

  test('are told to be unreadable when the file was written over', () => {
    exportSample();
    put(`out/${EXPORT_MARK}`, 'dirbridge: [1]\n');
    expect(thrownBy(compare)).toMatchObject({ code: 'config-invalid', message: expect.stringContaining(EXPORT_MARK) });
  });
});
