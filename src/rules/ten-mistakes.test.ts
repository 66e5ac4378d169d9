import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadRuleSet, reviewRules } from './rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-mistakes-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TEN = `disable:
  - In from AD - User Exchnge
rules:
  - name: Key
    direction: inbound
    connector: source
    from: user
    to: person
    precedense: 1
    precedence: 1
    flows:
      title: { expression: 'Trimm([title])' }
  - name: Values
    direction: inbond
    connector: source
    from: user
    to: person
    precedence: 2
    scope:
      - - { attribute: department, operator: EQALS, value: Sales }
        - { attribute: userAccountControl, operator: ISBITSET, value: two }
    flows:
      manager: department
  - name: Type
    direction: inbound
    connector: source
    from: usr
    to: person
    precedence: 102
    flows:
      accountEnabled: { constant: true, merge: merge }
`;

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

test('ten mistakes of ten kinds are told in one go, each with file, line, rule and what to do', () => {
  const file = write('ten.yaml', TEN);
  const { rules, problems } = reviewRules(['standard', file]);
  expect(rules).toBeNull();
  const told = problems.map(({ line, rule, message }) => [line, rule, message.split('\n')[0]]);
  expect(told).toEqual([
    [2, 'In from AD - User Exchnge', expect.stringContaining('Did you mean "In from AD - User Exchange"?')],
    [9, 'Key', 'the key "precedense" is not allowed here. Did you mean "precedence"?'],
    [12, 'Key', expect.stringContaining('did you mean Trim?')],
    [14, 'Values', 'direction: "inbond" is not known. Did you mean "inbound"?'],
    [20, 'Values', 'scope.[1].[1].operator: "EQALS" is not known. Did you mean "EQUAL"?'],
    [21, 'Values', 'scope: userAccountControl ISBITSET needs a whole number (a bit mask)'],
    [23, 'Values', expect.stringContaining('manager refers to objects, department does not')],
    [27, 'Type', 'there is no type "usr" in the source. Did you mean "user"?'],
    [29, 'Type', expect.stringContaining('precedence 102 is taken by "In from AD - User AccountEnabled"')],
    [31, 'Type', expect.stringContaining('the merge types of one attribute must agree')],
  ]);
  for (const problem of problems) {
    expect(problem.file).toBe(file);
    expect(problem.remedy.length).toBeGreaterThan(10);
  }
});

test('the error of a run holds the same lines, each with its remedy below', () => {
  const file = write('same.yaml', TEN);
  expect(() => loadRuleSet(['standard', file])).toThrow(
    expect.objectContaining({
      code: 'rules-invalid',
      message: expect.stringMatching(/same\.yaml:9: rule "Key": the key "precedense".*\n {4}What to do: Take it out/),
    }),
  );
});
