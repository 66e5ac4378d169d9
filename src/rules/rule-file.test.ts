import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { reviewRules } from './rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = 'direction: inbound, connector: source, from: user, to: person';
const JOIN = 'In from AD - User Join';

function told(content: string | Uint8Array): readonly (readonly [number, string | null, string])[] {
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, content);
  const { rules, problems } = reviewRules(['standard', file]);
  expect(rules === null).toBe(problems.length > 0);
  for (const problem of problems) expect(problem).toMatchObject({ file, remedy: expect.stringMatching(/.{10}/) });
  return problems.map(({ line, rule, message }) => [line, rule, message]);
}

describe('the text of a file', () => {
  test.each<[string, string | Uint8Array]>([
    ['a byte order mark', `\ufeffrules:\n  - { name: A, ${HEAD}, precedence: 1 }\n`],
    ['line ends of Windows', `rules:\r\n  - { name: A, ${HEAD}, precedence: 1 }\r\n`],
    ['letters beyond ASCII in UTF-8', `rules:\n  - { name: Ä 😀, ${HEAD}, precedence: 1 }\n`],
  ])('may have %s', (_what, content) => {
    expect(told(content)).toEqual([]);
  });

  test('is refused when it is not UTF-8, with the line: a letter would silently become another', () => {
    const text = `rules:\n  - { name: A, ${HEAD}, precedence: 1,\n      scope: [[{ attribute: l, operator: EQUAL, value: München }]] }\n`;
    expect(told(Buffer.from(text, 'latin1'))).toEqual([[3, null, 'holds characters that are not in UTF-8']]);
    expect(told(Buffer.from(`\ufeff${text}`, 'utf16le'))).toEqual([
      [1, null, 'holds characters that are not in UTF-8'],
    ]);
  });

  test('is one document', () => {
    expect(told('rules: []\n---\nrules: []\n')).toEqual([[2, null, expect.stringContaining('second document')]]);
  });

  test('has each key once: the key is named, and the rule', () => {
    const rule = `  - name: A\n    ${HEAD.replaceAll(', ', '\n    ')}\n    precedence: 1\n    link: join\n    "link": join\n`;
    expect(told(`rules:\n${rule}`)).toEqual([[9, 'A', 'YAML: the key "link" is there twice']]);
    expect(told(`rules: []\nrules: []\n`)).toEqual([[2, null, 'YAML: the key "rules" is there twice']]);
  });

  test('has plain values: a tag is told, and what it would have made is not stumbled over', () => {
    const rule = `{ name: A, ${HEAD}, precedence: 1, flows: { title: !!binary aGk=, info: !secret x, l: "!x" } }`;
    expect(told(`rules:\n  - ${rule}\n`)).toEqual([
      [2, 'A', 'YAML: a tag (!name) means nothing in a rule file'],
      [2, 'A', 'YAML: a tag (!name) means nothing in a rule file'],
    ]);
  });

  test('is not nested without end', () => {
    expect(told(`rules: ${'['.repeat(5000)}${']'.repeat(5000)}`)[0]).toEqual([
      1,
      null,
      'YAML: lists or mappings stand too deep in one another here',
    ]);
  });

  test('a folder in place of a file is told', () => {
    const file = join(folder, 'folder.yaml');
    mkdirSync(file);
    expect(reviewRules([file]).problems).toMatchObject([{ file, message: expect.stringContaining('cannot be read') }]);
  });

  test.each(['', '# nothing yet\n', '---\n', '~\n'])('without anything in it (%j) is worth a warning', (content) => {
    expect(told(content)).toEqual([]);
    const { warnings } = reviewRules(['standard', join(folder, 'rules.yaml')]);
    expect(warnings).toMatchObject([{ line: 1, rule: null, message: 'the file is empty' }]);
  });

  test.each(['rules: []\n', '{}'])('that says it holds nothing (%j) is not', (content) => {
    expect(told(content)).toEqual([]);
    expect(reviewRules(['standard', join(folder, 'rules.yaml')]).warnings).toEqual([]);
  });
});

describe('disable and override', () => {
  test('a mistake in one entry hides none in the others', () => {
    const text = [
      'disable:',
      '  - 5',
      '  - In from AD - User Jion',
      '  - { rule: x, madefor: y }',
      'override:',
      `  - { rule: ${JOIN}, precedence: first }`,
      '  - { rule: In from AD - User Comon, precedence: 3 }',
      'rules: no',
    ];
    expect(told(text.join('\n'))).toEqual([
      [2, null, 'disable.[1]: must be the name of a rule'],
      [3, 'In from AD - User Jion', expect.stringContaining(`Did you mean "${JOIN}"?`)],
      [4, null, expect.stringContaining('Did you mean "madeFor"?')],
      [6, null, 'override.[1].precedence: "first" cannot stand here'],
      [7, 'In from AD - User Comon', expect.stringContaining('Did you mean "In from AD - User Common"?')],
      [8, null, 'rules: "no" cannot stand here'],
    ]);
  });

  test('a file says one thing about a rule: a disabled one that is given a precedence came back', () => {
    const text = `disable:\n  - ${JOIN}\noverride:\n  - { rule: ${JOIN}, precedence: 3 }\n`;
    expect(told(text)).toEqual([[4, JOIN, 'is given a precedence here, and already disabled in line 2']]);
    const twice = `override:\n  - { rule: ${JOIN}, precedence: 3 }\n  - { rule: ${JOIN}, precedence: 4 }\n`;
    expect(told(twice)).toEqual([[3, JOIN, 'is given a precedence here, and already given a precedence in line 2']]);
    const replaced = `disable:\n  - ${JOIN}\nrules:\n  - { name: ${JOIN}, ${HEAD}, precedence: 3 }\n`;
    expect(told(replaced)).toEqual([[4, JOIN, 'is replaced here, and already disabled in line 2']]);
  });
});

describe('a rule', () => {
  function toldOf(rest: string, head = HEAD): readonly string[] {
    return told(`rules:\n  - { name: A, ${head}, precedence: 1, ${rest} }\n`).map(([, , message]) => message);
  }

  test('with an empty list, a name that is not allowed, or a number that is too large says so', () => {
    expect(toldOf('scope: [[]]')).toEqual(['scope.[1]: the list is empty']);
    expect(toldOf('flows: { constructor: title }')).toEqual(['flows.constructor: this name is not allowed']);
    expect(toldOf('flows: { title: { constant: 1.5 } }')).toEqual([
      'flows.title.constant: must be a text, a whole number, true or false',
    ]);
  });

  test('with the bit operator as the documentation of Connect spells it is led to the same one, not to its opposite', () => {
    expect(toldOf('scope: [[{ attribute: a, operator: ISNOTBITSET, value: 2 }]]')).toEqual([
      expect.stringContaining('Did you mean "ISBITNOTSET"?'),
    ]);
  });

  test('cannot have a semicolon in a list, where it would make two values of one', () => {
    expect(toldOf('scope: [[{ attribute: a, operator: ISIN, value: ["x;y", z] }]]')).toEqual([
      'scope: a ISIN has a value with a semicolon, which separates values',
    ]);
    expect(toldOf('scope: [[{ attribute: a, operator: ISIN, value: "x;y" }]]')).toEqual([]);
  });

  test('cannot compare a reference with a text, or put one in its place', () => {
    expect(toldOf('scope: [[{ attribute: manager, operator: EQUAL, value: "CN=x" }]]')).toEqual([
      expect.stringContaining('this attribute refers to objects'),
    ]);
    expect(toldOf('flows: { manager: { constant: x }, member: { expression: \'CRef("CN=x")\' } }')).toEqual([
      'flow to manager: manager refers to objects, and a constant is none',
      'flow to member: member refers to objects, and what an expression gives is none',
    ]);
  });

  test('may keep references back by an expression that gives none', () => {
    const flows = [
      'manager: { expression: AuthoritativeNull }',
      `member: { expression: 'IIF(IsPresent([info]), IgnoreThisFlow, NULL)' }`,
      `owner: { expression: 'IIF([info] = "x", Error("no"), NULL)' }`,
    ];
    expect(toldOf(`flows: { ${flows.join(', ')} }`)).toEqual([]);
  });

  test('outbound cannot count references, which the metaverse holds apart', () => {
    const head = 'direction: outbound, connector: tenant, from: group, to: group';
    const scope = 'scope: [[{ attribute: member, operator: ISNOTNULL }]]';
    const flows = `flows: { description: { expression: 'CStr(ValueCount("member"))' } }`;
    expect(toldOf(`${scope}, ${flows}`, head)).toEqual([
      expect.stringContaining('scope: member ISNOTNULL asks for references, which an outbound rule cannot count'),
      expect.stringContaining('flow to description: asks for references, which an outbound rule cannot count'),
    ]);
  });
});

describe('a flow of a name alone', () => {
  test.each([
    'UCase([title])',
    '[title]',
    '"fixed"',
    'IIF(IsPresent([a]), "b", "c")',
  ])('%s is told to be no name', (text) => {
    const content = `rules:\n  - { name: A, ${HEAD}, precedence: 1, link: join, flows: { title: '${text}' } }\n`;
    expect(told(content)).toEqual([[2, 'A', `flow to title: ${text} is taken for the name of an attribute`]]);
  });

  test.each(['info', 'extensionAttribute1', 'Employee ID', 'Name (short)'])('%s is one', (text) => {
    expect(told(`rules:\n  - { name: A, ${HEAD}, precedence: 1, link: join, flows: { title: '${text}' } }\n`)).toEqual(
      [],
    );
  });
});
