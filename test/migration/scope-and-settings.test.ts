import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScopeConfig } from '../../src/config.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { direct, type ForestSample, SECOND_CONNECTOR } from './connect-sample.ts';
import { importSample } from './import-sample.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-settings-');
});

afterEach(() => removeTemporaryFolder(folder));

const DOMAIN = 'DC=corp,DC=example,DC=com';
const ou = (...names: readonly string[]): string => [...names.map((name) => `OU=${name}`), DOMAIN].join(',');

async function scopeOf(
  forest: ForestSample,
  settings: Readonly<Record<string, string>> = {},
): Promise<ScopeConfig | undefined> {
  const { config } = await importSample(folder, { forests: [forest], settings });
  return config.sources[0]?.scope;
}

describe('containers', () => {
  test('all but some: the domain stands open, what is excluded is excluded', async () => {
    expect(await scopeOf({ exclude: [ou('Service')] })).toEqual({ include: [], exclude: [ou('Service')], groups: [] });
  });

  test('some alone: what is excluded elsewhere says nothing and is left out', async () => {
    const scope = await scopeOf({ include: [ou('Staff')], exclude: [DOMAIN, ou('Service'), ou('Guests', 'Staff')] });
    expect(scope).toEqual({ include: [ou('Staff')], exclude: [ou('Guests', 'Staff')], groups: [] });
  });

  test('nested: in, out and in again', async () => {
    const nested = { include: [ou('Staff'), ou('VIP', 'Guests', 'Staff')], exclude: [DOMAIN, ou('Guests', 'Staff')] };
    expect(await scopeOf(nested)).toEqual({ include: nested.include, exclude: [ou('Guests', 'Staff')], groups: [] });
    const open = await scopeOf({ include: [DOMAIN, ou('VIP', 'Guests')], exclude: [ou('Guests')] });
    expect(open).toEqual({ include: [DOMAIN, ou('VIP', 'Guests')], exclude: [ou('Guests')], groups: [] });
  });

  test('whatever their spelling, the domain is known as the domain', async () => {
    const scope = await scopeOf({ exclude: ['dc=CORP, dc=Example, dc=com'], include: [ou('Staff')] });
    expect(scope).toEqual({ include: [ou('Staff')], exclude: [], groups: [] });
  });
});

describe('domains', () => {
  test('of a forest are a source each, those not selected and no domains at all are none', async () => {
    const { config, told } = await importSample(folder, {
      forests: [
        {
          partitions: [
            {
              dn: 'DC=emea,DC=corp,DC=example,DC=com',
              fqdn: 'emea.corp.example.com',
              include: ['OU=A,DC=emea,DC=corp,DC=example,DC=com'],
            },
            { dn: 'DC=apac,DC=corp,DC=example,DC=com', fqdn: 'apac.corp.example.com', selected: false },
            { dn: 'CN=Configuration,DC=corp,DC=example,DC=com', isDomain: false },
            { dn: 'DC=odd,DC=example', fqdn: 'odd example/../x', lastServer: 'dc 1:99/x' },
            { dn: 'DC=none,DC=example', fqdn: 'none.example', exclude: ['DC=none,DC=example'] },
          ],
        },
      ],
    });
    expect(config.sources.map((source) => source.name)).toEqual([
      'corp.example.com',
      'emea.corp.example.com',
      'odd-example-..-x',
    ]);
    expect(config.sources.map((source) => (source.section as { readonly servers: readonly string[] }).servers)).toEqual(
      [['ldaps://dc1.corp.example.com'], ['ldaps://emea.corp.example.com'], ['ldaps://REPLACE-ME.invalid']],
    );
    expect(config.sources[1]?.scope.include).toEqual(['OU=A,DC=emea,DC=corp,DC=example,DC=com']);
    expect(told('corp.example.com: DC=apac,DC=corp,DC=example,DC=com')[0]).toMatch(/not selected there/);
    expect(told('corp.example.com: DC=none,DC=example')[0]).toMatch(/^standard: no container of it is selected there/);
  });

  test('that are none: a source is written that reaches nobody, and that is told', async () => {
    const { config, told } = await importSample(folder, { forests: [{ exclude: [DOMAIN] }] });
    expect(config.sources.map((source) => source.name)).toEqual(['REPLACE-ME']);
    expect(told('sources')[0]).toMatch(/^left: no domain is selected there/);
  });
});

describe('the group filter', () => {
  const group = `CN=Pilot,OU=Groups,${DOMAIN}`;

  test('comes along where the group is in the domain', async () => {
    expect((await scopeOf({ group }, { 'OptionalFeature.GroupFiltering': 'True' }))?.groups).toEqual([group]);
  });

  test('stays out where it is switched off', async () => {
    expect((await scopeOf({ group }, { 'OptionalFeature.GroupFiltering': 'False' }))?.groups).toEqual([]);
  });

  test('of another domain stops the others rather than opening them', async () => {
    const emea = { dn: 'DC=emea,DC=example', fqdn: 'emea.example' };
    const { config, told } = await importSample(folder, { forests: [{ group, partitions: [emea] }] });
    expect(config.sources.map((source) => source.scope.groups)).toEqual([[group], [group]]);
    expect(told('emea.example: scope.groups')[0]).toMatch(/^left: .*in another domain.*put a group of this domain in/);
  });
});

describe('how persons are known', () => {
  const forests = [{}, { id: SECOND_CONNECTOR, domain: 'old.example.org' }];
  const identityOf = async (settings: Readonly<Record<string, string>>, all: readonly ForestSample[] = forests) =>
    (
      await importSample(folder, {
        forests: all,
        settings: Object.fromEntries(
          Object.entries(settings).map(([name, value]) => [`SynchronizationOption.${name}`, value]),
        ),
      })
    ).config.identity;

  test.each<[string, Readonly<Record<string, string>>, unknown]>([
    ['the SIDs', { JoinCriteria: 'ObjectSID' }, 'sid'],
    ['the mail address', { JoinCriteria: 'Mail' }, 'mail'],
    ['account name and mail nickname', { JoinCriteria: 'SAMAccountNameAndMailNickName' }, 'samAccountName'],
    ['an attribute', { JoinCriteria: 'CustomAttribute', CustomAttribute: 'EMPLOYEEID' }, { attribute: 'employeeID' }],
    ['nothing', { JoinCriteria: 'UsersRepresentedOnce' }, 'none'],
    ['an attribute that is not named', { JoinCriteria: 'CustomAttribute' }, 'none'],
    ['something unheard of', { JoinCriteria: 'Horoscope' }, 'none'],
  ])('the join by %s', async (_what, settings, join) => {
    expect((await identityOf(settings)).join).toEqual(join);
  });

  test('the SIDs say nothing where there is one forest only', async () => {
    const settings = { 'SynchronizationOption.JoinCriteria': 'ObjectSID' };
    const { config, told, configText } = await importSample(folder, { settings });
    expect(config.identity.join).toBe('none');
    expect(configText).not.toContain('identity');
    expect(told('identity.join')).toEqual([expect.stringMatching(/^standard: ObjectSID there; in a single forest/)]);
  });

  test.each<[string, unknown]>([
    ['objectGUID', 'objectGUID'],
    ['ms-DS-ConsistencyGuid', 'auto'],
    ['mS-DS-ConsistencyGuid', 'auto'],
    ['employeeid', { attribute: 'employeeID' }],
    ['mail', 'auto'],
    ['two words', 'auto'],
  ])('the anchor %s', async (anchor, expected) => {
    expect((await identityOf({ AnchorAttribute: anchor })).sourceAnchor).toEqual(expected);
  });

  test('an anchor that cannot be one here is told with the reason', async () => {
    const { told } = await importSample(folder, {
      settings: { 'SynchronizationOption.AnchorAttribute': 'userPrincipalName' },
    });
    expect(told('identity.sourceAnchor')[0]).toMatch(/^left: userPrincipalName there: cannot be a source anchor/);
  });

  test('an alternate sign-in name', async () => {
    expect((await identityOf({ UPNAttribute: 'MAIL' })).userPrincipalName).toEqual({ attribute: 'mail' });
    expect((await identityOf({ UPNAttribute: 'userprincipalname' })).userPrincipalName).toEqual({
      attribute: 'userPrincipalName',
    });
  });

  test('what the wizard wrote into the rules for such a choice is no change of the owner', async () => {
    const name = 'In from AD - User AccountEnabled';
    const { told } = await importSample(folder, {
      settings: { 'SynchronizationOption.AnchorAttribute': 'employeeID', 'SynchronizationOption.UPNAttribute': 'mail' },
      rules: [
        {
          name,
          tag: 'Microsoft.InfromADUserAccountEnabled.004',
          flows: [direct('sourceAnchor', 'employeeID'), direct('userPrincipalName', 'mail')],
        },
      ],
    });
    expect(told(name)[0]).not.toMatch(/changed or added/);
  });
});

describe('the server', () => {
  test.each<[string, Readonly<Record<string, string>>, number, RegExp]>([
    ['a limit of its own', { ExportDeletionThreshold: 'True', ExportDeletionThresholdValue: '40' }, 40, /^taken: 40;/],
    ['our limit', { ExportDeletionThreshold: 'True', ExportDeletionThresholdValue: '500' }, 500, /^standard: 500/],
    [
      'no limit',
      { ExportDeletionThreshold: 'False', ExportDeletionThresholdValue: '40' },
      500,
      /^left: the limit is off there; ours of 500 stays on/,
    ],
    [
      'a limit that is no number',
      { ExportDeletionThreshold: 'True', ExportDeletionThresholdValue: '-3' },
      500,
      /^left: "-3" is no number/,
    ],
    ['the limit nought', { ExportDeletionThreshold: 'True', ExportDeletionThresholdValue: '0' }, 0, /^taken: 0;/],
  ])('%s of deletions', async (_what, features, count, line) => {
    const settings = Object.fromEntries(
      Object.entries(features).map(([name, value]) => [`OptionalFeature.${name}`, value]),
    );
    const { config, told } = await importSample(folder, { settings });
    expect(config.guards.deletions.count).toBe(count);
    expect(told('guards.deletions.count')[0]).toMatch(line);
  });

  test.each<[string, number]>([
    ['00:30:00', 30],
    ['03:00:00', 180],
    ['1.00:00:00', 1440],
    ['00:00:00', 30],
    ['soon', 30],
  ])('a schedule of %s', async (interval, minutes) => {
    const { config } = await importSample(folder, { settings: { 'Synchronize.TimeInterval': interval } });
    expect(config.schedule.every).toBe(minutes * 60_000);
  });

  test('in staging mode or not, with password synchronization or not: we begin in staging mode and say what passwords do', async () => {
    const { config, told } = await importSample(folder, {
      settings: { 'Synchronize.StagingMode': 'False', 'OptionalFeature.PasswordHashSync': 'True' },
    });
    expect(config.staging).toBe(true);
    expect(config.passwords.method).toBe('hash');
    expect(told('passwords.method')[0]).toMatch(/^left: on there.*experimental here.*passwords\.md/);
  });
});
