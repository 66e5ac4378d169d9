import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { AAD_CONNECTOR, constant, direct, expression, type RuleSample, several } from './connect-sample.ts';
import { type ImportedSample, importSample } from './import-sample.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-hostile-');
});

afterEach(() => removeTemporaryFolder(folder));

const importRules = (...rules: readonly RuleSample[]): Promise<ImportedSample> => importSample(folder, { rules });

/** Imports one own rule with a good flow and a bad one; answers what was said of the bad one. */
async function sayOf(bad: string, rule: Partial<RuleSample> = {}): Promise<string> {
  const { told, flows } = await importRules({ name: 'Own', precedence: 50, ...rule, flows: [direct('company'), bad] });
  expect(flows('Own')).toEqual(['company: direct company update']);
  const [taken, left] = told('Own');
  expect(taken).toBe('taken: your own rule; written with 1 flow');
  return left ?? '';
}

describe('of a rule with one flow that will not do, the rest is taken over, and the flow is told:', () => {
  test.each([
    [
      'a function that nobody knows',
      expression('title', 'Nonsense([title])'),
      /title: There is no function "Nonsense"/,
    ],
    ['wrong types', expression('title', 'Left(12, "a")'), /its flow to title: .*Left/],
    ['a broken expression', expression('title', 'IIF([a'), /its flow to title: /],
    ['several source attributes', several('title', ['info', 'title']), /names 2 attributes and no expression/],
    ['no source at all', constant('title', ''), /neither an attribute nor a value/],
    ['no target', direct('', 'title'), /its flow to : /],
    ['a name that no attribute can have', direct('__proto__', 'title'), /__proto__.*not allowed/],
    ['a name that no attribute can have, as source', direct('title', 'constructor'), /not allowed/],
    ['a reference to a plain attribute', direct('manager', 'title'), /refers to objects/],
    ['a merge type that nobody knows', direct('title', 'title', 'Mix'), /its flow to title: .*Mix/],
    [
      'a parameter that we have no value for',
      expression('title', '%Custom.Region% & [title]'),
      /reads %Custom.Region%/,
    ],
    ['a variable outside of its function', expression('title', '$x & [title]'), /its flow to title: /],
    ['a second flow to the same target in another case', direct('Company', 'info'), /company: another flow to it/],
  ])('%s', async (_what, flow, message) => {
    expect(await sayOf(flow)).toMatch(message);
  });

  test('the name that an object has in the connector space', async () => {
    const said = await sayOf(expression('dn', '"CN=" & [cn]'), {
      direction: 'Outbound',
      connector: AAD_CONNECTOR,
      from: 'person',
      to: 'user',
    });
    expect(said).toMatch(/its flow to dn: is the name that an object has in the connector space/);
  });
});

describe('a rule whose scope, link or type will not do is left out whole and told:', () => {
  test.each<[string, Partial<RuleSample>, RegExp]>([
    ['an operator that nobody knows', { scope: [['title SOUNDSLIKE boss']] }, /SOUNDSLIKE/],
    ['a mask that is no number', { scope: [['userAccountControl ISBITSET two']] }, /whole number/],
    ['a group that is no DN', { scope: [['dn ISMEMBEROF Pilot']] }, /DN of a group/],
    [
      'a group asked for in an outbound rule',
      {
        direction: 'Outbound',
        connector: AAD_CONNECTOR,
        from: 'person',
        to: 'user',
        scope: [['dn ISMEMBEROF CN=P,DC=x']],
      },
      /group of a source/,
    ],
    [
      'a parameter without a value',
      { scope: [['c EQUAL %Custom.Country%']] },
      /%Custom.Country%, which Dirbridge does not have/,
    ],
    ['a group of the scope without a clause', { scope: [['c EQUAL de'], []] }, /holds no clause/],
    ['a type that we do not have', { from: 'msDS-Device', to: 'device' }, /no type "msDS-Device"/],
    ['a type of the metaverse that we do not have', { to: 'printer' }, /no type "printer"/],
    ['a link that nobody knows', { link: 'Marry' }, /"Marry"/],
    ['writing to the directory', { direction: 'Outbound', from: 'person', to: 'user' }, /writes to the directory/],
    ['a direction that nobody knows', { direction: 'Sideways' as 'Inbound' }, /sideways/],
    [
      'a connector that is not in the export',
      { connector: '99999999-0000-0000-0000-000000000000' },
      /not in the export/,
    ],
  ])('%s', async (_what, rule, message) => {
    const { told, rules } = await importRules({ name: 'Own', precedence: 50, flows: [direct('company')], ...rule });
    expect(told('Own')).toHaveLength(1);
    expect(told('Own')[0]).toMatch(/^left: your own rule; /);
    expect(told('Own')[0]).toMatch(message);
    expect(rules.some((one) => one.name === 'Own')).toBe(false);
  });
});

describe('names', () => {
  test('in another case are written as our rules and the schema of the directory spell them', async () => {
    const { rule, flows } = await importRules({
      name: 'Own',
      from: 'User',
      to: 'PERSON',
      scope: [['MAIL ISNOTNULL', 'EmployeeId EQUAL 1']],
      joins: [['samaccountname=ACCOUNTNAME']],
      flows: [
        direct('Manager', 'MANAGER'),
        expression(
          'Title',
          'iif(isnullorempty([ms-DS-consistencyguid]), importedvalue("Proxyaddresses"), [EMPLOYEEID] & %domain.fqdn%)',
        ),
      ],
    });
    expect(rule('Own')?.scopeAttributes).toEqual(['mail', 'employeeID']);
    expect(rule('Own')?.joins[0]).toMatchObject([
      { spaceAttribute: 'sAMAccountName', metaverseAttribute: 'accountName' },
    ]);
    expect(flows('Own')).toEqual([
      'manager: direct manager update',
      'title: expression IIF(IsNullOrEmpty([mS-DS-ConsistencyGuid]), ImportedValue("proxyAddresses"), [employeeID] & %Domain.FQDN%) update',
    ]);
  });

  test('of rules that are empty, there twice, or those of shipped ones are made different', async () => {
    const own = (name: string, precedence: number): RuleSample => ({
      name,
      precedence,
      id: `{${precedence}}`,
      flows: [direct('company')],
    });
    const { rules, imported } = await importRules(
      own('Twice', 10),
      own('Twice', 11),
      own('Twice', 12),
      own('In from AD - User Join', 13),
      own('', 14),
    );
    expect(rules.slice(0, 5).map((rule) => rule.name)).toEqual([
      'Twice',
      'Twice (from Connect)',
      'Twice (from Connect, 2)',
      'In from AD - User Join (from Connect)',
      'Rule 14',
    ]);
    expect(rules.find((rule) => rule.name === 'In from AD - User Join')?.joins.length).toBeGreaterThan(0);
    expect(imported.counts).toEqual({ taken: 5, standard: 0, left: 0 });
  });

  test('and texts that mean something in YAML come through as they are', async () => {
    const description = '# not a comment: {a: [b]}\n--- "x" & *y <<: !!null';
    const { rule, flows } = await importRules({
      name: '- null: "yes" # %',
      description,
      scope: [['title EQUAL ~', 'info NOTEQUAL yes', 'c EQUAL 007']],
      flows: [
        constant('title', 'no'),
        constant('info', '1e3'),
        constant('company', '=@`|> x: y #z'),
        direct('<<', 'title'),
      ],
    });
    const own = rule('- null: "yes" # %');
    expect(own?.description).toBe(description);
    expect(own?.scope[0]?.map((clause) => clause.value)).toEqual(['~', 'yes', '007']);
    expect(flows('- null: "yes" # %').slice(0, 3)).toEqual([
      'title: constant no update',
      'info: constant 1e3 update',
      'company: constant =@`|> x: y #z update',
    ]);
  });
});

test('an expression over several lines keeps its lines and its meaning, whatever ends them', async () => {
  const text = 'IIF(\r\n  IsPresent([title]),\r\n\t"a\tb  c",\n\n  "d\\\\e" &   [title]\n)';
  const { rule } = await importRules({ name: 'Own', flows: [expression('title', text)] });
  const [flow] = rule('Own')?.flows ?? [];
  expect(flow?.text).toBe(text.replaceAll('\r\n', '\n'));
});

test('of two flows to one attribute the first that will do is taken', async () => {
  const { flows, told } = await importRules({
    name: 'Own',
    flows: [expression('title', 'Nonsense([x])'), direct('title', 'info'), direct('TITLE', 'company')],
  });
  expect(flows('Own')).toEqual(['title: direct info update']);
  expect(told('Own').slice(1)).toEqual([
    expect.stringMatching(/^left: its flow to title: .*Nonsense/),
    'left: its flow to title: another flow to it comes before it in the same rule',
  ]);
});

test('Error, execute-once and the id of the connector come along', async () => {
  const { rule, flows, told } = await importRules({
    name: 'Own',
    scope: [['contributingConnectorUser EQUAL {11111111-2222-3333-4444-555555555555}', 'c EQUAL %connector.id%']],
    flows: [
      expression('title', 'IIF(IsPresent([title]), [title], Error("No title: ""boss"""))'),
      constant('company', 'Contoso', true),
      expression('info', '%Connector.ID%'),
      expression('division', 'IIF([x] = "{11111111-2222-3333-4444-555555555555}", "ours", NULL)'),
    ],
  });
  expect(rule('Own')?.scope[0]?.map((clause) => clause.value)).toEqual(['corp.example.com', '%Connector.ID%']);
  expect(flows('Own')).toContain('division: expression IIF([x] = "corp.example.com", "ours", NULL) update');
  expect(rule('Own')?.flows.find((flow) => flow.target === 'company')?.once).toBe(true);
  expect(told('Own')).toEqual(['taken: your own rule; written with 4 flows']);
});

test('members of a group, and an attribute of the tenant that no standard rule gives, come along; the second is told', async () => {
  const group = 'CN=Pilot\\, all,OU=Groups,DC=corp,DC=example,DC=com';
  const { rule, told } = await importRules(
    { name: 'Pilot', precedence: 20, scope: [[`dn ISMEMBEROF ${group}`]], flows: [constant('cloudFiltered', 'False')] },
    {
      name: 'Extension',
      precedence: 21,
      direction: 'Outbound',
      connector: AAD_CONNECTOR,
      from: 'person',
      to: 'user',
      flows: [direct('extension_0123_badge', 'badge'), direct('department')],
    },
  );
  expect(rule('Pilot')?.scopeGroups).toHaveLength(1);
  expect(rule('Pilot')?.flows[0]?.text).toBe('false');
  expect(told('Extension')[1]).toBe(
    'taken: it gives extension_0123_badge, which no standard rule gives: the plan tells whether the tenant can hold that',
  );
});

describe('merge types', () => {
  test('that disagree with ours are changed to the one in force, and told in one line', async () => {
    const { flows, told } = await importRules({
      name: 'Own',
      flows: [direct('proxyAddresses', 'proxyAddresses', 'Merge'), direct('title', 'info', 'Replace')],
    });
    expect(flows('Own')).toEqual(['proxyAddresses: direct proxyAddresses update', 'title: direct info replace']);
    expect(told('Own').slice(1)).toEqual([
      expect.stringMatching(
        /^taken: its flow to proxyAddresses with merge type update instead of merge: .*"In from AD - .*"$/,
      ),
    ]);
  });

  test('that disagree among own rules are those of the strongest; a rule that is off does not count', async () => {
    const { flows, told } = await importRules(
      { name: 'Off', precedence: 5, disabled: true, flows: [direct('badges', 'a', 'Replace')] },
      { name: 'Weak', precedence: 20, flows: [direct('badges', 'b')] },
      { name: 'Strong', precedence: 10, flows: [direct('badges', 'a', 'MergeCaseInsensitive')] },
    );
    expect(flows('Strong')).toEqual(['badges: direct a merge-case-insensitive']);
    expect(flows('Weak')).toEqual(['badges: direct b merge-case-insensitive']);
    expect(told('Weak')[1]).toMatch(/merge-case-insensitive instead of update: .*"Strong"/);
  });
});

describe('numbers', () => {
  const own = (name: string, precedence: number, more: Partial<RuleSample> = {}): RuleSample => ({
    name,
    precedence,
    flows: [direct('company')],
    ...more,
  });
  const standard = (name: string, tag: string, precedence: number): RuleSample => ({
    name,
    tag: `Microsoft.${tag}.999`,
    precedence,
    flows: [direct('cn')],
  });

  test('up to 99 stay, and rules that share one keep their order', async () => {
    const { rule } = await importRules(own('A', 0), own('B', 99), own('C', 7), own('D', 7), own('E', 8));
    expect(['A', 'C', 'D', 'E', 'B'].map((name) => rule(name)?.precedence)).toEqual([0, 7, 8, 9, 99]);
  });

  test('between two standard rules push ours on only as far as a gap', async () => {
    const { rule, told, rulesText } = await importRules(
      standard('In from AD - User Common', 'InfromADUserCommon', 106),
      own('Between', 107),
      standard('In from AD - InetOrgPerson Common', 'InfromADInetOrgPersonCommon', 108),
    );
    const numberOf = (name: string): number => rule(name)?.precedence ?? -1;
    expect(numberOf('In from AD - User Common')).toBe(106);
    expect(numberOf('Between')).toBe(107);
    expect(numberOf('In from AD - InetOrgPerson Common')).toBe(108);
    expect(numberOf('Out to AAD - User Join')).toBe(123);
    expect(rulesText).toMatch(
      /override:\n {2}- rule: In from AD - InetOrgPerson Common\n {4}precedence: 108\n {4}madeFor:/,
    );
    expect(told('standard rules')[0]).toMatch(/^taken: 15 of ours get the next number to make room/);
  });

  test('over 99 behind all standard rules keep their place', async () => {
    const { rule } = await importRules(
      standard('In from AD - User Common', 'InfromADUserCommon', 106),
      own('Behind', 300),
      own('Far behind', 2_147_483_647),
    );
    expect(rule('Behind')?.precedence).toBe(300);
    expect(rule('Far behind')?.precedence).toBe(90_000);
  });

  test('of standard rules that were moved among the own ones go into override, with the version of ours', async () => {
    const { rule, rulesText, told } = await importRules(
      standard('In from AD - User Exchange', 'InfromADUserExchange', 52),
      own('Own', 51),
    );
    expect(rule('In from AD - User Exchange')?.precedence).toBe(52);
    expect(rulesText).toMatch(/override:\n {2}- rule: In from AD - User Exchange\n {4}precedence: 52\n {4}madeFor: /);
    expect(told('In from AD - User Exchange')).toContain('taken: moved there to precedence 52, here to 52');
  });

  test('of more than a hundred own rules never collide', async () => {
    const many = Array.from({ length: 130 }, (_, index) => own(`Own ${index}`, Math.min(index, 99)));
    const { rules } = await importRules(...many);
    const numbers = rules.map((rule) => rule.precedence);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(rules.slice(0, 130).map((rule) => rule.name)).toEqual(expect.arrayContaining(many.map((one) => one.name)));
  });
});
