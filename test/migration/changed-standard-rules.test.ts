import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CONNECT_RULES } from '../../src/migration/connect-rules.ts';
import { readConnectExport } from '../../src/migration/read-export.ts';
import type { CompiledRule, RuleSource } from '../../src/rules/rule.ts';
import { shippedRules } from '../../src/rules/rule-set.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { AAD_CONNECTOR, direct, expression, type RuleSample, SECOND_CONNECTOR } from './connect-sample.ts';
import { findReference } from './find-reference.ts';
import { type ImportedSample, importFolder, importSample } from './import-sample.ts';

const PILOT = findReference('data/aadconnect-config/microsoft-AADConnectConfigDocumenter/Contoso-Pilot');

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-standard-');
});

afterEach(() => removeTemporaryFolder(folder));

const versionOf = (name: string): string =>
  shippedRules().find(({ rule }) => rule.name === name)?.fingerprint ?? 'no such rule';

const disabled = (name: string, tag: string, more: Partial<RuleSample> = {}): RuleSample => ({
  name,
  tag: `Microsoft.${tag}`,
  disabled: true,
  precedence: 100,
  ...more,
});

test('a clone of a standard rule that is switched off stands for it, and loses nothing that ours gives besides', async () => {
  const name = 'In from AD - User AccountEnabled';
  const clone = `${name} - Cloned - 1/2/2026`;
  const { rule, rules, rulesText, told } = await importSample(folder, {
    rules: [
      {
        name: clone,
        precedence: 45,
        scope: [['userAccountControl ISBITNOTSET 2']],
        flows: [direct('sourceAnchor', 'employeeID')],
      },
      disabled(name, 'InfromADUserAccountEnabled.004'),
    ],
  });
  expect(rules.some((one) => one.name === name)).toBe(false);
  expect(rule(clone)?.flows.map((flow) => flow.target)).toEqual(['sourceAnchor', 'sourceAnchorBinary']);
  expect(rulesText).toContain(`disable:\n  - rule: ${name}\n    madeFor: ${versionOf(name)}\n`);
  expect(told(clone)).toEqual([
    `taken: your own rule, a clone of "${name}"; it got sourceAnchorBinary, which ours gives besides; written with 2 flows`,
  ]);
});

test('a standard rule that was changed says for which version of ours it was made, and keeps what identity changed in ours', async () => {
  const name = 'In from AD - User AccountEnabled';
  const { rule, rulesText, config } = await importSample(folder, {
    rules: [
      {
        name,
        tag: 'Microsoft.InfromADUserAccountEnabled.004',
        precedence: 102,
        passwordSync: true,
        scope: [['userAccountControl ISBITNOTSET 2', 'employeeType NOTEQUAL Guest']],
        flows: [direct('cn', 'name')],
      },
    ],
    settings: { 'SynchronizationOption.AnchorAttribute': 'employeeid' },
  });
  expect(config.identity.sourceAnchor).toEqual({ attribute: 'employeeID' });
  expect(rulesText).toContain(`madeFor: ${versionOf(name)}`);
  expect(rule(name)?.precedence).toBe(102);
  expect(rule(name)?.scopeAttributes).toEqual(['userAccountControl', 'employeeType']);
  expect(rule(name)?.flows.find((flow) => flow.target === 'sourceAnchorBinary')?.text).toContain('[employeeID]');
  expect(rule(name)?.flows.find((flow) => flow.target === 'cn')?.text).toBe('name');
});

test('a changed scope that will not do leaves ours as it is shipped, and the changed flows come along', async () => {
  const name = 'In from AD - User Lync';
  const { rule, told } = await importSample(folder, {
    rules: [
      {
        name,
        tag: 'Microsoft.InfromADUserLync.004',
        precedence: 110,
        scope: [['title SOUNDSLIKE x']],
        flows: [direct('info')],
      },
    ],
  });
  expect(rule(name)?.scope).toEqual([]);
  expect(rule(name)?.flows.map((flow) => flow.target)).toContain('info');
  expect(told(name).some((line) => /^left: its changed scope: .*SOUNDSLIKE/.test(line))).toBe(true);
});

describe('two forests that differ in a standard rule:', () => {
  const forests = [{}, { id: SECOND_CONNECTOR, domain: 'old.example.org' }];
  const name = 'In from AD - User Lync';
  const tag = 'Microsoft.InfromADUserLync.003';
  const inScope = (rule: CompiledRule | undefined, domain: string): boolean | undefined => {
    const source: RuleSource = {
      get: (attribute) => (attribute === 'dn' ? `CN=A,OU=B,${domain}` : undefined),
      countReferences: () => 0,
      parameter: () => undefined,
      isMemberOf: () => false,
    };
    return rule?.isInScope(source);
  };
  const [CORP, OLD] = ['DC=corp,DC=example,DC=com', 'DC=old,DC=example,DC=org'];

  test('switched off for one, it leaves out the objects of that forest alone', async () => {
    const { rule } = await importSample(folder, {
      forests,
      rules: [
        { name, tag, precedence: 110 },
        { name, tag, precedence: 140, connector: SECOND_CONNECTOR, disabled: true },
      ],
    });
    expect([CORP, OLD].map((domain) => inScope(rule(name), domain))).toEqual([true, false]);
  });

  test('changed for one, that forest gets a rule of its own', async () => {
    const known = { ...{ name, tag: 'Microsoft.InfromADUserLync.004' }, flows: [direct('info')] };
    const { rule, told } = await importSample(folder, {
      forests,
      rules: [
        { name, tag, precedence: 110 },
        { ...known, precedence: 140, connector: SECOND_CONNECTOR },
      ],
    });
    const own = rule(`${name} (old.example.org)`);
    expect([CORP, OLD].map((domain) => inScope(rule(name), domain))).toEqual([true, false]);
    expect([CORP, OLD].map((domain) => inScope(own, domain))).toEqual([false, true]);
    expect(own?.flows.map((flow) => flow.target)).toContain('info');
    expect(told(`${name} (corp.example.com)`)[0]).toMatch(/ours leaves out their objects \(DC=old,DC=example,DC=org\)/);
  });

  test('switched off for both, it is off', async () => {
    const { rule } = await importSample(folder, {
      forests,
      rules: [
        disabled(name, 'InfromADUserLync.004'),
        disabled(name, 'InfromADUserLync.004', { connector: SECOND_CONNECTOR, precedence: 150 }),
      ],
    });
    expect(rule(name)).toBeUndefined();
  });

  test('a rule of a forest without a selected domain speaks for nobody', async () => {
    const { rule, told } = await importSample(folder, {
      forests: [{}, { id: SECOND_CONNECTOR, domain: 'old.example.org', selected: false }],
      rules: [{ name: 'Own', connector: SECOND_CONNECTOR, flows: [direct('info')] }],
    });
    expect(rule('Own')).toBeUndefined();
    expect(told('Own (old.example.org)')).toEqual(['left: your own rule; no domain of old.example.org is selected']);
  });
});

test('a standard rule of a later build that nobody knows is told with what it gives', async () => {
  const name = 'In from AAD - Device Common';
  const { told } = await importSample(folder, {
    rules: [
      {
        name,
        tag: 'Microsoft.InfromAADDeviceCommon.001',
        connector: AAD_CONNECTOR,
        from: 'device',
        to: 'device',
        flows: [direct('deviceId'), expression('x', 'NULL')],
      },
    ],
  });
  expect(told(name)).toEqual([expect.stringMatching(/^left: .*later build than 1.1.130.*; it gives deviceId x$/)]);
});

// ------------------------------------------------------------ the real export, with changes

if (PILOT === null)
  test('the real export is not here: what is made of it and of changes to it is not tried', () => {
    expect(findReference('data/aadconnect-config')).toBeNull();
  });
else describe('the real export', () => tryRealExport(PILOT));

function tryRealExport(pilot: string): void {
  /** Imports a copy of it in which the rules named were edited. */
  async function importEdited(edits: Readonly<Record<string, (xml: string) => string>>): Promise<ImportedSample> {
    const copy = join(folder, 'pilot');
    cpSync(pilot, copy, { recursive: true });
    const rules = join(copy, 'SynchronizationRules');
    const left = new Set(Object.keys(edits));
    for (const file of readdirSync(rules)) {
      const path = join(rules, file);
      const xml = readFileSync(path, 'utf8');
      const name = /<name>([^<]*)<\/name>/.exec(xml)?.[1] ?? '';
      const edited = edits[name]?.(xml);
      if (edited === undefined) continue;
      expect(edited).not.toBe(xml);
      writeFileSync(path, edited);
      left.delete(name);
    }
    expect([...left]).toEqual([]);
    return importFolder(copy, join(folder, 'out'));
  }
  const off = (xml: string): string => xml.replace(/<disabled>False<\/disabled>/i, '<disabled>True</disabled>');
  const withoutFlow =
    (target: string) =>
    (xml: string): string =>
      xml.replace(new RegExp(`<mapping[^>]*>\\s*<dest>${target}</dest>[\\s\\S]*?</mapping>`), '');

  test('as it is: all 62 rules as the account of them says, nothing to write, nothing to complain of', async () => {
    const { imported, rulesText, config, told } = await importFolder(pilot, join(folder, 'out'));
    const { rules } = await readConnectExport(pilot);
    expect(rules.map((rule) => rule.name)).toEqual([...CONNECT_RULES.keys()]);
    for (const [name, fate] of CONNECT_RULES) {
      const [line = ''] = told(name);
      if (fate.fate === 'taken over') expect(line).toMatch(/^standard: .* ours of that name stands for it$/);
      if (fate.fate === 'folded') expect(line).toMatch(new RegExp(`^standard: .*; its flows are in "${fate.into[0]}"`));
      if (fate.fate === 'left out')
        expect(line).toBe(
          `left: ${rules.find((rule) => rule.name === name)?.tag}, as Microsoft shipped it; it ${fate.because}`,
        );
    }
    expect(imported.counts).toEqual({ taken: 0, standard: 49, left: 13 });
    expect(imported.lines.map((line) => line.detail).join()).not.toContain('no rule of that name');
    expect(rulesText).toMatch(/\nrules: \[\]\n$/);
    expect(config.identity).toEqual({
      join: 'none',
      sourceAnchor: 'objectGUID',
      userPrincipalName: { attribute: 'userPrincipalName' },
    });
  });

  test('with a service switched off: what another service gives stays, what it alone gave goes', async () => {
    const all = await importFolder(pilot, join(folder, 'all'));
    const before = new Set(
      all.rules
        .filter((rule) => rule.targetType === 'user' && rule.direction === 'outbound')
        .flatMap((rule) => rule.flows.map((flow) => flow.target)),
    );
    const { rule, rules, told } = await importEdited({ 'Out to AAD - User ExchangeOnline': off });
    const after = new Set(
      rules
        .filter((one) => one.targetType === 'user' && one.direction === 'outbound')
        .flatMap((one) => one.flows.map((flow) => flow.target)),
    );
    const exchange = rule('Out to AAD - User ExchangeOnline');
    expect(exchange?.precedence).toBe(125);
    const known = [...before].filter((target) => expectedOfOthers('Out to AAD - User ', target, []));
    const gone = known.filter(
      (target) => !expectedOfOthers('Out to AAD - User ', target, ['Out to AAD - User ExchangeOnline']),
    );
    expect(gone.length).toBeGreaterThan(10);
    expect(known.filter((target) => !after.has(target))).toEqual(gone);
    expect(told('Out to AAD - User ExchangeOnline')[0]).toMatch(
      /^taken: disabled there, but other services that are on give \d+ of its attributes/,
    );
  });

  /** Whether another rule of the export gives an attribute. */
  function expectedOfOthers(start: string, attribute: string, except: readonly string[]): boolean {
    const rules = JSON.parse(readFileSync(findReference('data/oob-rules.json') ?? '', 'utf8')) as readonly {
      readonly name: string;
      readonly attributeFlowMappings: readonly { readonly destination: string }[];
    }[];
    return rules.some(
      (rule) =>
        rule.name.startsWith(start) &&
        !except.includes(rule.name) &&
        rule.attributeFlowMappings.some((flow) => flow.destination === attribute),
    );
  }

  test('with an attribute taken out of one service it stays, taken out of all it goes', async () => {
    const names = [...CONNECT_RULES.keys()].filter((name) => name.startsWith('Out to AAD - User '));
    const having = names.filter((name) =>
      expectedOfOthers(
        name,
        'physicalDeliveryOfficeName',
        names.filter((one) => one !== name),
      ),
    );
    const some = await importEdited(
      Object.fromEntries(having.slice(0, 1).map((name) => [name, withoutFlow('physicalDeliveryOfficeName')])),
    );
    const gives = ({ rules }: ImportedSample): boolean =>
      rules.some(
        (rule) => rule.targetType === 'user' && rule.flows.some((flow) => flow.target === 'physicalDeliveryOfficeName'),
      );
    expect(having.length).toBeGreaterThan(1);
    expect(gives(some)).toBe(true);
    const none = await importEdited(
      Object.fromEntries(having.map((name) => [name, withoutFlow('physicalDeliveryOfficeName')])),
    );
    expect(gives(none)).toBe(false);
  });

  test('with a folded rule switched off or changed: the rest stands, and the change rides along', async () => {
    const { told, rule, rules } = await importEdited({
      'Out to AAD - User Intune': off,
      'Out to AAD - User DynamicsCRM': (xml) =>
        xml.replace('<attribute-mappings>', `<attribute-mappings>${direct('extensionAttribute15', 'employeeID')}`),
    });
    expect(told('Out to AAD - User Intune')[0]).toMatch(
      /^standard: disabled there; here its flows are in "Out to AAD - User Identity"/,
    );
    expect(rule('Out to AAD - User DynamicsCRM')?.flows.map((flow) => flow.text)).toEqual(['employeeID']);
    expect(rule('Out to AAD - User DynamicsCRM')?.precedence).toBe(126);
    expect(rules).toHaveLength(39);
  });

  test('with two standard rules in changed order: ours change their order, too', async () => {
    const { rule, told } = await importEdited({
      'In from AD - User Lync': (xml) => xml.replace('<precedence>110<', '<precedence>103<'),
      'In from AD - InetOrgPerson AccountEnabled': (xml) => xml.replace('<precedence>103<', '<precedence>110<'),
    });
    const [lync, enabled] = ['In from AD - User Lync', 'In from AD - InetOrgPerson AccountEnabled'].map(
      (name) => rule(name)?.precedence ?? 0,
    );
    const [accounts, exchange, other] = [
      'In from AD - User AccountEnabled',
      'In from AD - User Common from Exchange',
      'In from AD - InetOrgPerson Lync',
    ].map((name) => rule(name)?.precedence ?? 0);
    expect((accounts ?? 0) < (lync ?? 0) && (lync ?? 0) < (exchange ?? 0)).toBe(true);
    expect((enabled ?? 0) > (exchange ?? 0) && (enabled ?? 0) < (other ?? 0)).toBe(true);
    expect(told('In from AD - User Lync').at(-1)).toMatch(/^taken: moved there to precedence 103/);
  });
}
