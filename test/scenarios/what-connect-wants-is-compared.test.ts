import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import type { Comparison } from '../../src/app.ts';
import { type Ended, runCommand } from '../lab/run-command.ts';
import { AAD_CONNECTOR, direct, writeExport } from '../migration/connect-sample.ts';
import {
  csExport,
  type SampleAttributes,
  type SampleObject,
  spaceDn,
  writeCsExport,
} from '../migration/csexport-sample.ts';

const DOMAIN = 'DC=corp,DC=contoso,DC=com';
const PEOPLE = `OU=People,${DOMAIN}`;
const SERVICE = `OU=Service,${DOMAIN}`;

let emulator: Emulator;
let folder: string;

beforeAll(async () => {
  emulator = await startEmulator({ domains: ['contoso.com'], throttle: 'off' });
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-compare-'));
  writeFileSync(join(folder, 'secret'), emulator.clientSecret);
  chmodSync(join(folder, 'secret'), 0o600);
  const { url, tenant, clientId } = emulator;
  writeFileSync(
    join(folder, 'dirbridge.yaml'),
    `sources:
  - { name: corp, kind: ldif, path: ./corp.ldif, scope: { include: ["${PEOPLE}"] } }
target: { kind: entra, tenant: ${tenant}, clientId: ${clientId}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
`,
  );
  writeFileSync(join(folder, 'corp.ldif'), DIRECTORY.join('\n'));
});

afterAll(async () => {
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});

// ------------------------------------------------------------ the directory

/** The bytes of the objectGUID that a name stands for. */
function guidOf(name: string): Buffer {
  return Buffer.alloc(16, `${name}-guid-`);
}

/** What Connect and we make of it: the base64 of the bytes. */
function anchorOf(name: string): string {
  return guidOf(name).toString('base64');
}

function entry(name: string, kind: string, attributes: readonly string[], container = PEOPLE): string {
  const guid = `objectGUID:: ${guidOf(name).toString('base64')}`;
  return [`dn: CN=${name},${container}`, `objectClass: ${kind}`, `cn: ${name}`, guid, ...attributes, ''].join('\n');
}

function account(name: string, attributes: readonly string[] = [], container = PEOPLE): string {
  const upn = `userPrincipalName: ${name}@contoso.com`;
  return entry(name, 'user', [`sAMAccountName: ${name}`, upn, 'userAccountControl: 512', ...attributes], container);
}

const DIRECTORY = [
  `version: 1\n\ndn: ${DOMAIN}\nobjectClass: domainDNS\ndc: corp\n`,
  `dn: ${PEOPLE}\nobjectClass: organizationalUnit\nou: People\n`,
  `dn: ${SERVICE}\nobjectClass: organizationalUnit\nou: Service\n`,
  account('anna', [
    'givenName: Anna',
    'title: Boss',
    'mail: anna@contoso.com',
    'mailNickname: anna',
    'proxyAddresses: SMTP:anna@contoso.com',
    'proxyAddresses: smtp:boss@contoso.com',
    'pwdLastSet: 133000000000000000',
    'msExchRecipientTypeDetails: 1',
    `manager: CN=ben,${PEOPLE}`,
  ]),
  account('ben', ['title: Boss', 'department: sales', 'telephoneNumber: 17', `manager: CN=anna,${PEOPLE}`]),
  account('cora'),
  account('dora', [], SERVICE),
  account('emil'),
  account('finn'),
  entry('team', 'group', [
    'sAMAccountName: team',
    'groupType: -2147483646',
    `member: CN=anna,${PEOPLE}`,
    `member: CN=ben,${PEOPLE}`,
    `member: CN=kim,${PEOPLE}`,
  ]),
  entry('kim', 'contact', ['displayName: Kim', 'mail: kim@x.example', 'mailNickname: kim', 'company: Old']),
];

// ------------------------------------------------------------ what Connect holds

/** By hand from the rules that Connect ships: what they make of an account that has nothing but its names. */
function plainUser(name: string): SampleAttributes {
  return {
    sourceAnchor: anchorOf(name),
    accountEnabled: true,
    commonName: name,
    displayName: name,
    onPremisesSamAccountName: name,
    userPrincipalName: `${name}@contoso.com`,
    dnsDomainName: 'corp.contoso.com',
  };
}

const ANNA: SampleAttributes = {
  ...plainUser('anna'),
  givenName: 'Anna',
  title: 'Boss',
  mail: 'anna@contoso.com',
  alias: 'anna',
  proxyAddresses: ['smtp:boss@contoso.com', 'SMTP:anna@contoso.com'],
  lastPasswordChangeTimestamp: '20220618042640.0Z',
  msExchRecipientTypeDetails: 1n,
  cloudAnchor: 'User_11111111-2222-3333-4444-555555555555',
  usageLocation: 'CH',
};

const CONNECT: readonly SampleObject[] = [
  {
    anchor: anchorOf('anna'),
    synchronized: { attributes: ANNA, references: { manager: [anchorOf('ben')] } },
  },
  {
    // A change waits that makes ben a clerk of Sales; nobody has a telephone.
    anchor: anchorOf('ben'),
    synchronized: { attributes: { ...plainUser('ben'), department: 'Purchase' } },
    change: {
      operation: 'update',
      attributes: { title: 'Clerk', department: 'Sales', extension_1_costCenter: '7' },
      references: { manager: [anchorOf('anna')] },
    },
    more: '<export-errordetail><export-status><cd-error><error-name>InvalidSoftMatch</error-name></cd-error></export-status></export-errordetail>',
  },
  { anchor: anchorOf('cora'), synchronized: { attributes: plainUser('cora') }, change: { operation: 'delete' } },
  { anchor: anchorOf('dora'), synchronized: { attributes: plainUser('dora') } },
  {
    anchor: 'b3RoZXI=',
    synchronized: { attributes: { ...plainUser('finn'), sourceAnchor: 'b3RoZXI=' } },
  },
  {
    anchor: anchorOf('team'),
    type: 'group',
    synchronized: {
      attributes: { sourceAnchor: anchorOf('team'), commonName: 'team', displayName: 'team', securityEnabled: true },
      references: { member: [anchorOf('anna'), anchorOf('dora'), anchorOf('kim')] },
    },
  },
  {
    anchor: anchorOf('kim'),
    type: 'contact',
    synchronized: {
      attributes: {
        sourceAnchor: anchorOf('kim'),
        displayName: 'Kim',
        mail: 'kim@x.example',
        alias: 'kim',
        company: 'New',
      },
    },
  },
  { anchor: 'stranger', synchronized: { attributes: { displayName: 'Cloud only' } }, more: '<connector>0</connector>' },
];

function dirbridge(...args: readonly string[]): Promise<Ended> {
  return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') });
}

function write(objects: readonly SampleObject[]): string {
  const file = join(folder, 'export.xml');
  writeCsExport(file, csExport(...objects), 'utf16le');
  return file;
}

async function compared(objects: readonly SampleObject[], ...args: readonly string[]): Promise<Comparison> {
  const { out, err } = await dirbridge('compare', '--csexport', write(objects), '--json', ...args);
  expect(err).not.toContain('error');
  return JSON.parse(out) as Comparison;
}

/** `tenant user ben@contoso.com title: Clerk | Boss`. */
function lines({ objects }: Comparison): readonly string[] {
  return objects.flatMap(({ weight, where, type, name, differences }) =>
    where === 'both'
      ? differences.map(
          (one) =>
            `${one.weight} ${type} ${name} ${one.attribute}: ${one.connect.shown.join(', ') || '-'} | ${one.ours.shown.join(', ') || '-'}`,
        )
      : [`${weight} ${type} ${name} ${where}`],
  );
}

describe('before a plan was made', () => {
  test('there is nothing to compare with, and the remedy says so', async () => {
    const { code, err } = await dirbridge('compare', '--csexport', write(CONNECT));
    expect(code).toBe(2);
    expect(err).toContain('Make a plan first: dirbridge plan.');
  });
});

describe('after a plan', () => {
  beforeAll(async () => {
    const { code } = await dirbridge('plan', '--quiet');
    expect(code).toBeLessThan(2);
  });

  test('exactly what differs is told, what matters most first', async () => {
    const comparison = await compared(CONNECT);
    expect(lines(comparison)).toEqual([
      'tenant user ben@contoso.com department: Sales | sales',
      'tenant user ben@contoso.com telephoneNumber: - | 17',
      'tenant user ben@contoso.com title: Clerk | Boss',
      'elsewhere user ben@contoso.com extension_1_costCenter: 7 | -',
      'tenant user cora@contoso.com only-ours',
      'tenant user dora@contoso.com only-connect',
      'tenant user finn@contoso.com only-connect',
      `tenant group team member: ${anchorOf('dora')} (not synchronized here) | ben@contoso.com`,
      'tenant user emil@contoso.com only-ours',
      'tenant user finn@contoso.com only-ours',
      'elsewhere contact Kim company: New | Old',
    ]);
    expect(comparison.counts).toMatchObject({
      inFile: 8,
      both: 4,
      equal: 0,
      byDesign: 1,
      different: 3,
      onlyConnect: 2,
      onlyOurs: 3,
      otherAnchor: 1,
      unmanaged: 1,
      withProblems: 1,
    });
    expect(comparison).toMatchObject({ isPendingOnly: false, notListed: 0 });
  });

  test('why an object is on one side only, and the rule on each side of a value', async () => {
    const { objects, problems } = await compared(CONNECT);
    const why = Object.fromEntries(objects.map((one) => [`${one.where} ${one.name}`, one.why]));
    expect(why['only-connect dora@contoso.com']).toBe(
      `out of scope because it lies below none of the containers of scope.include: "${PEOPLE}"`,
    );
    expect(why['only-ours cora@contoso.com']).toBe('Connect is about to delete it, and our rules want it');
    expect(why['only-ours emil@contoso.com']).toBe('Connect has no object of this source anchor');
    expect(why['only-ours finn@contoso.com']).toContain('with another source anchor, b3RoZXI=');
    expect(why['only-connect finn@contoso.com']).toContain(`has the source anchor ${anchorOf('finn')} here`);
    const ben = objects.find((one) => one.name === 'ben@contoso.com');
    const of = (attribute: string) => ben?.differences.find((one) => one.attribute === attribute);
    expect(of('title')).toMatchObject({
      connectRule: '"Out to AAD - User ExchangeOnline"',
      ourRule: {
        outbound: 'Out to AAD - User ExchangeOnline',
        inbound: 'In from AD - User Common',
        from: `title of CN=ben,${PEOPLE} in corp`,
      },
    });
    expect(of('department')).toMatchObject({ way: 'case' });
    expect(of('extension_1_costCenter')).toMatchObject({
      connectRule: 'no standard rule of Connect gives it: a directory extension',
      ourRule: { outbound: null, inbound: null, from: null },
    });
    expect(problems).toEqual([{ name: 'ben@contoso.com', problems: ['export: InvalidSoftMatch'] }]);
  });

  test('attribute by attribute with how many, an example and the probable cause', async () => {
    const { attributes } = await compared(CONNECT);
    const told = attributes.map((one) => `${one.weight} ${one.type} ${one.attribute} ${one.count}: ${one.cause}`);
    expect(told).toContain('tenant user department 1: one side changes upper and lower case');
    expect(told).toContain('elsewhere user extension_1_costCenter 1: no rule of ours gives it');
    expect(told).toContain(
      'design user cloudAnchor 1: Connect only reads it from the tenant and gives it to nobody there',
    );
    expect(told.findIndex((line) => line.startsWith('design'))).toBeGreaterThan(
      told.findLastIndex((line) => line.startsWith('elsewhere')),
    );
  });

  test('the page says it for people, and the exit code for scripts', async () => {
    const { code, out } = await dirbridge('compare', '--csexport', write(CONNECT));
    expect(code).toBe(1);
    expect(out).toMatch(/export\.xml: 8 objects\n {10}1 {2}equal but for what is so by design\n {10}3 {2}different\n/);
    expect(out).toContain('  1 only in Connect: out of scope because it lies below none of the containers');
    expect(out).toContain(
      '      title\n        Connect: "Clerk"  "Out to AAD - User ExchangeOnline"\n        we:      "Boss"  ',
    );
    expect(out).toContain("Connect's own problem: export: InvalidSoftMatch");
    expect(out.trimEnd().split('\n').at(-1)).toMatch(/^8 objects differ: 5 objects on one side only, /);
    const same = await dirbridge('compare', '--csexport', write(CONNECT.slice(0, 1)), '--object', 'anna@contoso.com');
    expect(same.code).toBe(0);
    expect(same.out).toContain('Nothing differs but what is so by design.');
    expect(same.out).toContain('usageLocation  (by design)');
  });

  test('one object or one attribute can be asked for; what nobody knows is refused', async () => {
    const one = await compared(CONNECT, '--object', 'BEN@contoso.com');
    expect(new Set(one.objects.map((object) => object.name))).toEqual(new Set(['ben@contoso.com']));
    expect(one.counts).toMatchObject({ different: 1, onlyOurs: 0, onlyConnect: 0 });
    const titles = await compared(CONNECT, '--attribute', 'TITLE');
    expect(lines(titles)).toEqual(['tenant user ben@contoso.com title: Clerk | Boss']);
    const file = write(CONNECT);
    expect((await dirbridge('compare', '--csexport', file, '--object', 'nobody')).code).toBe(2);
    const unknown = await dirbridge('compare', '--csexport', file, '--attribute', 'titel');
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('has an attribute "titel"')]);
  });

  test('all are counted, however few are listed', async () => {
    const few = await compared(CONNECT, '--limit', '2');
    expect(few.objects).toHaveLength(2);
    expect(few.notListed).toBe(6);
    const none = await compared(CONNECT, '--limit', '0');
    expect([none.objects.length, none.notListed]).toEqual([0, 8]);
    expect(none.differences).toEqual(few.differences);
    expect(none.attributes).toEqual(few.attributes);
  });

  test('of a file of pending exports nothing follows for what is not in it', async () => {
    const pending = CONNECT.filter((one) => one.change !== undefined);
    const comparison = await compared(pending);
    expect(comparison).toMatchObject({ isPendingOnly: true, counts: { notInFile: 5, onlyOurs: 1 } });
    const page = await dirbridge('compare', '--csexport', write(pending));
    expect(page.out).toContain('it seems to hold pending exports only (csexport /f:x)');
    expect((await compared(pending, '--whole')).counts).toMatchObject({ notInFile: 0, onlyOurs: 6 });
    const empty = await dirbridge('compare', '--csexport', write([]));
    expect([empty.code, empty.err]).toEqual([2, expect.stringContaining('holds no object')]);
  });

  test('what Connect leaves alone and we would take is told, too', async () => {
    const more = '<connector>0</connector>';
    const synchronized = { attributes: plainUser('cora') };
    const { counts, objects } = await compared([{ anchor: anchorOf('cora'), synchronized, more }]);
    expect(counts).toMatchObject({ unmanaged: 0, onlyOurs: 7 });
    const cora = objects.find((one) => one.name === 'cora@contoso.com');
    expect(cora?.why).toBe('it is in the tenant, but Connect has joined it to nothing');
  });

  test('upper and lower case count in a source anchor', async () => {
    const anchor = anchorOf('emil').toLowerCase();
    const synchronized = { attributes: { ...plainUser('emil'), sourceAnchor: anchor } };
    const { objects, counts } = await compared([{ anchor, synchronized }]);
    expect(counts).toMatchObject({ both: 0, onlyConnect: 1, otherAnchor: 1 });
    expect(objects[0]?.why).toContain('differs in upper and lower case, which count in it');
  });

  test('a mistake on the command line is refused', async () => {
    expect((await dirbridge('compare')).err).toContain('--csexport');
    const wrong = await dirbridge('compare', '--csexport', write(CONNECT), '--limit', 'many');
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('whole number')]);
    const nowhere = await dirbridge('compare', '--csexport', join(folder, 'nowhere.xml'));
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('nowhere.xml cannot be read')]);
  });

  test('one source anchor on two kinds of objects is told', async () => {
    const synchronized = { attributes: { sourceAnchor: anchorOf('kim'), displayName: 'Kim' } };
    const [kim] = (await compared([{ anchor: anchorOf('kim'), synchronized }])).objects;
    expect(kim?.differences[0]).toMatchObject({
      attribute: 'object type',
      connect: { shown: ['user'] },
      ours: { shown: ['contact'] },
      connectRule: '"Out to AAD - User Join"',
      ourRule: { outbound: 'Out to AAD - Contact Join' },
    });
  });

  test('a file of changes alone compares what they name', async () => {
    const change = { operation: 'update', attributes: { title: 'Boss', department: 'Sales' } };
    const comparison = await compared([{ anchor: anchorOf('ben'), change }]);
    expect(lines(comparison)).toEqual(['tenant user ben@contoso.com department: Sales | sales']);
  });

  test('the rules of the owner are named from an exported configuration', async () => {
    const exported = join(folder, 'exported');
    const own = {
      name: 'Out to AAD - Contoso cost center',
      direction: 'Outbound' as const,
      connector: AAD_CONNECTOR,
      from: 'person',
      to: 'user',
      link: 'Join',
      precedence: 50,
      flows: [direct('extension_1_costCenter', 'employeeNumber')],
    };
    writeExport(exported, { rules: [own] });
    const { objects } = await compared(CONNECT, '--rules-from', exported, '--object', 'ben@contoso.com');
    const difference = objects[0]?.differences.find((one) => one.attribute === 'extension_1_costCenter');
    expect(difference?.connectRule).toBe('"Out to AAD - Contoso cost center", a rule of yours: employeeNumber');
    const title = objects[0]?.differences.find((one) => one.attribute === 'title');
    expect(title?.connectRule).toBe('no rule of the exported configuration gives it');
  });

  test('a broken file tells nothing but its place', async () => {
    const file = write(CONNECT);
    const xml = csExport(...CONNECT);
    writeFileSync(file, xml.slice(0, xml.indexOf(spaceDn(anchorOf('kim'))) + 400));
    const { code, out, err } = await dirbridge('compare', '--csexport', file);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/export\.xml:9:\d+: the file ends inside of </);
  });
});
