import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommandLine } from '../../src/cli/program.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import {
  AAD_CONNECTOR,
  constant,
  direct,
  expression,
  type RuleSample,
  SECOND_CONNECTOR,
  writeExport,
} from './connect-sample.ts';
import { importSample } from './import-sample.ts';

let folder: string;

beforeEach(async () => {
  folder = await makeTemporaryFolder('dirbridge-command-');
});

afterEach(() => removeTemporaryFolder(folder));

async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await runCommandLine([...args], { stdout, stderr, environment: {} });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

describe('dirbridge config import', () => {
  beforeEach(() =>
    writeExport(join(folder, 'export'), {
      rules: [
        { name: 'Own', precedence: 12, flows: [direct('company'), expression('title', 'Nonsense([title])')] },
        { name: 'Evil \u202e name', precedence: 13, scope: [['title SOUNDSLIKE x']], flows: [direct('company')] },
      ],
    }),
  );

  test('tells what was taken, what is equal, what is left, in this order, counts the rules and says what to do next', async () => {
    const { code, out, err } = await run(
      'config',
      'import',
      join(folder, 'export'),
      '--output',
      join(folder, 'out'),
      '--no-color',
    );
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const heads = out.split('\n').filter((line) => /^\S/.test(line));
    expect(heads).toEqual([
      expect.stringMatching(/^Taken over \(\d+\):$/),
      expect.stringMatching(/^Equal to standard \(\d+\):$/),
      expect.stringMatching(/^Not taken over \(\d+\):$/),
      '2 rules of SRV1: 1 taken over, 0 equal to standard, 1 not taken over. Each is told above, as is every setting.',
      `Written: ${join(folder, 'out/dirbridge.yaml')}, ${join(folder, 'out/rules.yaml')}`,
      'What to do next:',
    ]);
    expect(out).not.toContain('\u202e');
    expect(out.match(/^ {2}\d\. \w+/gm)).toEqual([
      '  1. Secrets',
      '  2. Check',
      '  3. Plan',
      '  4. Compare',
      '  5. Switch',
    ]);
  });

  test('gives one JSON document and nothing else with --json', async () => {
    const { code, out } = await run(
      '--json',
      'config',
      'import',
      join(folder, 'export'),
      '--output',
      join(folder, 'out'),
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      server: 'SRV1',
      rules: 2,
      counts: { taken: 1, standard: 0, left: 1 },
      files: [join(folder, 'out/dirbridge.yaml'), join(folder, 'out/rules.yaml')],
      next: [
        expect.stringContaining('Secrets'),
        expect.anything(),
        expect.anything(),
        expect.anything(),
        expect.anything(),
      ],
    });
    expect(out.trim().split('\n')).toHaveLength(1);
  });

  test('writes into the current folder where none is named', async () => {
    const { out } = await run('config', 'import', '--help');
    expect(out).toMatch(/--output <dir> .*\(default: "\."\)/s);
  });

  test('ends with 2 and writes nothing where files are there, or the export is none', async () => {
    await run('config', 'import', join(folder, 'export'), '--output', join(folder, 'out'));
    const before = readFileSync(join(folder, 'out/rules.yaml'), 'utf8');
    const again = await run('config', 'import', join(folder, 'export'), '--output', join(folder, 'out'));
    expect(again.code).toBe(2);
    expect(again.err).toMatch(/rules\.yaml are there already; nothing was written/);
    expect(readFileSync(join(folder, 'out/rules.yaml'), 'utf8')).toBe(before);
    const none = await run('config', 'import', join(folder, 'out'), '--output', join(folder, 'other'));
    expect(none.code).toBe(2);
    expect(readdirSync(folder)).not.toContain('other');
  });
});

test('whatever rules an export holds, what is written passes config validate and rules lint without a word', async () => {
  const attribute = fc.constantFrom(
    'title',
    'TITLE',
    'company',
    'manager',
    'proxyAddresses',
    'member',
    'x',
    '',
    'toString',
    'objectSid',
    'a b',
    'dn',
  );
  const formula = fc.constantFrom(
    '[title]',
    'Trim([TITLE])',
    'Nope([a])',
    '%Domain.FQDN%',
    '%X%',
    'Left(1, 2)',
    'NULL',
    '"',
    'Error("x")',
    'IIF(1=2,\n"a",\n"b")',
    '[manager]',
    'BitAnd([userAccountControl],2)=0',
  );
  const merge = fc.constantFrom('Update', 'Merge', 'MergeCaseInsensitive', 'Replace', 'Odd');
  const flow = fc.oneof(
    fc.tuple(attribute, attribute, merge).map((one) => direct(...one)),
    fc.tuple(attribute, formula, merge).map((one) => expression(...one)),
    fc.tuple(attribute, fc.constantFrom('True', '1', 'no', '')).map((one) => constant(...one)),
  );
  const clause = fc.constantFrom(
    'title EQUAL x',
    'userAccountControl ISBITSET 2',
    'c ISBITSET z',
    'MAIL ISNULL',
    'dn ISMEMBEROF CN=G,DC=x',
    'c ISIN a;b',
    'c EQUAL %Connector.ID%',
    'c NOPE x',
  );
  const join = fc.constantFrom('mail=mail', 'objectGUID=sourceAnchorBinary exactly', 'MAIL=MAIL');
  const kind = fc.constantFrom<Partial<RuleSample>>(
    { from: 'user', to: 'person' },
    { from: 'group', to: 'group' },
    { from: 'foreignSecurityPrincipal', to: '*' },
    { from: 'computer', to: 'device', connector: SECOND_CONNECTOR },
    { from: 'person', to: 'user', direction: 'Outbound', connector: AAD_CONNECTOR },
    { from: 'person', to: 'user', direction: 'Outbound' },
    { from: 'user', to: 'person', connector: '77777777-0000-0000-0000-000000000000' },
  );
  const named = fc.constantFrom(
    { name: 'Own', tag: '' },
    { name: 'Own', tag: '' },
    { name: 'In from AD - User Common', tag: '' },
    { name: 'In from AD - User Common', tag: 'Microsoft.InfromADUserCommon.004' },
    { name: 'In from AD - User Join', tag: 'Microsoft.InfromADUserJoin.003' },
    { name: 'Out to AAD - User Identity', tag: 'Microsoft.OuttoAADUserIdentity.005' },
    { name: 'Out to AAD - User Intune', tag: 'Microsoft.OuttoAADUserIntune.004' },
    { name: 'New one', tag: 'Microsoft.New.001' },
  );
  const rule = fc
    .record({
      name: named,
      kind,
      precedence: fc.oneof(fc.integer({ min: 0, max: 160 }), fc.constantFrom(-1, 100, 2_147_483_647)),
      link: fc.constantFrom('Join', 'Provision', 'StickyJoin', 'Odd'),
      disabled: fc.boolean(),
      scope: fc.array(fc.array(clause, { maxLength: 2 }), { maxLength: 2 }),
      joins: fc.array(fc.array(join, { minLength: 1, maxLength: 2 }), { maxLength: 2 }),
      flows: fc.array(flow, { maxLength: 5 }),
    })
    .map(({ name, kind: types, ...rest }): RuleSample => ({ ...rest, ...name, ...types }));
  const forests = fc.constantFrom([{}], [{}, { id: SECOND_CONNECTOR, domain: 'old.example.org' }]);
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(rule, { maxLength: 12 }), forests, async (rules, some) => {
      const unique = rules.map((one, index) => ({ ...one, id: `{${index}}` }));
      const { imported } = await importSample(runFolder(number++), { rules: unique, forests: some });
      expect(imported.counts.taken + imported.counts.standard + imported.counts.left).toBe(rules.length);
    }),
    { numRuns: 20, seed: 7 },
  );
}, 60_000);

function runFolder(number: number): string {
  return join(folder, String(number));
}
