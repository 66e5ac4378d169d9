import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DirbridgeError } from '../errors.ts';
import { loadRuleSet, RuleEvaluationError } from './rule-set.ts';
import { createRuleSource } from './rule-source.ts';

let folder = '';
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const file = join(folder, `rules-${++count}.yaml`);
  writeFileSync(file, text);
  return file;
}

function ruleText(extra: string, name = 'Custom', precedence = 10): string {
  return `rules:
  - name: ${name}
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: ${precedence}
${extra}`;
}

function complaints(...files: readonly string[]): readonly string[] {
  try {
    loadRuleSet(files);
  } catch (error) {
    if (!(error instanceof DirbridgeError) || error.code !== 'rules-invalid') throw error;
    const lines = error.message.replaceAll(folder, '').split('\n');
    return lines.filter((line) => !line.startsWith('    What to do: '));
  }
  throw new Error('the rules were accepted');
}

describe('a rule of an administrator', () => {
  test('is added to the standard set, in the order of precedence', () => {
    const set = loadRuleSet(['standard', write(ruleText('    flows:\n      title: { constant: Boss }\n'))]);
    expect(set.inbound('source', 'user')[0]?.name).toBe('Custom');
    expect(set.all.map((rule) => rule.precedence)).toEqual(
      set.all.map((rule) => rule.precedence).toSorted((a, b) => a - b),
    );
  });

  test('replaces the standard one of the same name', () => {
    const file = write(ruleText('    flows:\n      mailNickname: sAMAccountName\n', 'In from AD - User Exchange', 108));
    const rule = loadRuleSet(['standard', file]).all.find(({ name }) => name === 'In from AD - User Exchange');
    expect(rule?.file).toBe(file);
    expect(rule?.flows.map(({ text }) => text)).toEqual(['sAMAccountName']);
  });

  test('or disables it, by name or by replacing it with a disabled one', () => {
    const listed = write('disable: [In from AD - User Exchange]\n');
    const replaced = write(ruleText('    disabled: true\n', 'In from AD - User Exchange', 108));
    for (const file of [listed, replaced]) {
      expect(loadRuleSet(['standard', file]).all.some(({ name }) => name === 'In from AD - User Exchange')).toBe(false);
    }
  });

  test('tells which attributes and references the connector has to read', () => {
    const file = write(
      ruleText(`    scope:
      - - { attribute: employeeType, operator: EQUAL, value: [Intern] }
    flows:
      manager: manager
      title: { expression: 'IIF(ValueCount("member") > 0, [dn], [roomNumber])' }
`).replace('value: [Intern]', 'value: Intern'),
    );
    const set = loadRuleSet([file]);
    expect(set.attributesRead('source')).toEqual(['employeeType', 'roomNumber']);
    expect(set.referencesRead('source')).toEqual(['manager', 'member']);
    expect(set.attributesRead('tenant')).toEqual([]);
  });

  test('gives values of each kind', () => {
    const file = write(
      ruleText(`    flows:
      cn: cn
      accountEnabled: { constant: true }
      number: { constant: 7 }
      title: { expression: 'Left([title], 3)', merge: merge-case-insensitive, once: true }
      manager: manager
`),
    );
    const flows = loadRuleSet([file]).all[0]?.flows ?? [];
    const source = createRuleSource({ attributes: { cn: 'Jane', title: 'Manager' } });
    const results = flows.filter((flow) => !flow.reference).map((flow) => flow.evaluate(source));
    expect(results).toEqual(['Jane', true, 7n, 'Man'].map((value) => ({ kind: 'value', value })));
    expect(flows.map(({ kind }) => kind)).toEqual(['direct', 'constant', 'constant', 'expression', 'direct']);
    expect(flows[3]).toMatchObject({ merge: 'merge-case-insensitive', once: true, sources: ['title'] });
    expect(flows[4]).toMatchObject({ reference: true, merge: 'update', once: false });
  });

  test('gives no value for an empty text', () => {
    const file = write(
      ruleText(`    flows:
      cn: cn
      title: { expression: 'Left([title], 3)' }
      many: { expression: 'Trim([many])' }
`),
    );
    const source = createRuleSource({ attributes: { cn: '', many: [' ', 'x '] } });
    const results = loadRuleSet([file]).all[0]?.flows.map((flow) => flow.evaluate(source));
    expect(results).toEqual([{ kind: 'null' }, { kind: 'null' }, { kind: 'value', value: ['x'] }]);
  });

  test('names rule and attribute when an expression fails on an object', () => {
    const file = write(ruleText(`    flows:\n      title: { expression: 'Error("no title")' }\n`));
    const flow = loadRuleSet([file]).all[0]?.flows[0];
    expect(() => flow?.evaluate(createRuleSource({}))).toThrow(
      expect.objectContaining({ name: 'RuleEvaluationError', rule: 'Custom', attribute: 'title', message: 'no title' }),
    );
    expect(() => flow?.evaluate(createRuleSource({}))).toThrow(RuleEvaluationError);
  });
});

test('the hash changes with the meaning of a rule, not with its description', () => {
  const [one, described, other] = ['', '    description: What for.\n', '    link: sticky-join\n'].map(
    (extra) => loadRuleSet([write(ruleText(extra))]).hash,
  );
  expect(described).toBe(one);
  expect(other).not.toBe(one);
});

describe('mistakes are told with file and line', () => {
  test('all of a file at once', () => {
    const file = write(`rules:
  - name: One
    direction: sideways
    connector: source
    from: user
    to: person
    precedence: 1
  - name: Two
    direction: inbound
    connector: source
    from: users
    to: people
    precedence: 2
    colour: red
  - name: Three
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 3
    scope:
      - - { attribute: control, operator: ISBITSET, value: two }
        - { attribute: x, operator: ISNULL, value: y }
        - { operator: ISMEMBEROF, value: g }
        - { attribute: x, operator: EQUAL }
    flows:
      mail: { expression: 'Trimm([mail])' }
      manager: cn
      title: { expresion: 'x' }
  - name: Four
    direction: outbound
    connector: source
    from: person
    to: user
    precedence: 4
`);
    const lines = complaints(file).filter((line) => line.startsWith('/'));
    expect(lines).toEqual([
      expect.stringMatching(/:3: rule "One": direction: "sideways" is not known/),
      expect.stringMatching(/:11: rule "Two": there is no type "users" in the source. Did you mean "user"\?/),
      expect.stringMatching(/:12: rule "Two": there is no type "people" in the metaverse/),
      expect.stringMatching(/:14: rule "Two": the key "colour" is not allowed here/),
      expect.stringMatching(/:22: rule "Three": scope: control ISBITSET needs a whole number/),
      expect.stringMatching(/:23: rule "Three": scope: x ISNULL takes no value/),
      expect.stringMatching(/:24: rule "Three": scope: ISMEMBEROF needs the DN of a group/),
      expect.stringMatching(/:25: rule "Three": scope: x EQUAL needs a value/),
      expect.stringMatching(/:27: rule "Three": flow to mail: There is no function "Trimm"; did you mean Trim\?/),
      expect.stringMatching(/:28: rule "Three": flow to manager: manager refers to objects, cn does not/),
      expect.stringMatching(/:29: rule "Three": flows.title: the key "expresion" is not allowed here. Did you mean/),
      expect.stringMatching(/:29: rule "Three": flows.title: needs exactly one of attribute, constant, expression/),
      expect.stringMatching(/:32: rule "Four": nothing is written back/),
    ]);
  });

  test('of a rule that is right in form', () => {
    const file = write(
      ruleText(`    link: provision
    scope:
      - - { attribute: control, operator: ISBITSET, value: two }
        - { attribute: x, operator: ISNULL, value: y }
        - { operator: ISMEMBEROF, value: g }
        - { attribute: x, operator: EQUAL }
    flows:
      mail:
        expression: >-
          IIF([a] = 1,
            Trimm([mail]), NULL)
      manager: cn
`)
        .replace('from: user', 'from: users')
        .replace('to: person', 'to: "*"'),
    );
    expect(complaints(file)).toEqual([
      expect.stringMatching(/:5: rule "Custom": there is no type "users"/),
      expect.stringMatching(/:8: rule "Custom": a rule for any type/),
      expect.stringMatching(/:10: .*whole number/),
      expect.stringMatching(/:11: .*takes no value/),
      expect.stringMatching(/:12: .*needs the DN of a group/),
      expect.stringMatching(/:13: .*needs a value/),
      expect.stringMatching(/:15: .*flow to mail: There is no function "Trimm"; did you mean Trim\?/),
      expect.stringContaining('Trimm([mail]), NULL)'),
      expect.stringMatching(/^ +\^$/),
      expect.stringMatching(/:19: .*manager refers to objects, cn does not/),
    ]);
  });

  test.each([
    ['rules: [', /:1: YAML: /],
    ['rules: 5\n', /:1: rules: /],
    ['rule: []\n', /:1: the key "rule" is not allowed here/],
    ['disable: [Nobody]\n', /:1: rule "Nobody": disable: there is no rule of this name/],
    [ruleText('    flows:\n      mail: [a, b]\n'), /:9: .*flows.mail: must be an attribute name/],
    [ruleText('    scope:\n      - - { attribute: a, operator: EQUAL, value: {} }\n'), /:9: .*value: must be a text/],
    ['rules:\n  - 7\n', /:2: a rule without a name/],
    ['rules:\n  - name: A\n   - name: B\n', /:3: YAML: /],
  ])('%j', (text, message) => {
    expect(complaints(write(text))[0]).toMatch(message);
  });

  test('of a file that is not there', () => {
    expect(complaints(join(folder, 'none.yaml'))[0]).toMatch(/none\.yaml:1: cannot be read/);
  });

  test('of each of two rules with one name, and of a type whose connector is missing', () => {
    const file = write(`rules:
  - { name: Two, direction: inbound, connector: source, from: user, to: person, precedence: 5, flows: { a: { expression: 'Left("x")' } } }
  - { name: Two, direction: outbound, from: person, to: usr, precedence: 5, flows: { mail: mail } }
`);
    const told = complaints(file).filter((one) => one.includes('rule "Two"'));
    expect(told.map((one) => one.replace(/^.*rule "Two": /, '').replace(/by \/.*\//, 'by ')).sort()).toEqual([
      'connector: is missing',
      'flow to a: Left(text, count) takes 2 arguments, not 1.',
      'precedence 5 is taken by "Two"',
      'there is no type "usr" in the tenant. Did you mean "user"?',
      expect.stringMatching(/^this name is taken by .*:2$/),
    ]);
  });

  test('of two rules with one name or one precedence', () => {
    const two = ruleText('') + ruleText('', 'Custom', 11).replace('rules:\n', '');
    expect(complaints(write(two))[0]).toMatch(/:8: rule "Custom": this name is taken by .*:2$/);
    const same = ruleText('') + ruleText('', 'Other').replace('rules:\n', '');
    expect(complaints(write(same))[0]).toMatch(/:13: rule "Other": precedence 10 is taken by "Custom"/);
  });
});
