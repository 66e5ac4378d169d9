import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../test/lab/temporary-folder.ts';
import {
  AAD_CONNECTOR,
  constant,
  direct,
  expression,
  SECOND_CONNECTOR,
  writeExport,
} from '../../test/migration/connect-sample.ts';
import { findReference } from '../../test/migration/find-reference.ts';
import { importFromConnect, readConfig, readRules } from '../app.ts';
import { microsoftRules, tableLine } from './microsoft-rules.ts';
import { readConnectExport } from './read-export.ts';

const SAMPLE = findReference('data/aadconnect-config/microsoft-AADConnectConfigDocumenter/Contoso-Pilot');

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-import-');
});

afterEach(() => removeTemporaryFolder(folder));

async function importAll(content: Parameters<typeof writeExport>[1]) {
  writeExport(join(folder, 'export'), content);
  const imported = await importFromConnect(join(folder, 'export'), join(folder, 'out'), false);
  const config = readConfig(join(folder, 'out/dirbridge.yaml'));
  const told = (name: string) =>
    imported.lines.filter((line) => line.name === name).map(({ outcome, detail }) => `${outcome}: ${detail}`);
  return { imported, config, rules: readRules(config), told };
}

test('an own rule comes along whole: scope, join, every kind of flow, number and password flag', async () => {
  const { rules, told } = await importAll({
    rules: [
      {
        name: 'Contractors stay out',
        precedence: 60,
        link: 'StickyJoin',
        passwordSync: true,
        scope: [['employeeType EQUAL Contractor', 'mail ISNOTNULL'], ['userAccountControl ISNOTBITSET 2']],
        joins: [['employeeID=employeeID exactly'], ['mail=mail']],
        flows: [
          constant('cloudFiltered', 'True', true),
          constant('extensionAttribute1', 'True'),
          direct('department', 'division'),
          expression('displayName', 'Trim([displayName]) & " <ext>"'),
          direct('otherMailbox', 'otherMailbox', 'MergeCaseInsensitive'),
        ],
      },
    ],
  });
  const rule = rules.find((one) => one.name === 'Contractors stay out');
  expect(rule).toMatchObject({
    direction: 'inbound',
    connector: 'source',
    link: 'sticky-join',
    precedence: 60,
    enablePasswordSync: true,
  });
  expect(rule?.scopeAttributes).toEqual(['employeeType', 'mail', 'userAccountControl']);
  expect(rule?.joins[0]).toEqual([
    { spaceAttribute: 'employeeID', metaverseAttribute: 'employeeID', caseSensitive: true },
  ]);
  const flows = Object.fromEntries(
    rule?.flows.map((flow) => [flow.target, `${flow.kind} ${flow.text} ${flow.merge} ${flow.once}`]) ?? [],
  );
  expect(flows).toEqual({
    cloudFiltered: 'constant true update true',
    extensionAttribute1: 'constant True update false',
    department: 'direct division update false',
    displayName: 'expression Trim([displayName]) & " <ext>" update false',
    otherMailbox: 'direct otherMailbox merge-case-insensitive false',
  });
  const rulesFile = readFileSync(join(folder, 'out/rules.yaml'), 'utf8');
  expect(rulesFile).toContain('constant: true');
  expect(rulesFile).toContain('constant: "True"');
  expect(told('Contractors stay out')).toEqual(['taken: your own rule; written with 5 flows']);
});

test('a flow that cannot be carried is left out alone and told, a scope that cannot takes the rule with it', async () => {
  const { rules, told } = await importAll({
    rules: [
      { name: 'Odd flow', precedence: 61, flows: [expression('title', 'Nonsense([title])'), direct('company')] },
      { name: 'Odd scope', precedence: 62, scope: [['title SOUNDSLIKE boss']], flows: [direct('company')] },
      {
        name: 'Writes back',
        precedence: 63,
        direction: 'Outbound',
        from: 'person',
        to: 'user',
        flows: [direct('company')],
      },
    ],
  });
  expect(rules.find((rule) => rule.name === 'Odd flow')?.flows.map((flow) => flow.target)).toEqual(['company']);
  expect(told('Odd flow')[1]).toMatch(/^left: its flow to title: .*Nonsense/);
  expect(rules.some((rule) => rule.name === 'Odd scope' || rule.name === 'Writes back')).toBe(false);
  expect(told('Odd scope')[0]).toMatch(/^left: your own rule; scope/);
  expect(told('Writes back')[0]).toMatch(/it writes to the directory, and Dirbridge never does/);
});

test('of a standard rule that was changed only the change is taken, the rest stays as we ship it', async () => {
  const join = {
    name: 'In from AAD - User Join',
    tag: 'Microsoft.InfromAADUserJoin.004',
    connector: AAD_CONNECTOR,
    precedence: 119,
    joins: [['sourceAnchor=sourceAnchor exactly']],
    flows: [direct('usageLocation', 'usageLocation')],
  };
  const { rules, told } = await importAll({ rules: [join] });
  expect(told(join.name)[0]).toMatch(/^taken: a standard rule that you changed: .*flows (changed|removed)/);
  expect(rules.find((rule) => rule.name === join.name)?.joins).toHaveLength(1);
});

test('a standard rule that is disabled is disabled here; one of another build stands for ours and its differences are named', async () => {
  const { rules, told } = await importAll({
    rules: [
      {
        name: 'In from AD - Contact Common',
        tag: 'Microsoft.InfromADContactCommon.004',
        disabled: true,
        from: 'contact',
      },
      {
        name: 'In from AD - User Join',
        tag: 'Microsoft.InfromADUserJoin.004',
        link: 'Provision',
        flows: [direct('cn')],
      },
    ],
  });
  expect(rules.some((rule) => rule.name === 'In from AD - Contact Common')).toBe(false);
  expect(told('In from AD - User Join')[0]).toMatch(/^standard: .*another build.*flows changed or added: cn/);
});

test('containers, group, anchor, threshold and schedule come along, and no secret does', async () => {
  const { config } = await importAll({
    forests: [
      {
        exclude: [
          'DC=corp,DC=example,DC=com',
          'OU=Service,OU=Staff,DC=corp,DC=example,DC=com',
          'OU=Elsewhere,DC=corp,DC=example,DC=com',
        ],
        include: ['OU=Staff,DC=corp,DC=example,DC=com'],
        group: 'CN=Pilot,DC=corp,DC=example,DC=com',
      },
    ],
    settings: {
      'Synchronize.TimeInterval': '01:30:00',
      'OptionalFeature.ExportDeletionThreshold': 'True',
      'OptionalFeature.ExportDeletionThresholdValue': '40',
    },
  });
  expect(config.sources[0]?.scope).toEqual({
    include: ['OU=Staff,DC=corp,DC=example,DC=com'],
    exclude: ['OU=Service,OU=Staff,DC=corp,DC=example,DC=com'],
    groups: ['CN=Pilot,DC=corp,DC=example,DC=com'],
  });
  expect(config.schedule.every).toBe(90 * 60_000);
  expect(config.guards.deletions.count).toBe(40);
  expect(config.staging).toBe(true);
  const written = ['dirbridge.yaml', 'rules.yaml']
    .map((name) => readFileSync(join(folder, 'out', name), 'utf8'))
    .join('');
  expect(written).not.toContain('VERYSECRET');
});

test('a rule of one forest of two speaks for the objects of that forest only', async () => {
  const { rules } = await importAll({
    forests: [{}, { id: SECOND_CONNECTOR, domain: 'old.example.org' }],
    rules: [{ name: 'Old ones', connector: SECOND_CONNECTOR, precedence: 70, flows: [direct('company')] }],
  });
  const rule = rules.find((one) => one.name === 'Old ones');
  const isInScope = (dn: string) =>
    rule?.isInScope({
      get: (name) => (name === 'dn' ? dn : undefined),
      countReferences: () => 0,
      parameter: () => undefined,
      isMemberOf: () => false,
    });
  expect(isInScope('CN=A,DC=old,DC=example,DC=org')).toBe(true);
  expect(isInScope('CN=A,DC=corp,DC=example,DC=com')).toBe(false);
});

test('the rules of a JSON policy are read where the XML has none', async () => {
  const policy = {
    policyMetadata: { type: 'applied', azureADConnectVersion: '2.1.1.0' },
    onpremisesDirectoryPolicy: [
      {
        friendlyName: 'corp.example.com',
        uniqueIdentifier: 'aaaaaaaa-0000-0000-0000-000000000001',
        customSynchronizationRules: [
          {
            Name: 'From a policy',
            Direction: 'Inbound',
            SourceObjectType: 'user',
            TargetObjectType: 'person',
            LinkType: 'Join',
            Precedence: 44,
            AttributeFlowMappings: [
              { Source: ['company'], Destination: 'company', FlowType: 'Direct', ValueMergeType: 'Update' },
            ],
          },
        ],
        standardSynchronizationRules: [
          { Name: 'In from AD - User Join', immutableTag: 'Microsoft.InfromADUserJoin.006', precedence: 100 },
        ],
      },
    ],
  };
  mkdirSync(join(folder, 'export'));
  writeFileSync(join(folder, 'export/Applied-SynchronizationPolicy.JSON'), JSON.stringify(policy));
  await importFromConnect(join(folder, 'export'), join(folder, 'out'), false);
  const config = readConfig(join(folder, 'out/dirbridge.yaml'));
  expect(config.sources.map((source) => source.name)).toEqual(['corp.example.com']);
  expect(readRules(config).find((rule) => rule.name === 'From a policy')?.precedence).toBe(44);
});

test('files that are there are not written over without force, and an export that is damaged or hostile names its place', async () => {
  await importAll({});
  await expect(importFromConnect(join(folder, 'export'), join(folder, 'out'), false)).rejects.toMatchObject({
    code: 'output-exists',
  });
  await importFromConnect(join(folder, 'export'), join(folder, 'out'), true);
  writeFileSync(join(folder, 'export/bad.xml'), '<a>\n<b></a>');
  await expect(importFromConnect(join(folder, 'export'), join(folder, 'out'), true)).rejects.toThrow(
    /bad\.xml:2:\d+: /,
  );
  writeFileSync(join(folder, 'export/bad.xml'), '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>');
  await expect(importFromConnect(join(folder, 'export'), join(folder, 'out'), true)).rejects.toThrow(/DOCTYPE/);
  writeFileSync(join(folder, 'export/bad.xml'), '<a>'.repeat(200));
  await expect(importFromConnect(join(folder, 'export'), join(folder, 'out'), true)).rejects.toThrow(/deep/);
});

if (SAMPLE === null)
  test('the real export is not here: whether the table of standard rules is made of it is not compared', () => {
    expect(microsoftRules()).toHaveLength(62);
  });
else
  test('of a real export each of the 62 rules is told, nothing differs from what Microsoft shipped, and the table is made of it', async () => {
    const imported = await importFromConnect(SAMPLE, join(folder, 'out'), false);
    const { rules } = await readConnectExport(SAMPLE);
    expect(rules).toHaveLength(62);
    const told = imported.lines.filter((line) => line.what === 'rule');
    expect(new Set(told.map((line) => line.name))).toEqual(new Set(rules.map((rule) => rule.name)));
    expect(told.filter((line) => line.outcome === 'taken')).toEqual([]);
    expect(microsoftRules().map((rule) => rule.tag)).toEqual(rules.map((rule) => rule.tag));
    const table = readFileSync(new URL('./microsoft-rules.tsv', import.meta.url), 'utf8');
    expect(table).toBe(`${rules.map(tableLine).join('\n')}\n`);
    expect(readConfig(join(folder, 'out/dirbridge.yaml')).sources[0]?.scope.include).toEqual([
      'OU=CORP,DC=contoso,DC=com',
    ]);
  });
