import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { importFromConnect } from '../../src/app.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { direct, metaverseXml, writeExport } from './connect-sample.ts';
import { importFolder } from './import-sample.ts';

let folder: string;
let from: string;
let to: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-damaged-');
  [from, to] = [join(folder, 'export'), join(folder, 'out')];
  writeExport(from, {
    rules: [{ name: 'Größe', precedence: 40, flows: [direct('company')] }],
    settings: { 'Synchronize.TimeInterval': '02:00:00' },
  });
});

afterEach(() => removeTemporaryFolder(folder));

const refusal = (path: string): Promise<unknown> =>
  importFromConnect(path, to, false).then(
    () => null,
    (error: unknown) => error,
  );

describe('what is no export is refused with what to do:', () => {
  test.each<[string, () => string, RegExp, RegExp]>([
    ['a folder that is not there', () => join(folder, 'nowhere'), /cannot be read/, /Give the folder/],
    [
      'a single file',
      () => join(from, 'GlobalSettings/MV.xml'),
      /is a file, not a folder/,
      /Give the folder that holds SynchronizationRules/,
    ],
    ['an archive', () => put('export.zip', 'PK'), /is an archive/, /^Unpack it first/],
    [
      'a folder with an archive in it',
      () => join(put('packed/export.zip', 'PK'), '..'),
      /neither a rule nor a connector/,
      /^Unpack the archive first/,
    ],
    [
      'an empty folder',
      () => mkdirSync(join(folder, 'empty/er'), { recursive: true }) ?? '',
      /neither a rule nor a connector \(no file\)/,
      /Give the folder/,
    ],
    [
      'a folder of other things',
      () => join(put('other/web.config.xml', '<configuration/>'), '..'),
      /only others, such as web.config.xml/,
      /Give the folder/,
    ],
    ['the global settings alone', () => join(from, 'GlobalSettings'), /global settings alone/, /Give the folder/],
  ])('%s', async (_what, make, message, remedy) => {
    const error = await refusal(make());
    expect(error).toMatchObject({ code: 'connect-file-invalid', exitCode: 2 });
    expect(String((error as Error).message)).toMatch(message);
    expect((error as { readonly remedy: string }).remedy).toMatch(remedy);
    expect(readdirSync(folder)).not.toContain('out');
  });

  function put(name: string, text: string): string {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  }
});

describe('an export that lacks', () => {
  test.each<[string, string, RegExp]>([
    ['SynchronizationRules', 'SynchronizationRules', /what you changed in the rules is not known/],
    ['GlobalSettings', 'GlobalSettings/MV.xml', /our defaults/],
    ['Connectors', 'Connectors (of a forest)', /your directories/],
  ])('%s is read as far as it goes, and that is told', async (part, name, message) => {
    rmSync(join(from, part), { recursive: true });
    const { told } = await importFolder(from, to);
    expect(told(name)).toEqual([expect.stringMatching(message)]);
  });
});

describe('text in', () => {
  const rewrite = (change: (text: string) => Buffer): void => {
    const path = join(from, 'SynchronizationRules/SynchronizationRule_0.xml');
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  };
  const wide = (text: string): Buffer => Buffer.from(text, 'utf16le');

  test.each<[string, (text: string) => Buffer]>([
    ['UTF-8 with a mark', (text) => Buffer.from(`\uFEFF${text}`)],
    ['UTF-16 with a mark', (text) => wide(`\uFEFF<?xml version="1.0" encoding="utf-16"?>${text}`)],
    ['UTF-16 without one', (text) => wide(text)],
    ['UTF-16 the other way round', (text) => wide(`\uFEFF${text}`).swap16()],
    [
      'the code page that it names',
      (text) => Buffer.from(`<?xml version="1.0" encoding="windows-1252"?>${text}`, 'latin1'),
    ],
  ])('%s is read', async (_what, encode) => {
    rewrite(encode);
    const { rule } = await importFolder(from, to);
    expect(rule('Größe')?.precedence).toBe(40);
  });

  test('no encoding at all is refused by name', async () => {
    rewrite((text) => Buffer.from(text, 'latin1'));
    expect(String(await refusal(from))).toMatch(/SynchronizationRule_0\.xml is not encoded in utf-8/);
  });
});

test('a file of the wizard, an archive and many others are told, the others not one by one', async () => {
  writeFileSync(join(from, 'PersistedState.xml'), '<state/>');
  writeFileSync(join(from, 'a.zip'), 'PK');
  for (let number = 10; number < 40; number++) writeFileSync(join(from, `x${number}.txt`), '');
  const { imported, told } = await importFolder(from, to);
  expect(told('PersistedState.xml')[0]).toMatch(/wizard/);
  expect(told('a.zip')[0]).toMatch(/unpack it/);
  expect(imported.lines.filter((line) => line.what === 'file').length).toBeLessThan(12);
});

test('no secret is in what is written or told, wherever it stands and however it is marked', async () => {
  const secret = 'VERY+SECRET/VALUE==';
  writeFileSync(
    join(from, 'GlobalSettings/MV.xml'),
    metaverseXml({ 'Odd.Password': secret, 'Odd.ApiKey': secret, 'Odd.ClientSecret': secret }).replace(
      '</parameter-values>',
      `<parameter name="Microsoft.Odd.Thing" type="encrypted-string">${secret}</parameter>
       <parameter name="Microsoft.Odd.Other" encrypted="1">${secret}</parameter></parameter-values>`,
    ),
  );
  const connectors = join(from, 'Connectors');
  for (const file of readdirSync(connectors)) {
    const path = join(connectors, file);
    const marked = readFileSync(path, 'utf8')
      .replaceAll('AAAAVERYSECRETAAAA', secret)
      .replace('</ma-data>', `<encrypted-attributes><attribute>${secret}</attribute></encrypted-attributes></ma-data>`);
    writeFileSync(
      path,
      marked.replace('</parameter-values>', `<parameter name="client-secret">${secret}</parameter></parameter-values>`),
    );
  }
  const policy = {
    policyMetadata: { type: 'applied' },
    deploymentMetadata: { serviceAccountPassword: secret, hostName: 'SRV1' },
  };
  writeFileSync(join(from, 'Applied-SynchronizationPolicy-1.JSON'), JSON.stringify(policy));
  const { imported, rulesText, configText } = await importFolder(from, to);
  for (const text of [JSON.stringify(imported), rulesText, configText]) expect(text).not.toContain('VERY+SECRET');
  expect(JSON.stringify(imported.lines)).toContain('Microsoft.Odd.ApiKey');
});

describe('policies', () => {
  const write = (policy: unknown, name = 'Applied-SynchronizationPolicy-20260102.JSON'): void =>
    writeFileSync(join(from, name), typeof policy === 'string' ? policy : `\uFEFF${JSON.stringify(policy)}`);

  test('add the rules that the XML does not have, with line ends and blanks of their own', async () => {
    write({
      PolicyMetadata: { Type: 'applied', AzureADConnectVersion: '2.4.18.0' },
      azureDirectoryPolicy: {
        customSynchronizationRules: [
          {
            Name: '  From a policy ',
            uniqueIdentifier: '{aaaaaaaa-0000-0000-0000-00000000000a}',
            Direction: 'Outbound',
            SourceObjectType: 'person',
            TargetObjectType: 'user',
            LinkType: 'Join',
            Precedence: '44',
            ScopeFilter: {
              ScopeConditionList: [{ Attribute: 'c', ComparisonOperator: 'EQUAL', ComparisonValue: 'DE' }],
            },
            AttributeFlowMappings: [
              { Source: ['company'], Destination: 'companyName', FlowType: 'Direct', ValueMergeType: 'Update' },
              { Source: ['a', 'b'], Destination: 'title', FlowType: 'Expression', Expression: '[a] &\r\n [b]' },
              { Source: ['a', 'b'], Destination: 'info', FlowType: 'Direct' },
            ],
          },
          null,
          'text',
        ],
        standardSynchronizationRules: [
          { Name: 'Out to AAD - User Join', immutableTag: 'Microsoft.OuttoAADUserJoin.012', precedence: 120 },
        ],
      },
      somethingNew: {},
    });
    const { flows, rule, told } = await importFolder(from, to);
    expect(rule('From a policy')?.precedence).toBe(44);
    expect(flows('From a policy').map((flow) => flow.replace('\r', ''))).toEqual([
      'companyName: direct company update',
      'title: expression [a] &\n [b] update',
    ]);
    expect(told('Out to AAD - User Join')[0]).toMatch(/^standard: Microsoft.OuttoAADUserJoin.012, named by a policy/);
    expect(told('Applied-SynchronizationPolicy-20260102.JSON')[0]).toMatch(
      /of type applied of version 2.4.18.0 .*somethingNew/,
    );
  });

  test('of odd forms break nothing: lists where texts are due, texts where lists are', async () => {
    write({
      policyMetadata: [],
      onpremisesDirectoryPolicy: 'x',
      azureDirectoryPolicy: {
        customSynchronizationRules: { Name: ['a'], Precedence: {}, AttributeFlowMappings: 'none' },
      },
    });
    const { imported } = await importFolder(from, to);
    expect(imported.lines.some((line) => line.outcome === 'left' && line.what === 'rule')).toBe(true);
  });

  test('that are no JSON are refused by name', async () => {
    write('{ "policyMetadata": ');
    expect(String(await refusal(from))).toMatch(/Applied-SynchronizationPolicy-20260102\.JSON: is not valid JSON/);
  });
});
