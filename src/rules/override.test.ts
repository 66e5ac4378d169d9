import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { layerRules } from './layer-rules.ts';
import { loadRuleSet, reviewRules, shippedRules } from './rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-override-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NAME = 'In from AD - User Exchange';
const SHIPPED = shippedRules().find(({ rule }) => rule.name === NAME);
const FINGERPRINT = SHIPPED?.fingerprint ?? '';
let count = 0;

function write(text: string): string {
  const file = join(folder, `rules-${++count}.yaml`);
  writeFileSync(file, text);
  return file;
}

function warnings(text: string): readonly string[] {
  return reviewRules(['standard', write(text)]).warnings.map(
    ({ line, message, remedy }) => `${line} ${message} ${remedy}`,
  );
}

describe('a standard rule gets another place', () => {
  test('by its precedence alone: what it does stays that of the shipped one', () => {
    const set = loadRuleSet(['standard', write(`override: [{ rule: ${NAME}, precedence: 7 }]\n`)]);
    expect(set.all[0]).toMatchObject({ name: NAME, precedence: 7, file: SHIPPED?.rule.file });
    expect(set.all[0]?.flows.map(({ target }) => target)).toEqual(SHIPPED?.rule.flows.map(({ target }) => target));
    expect(set.hash).not.toBe(loadRuleSet(['standard']).hash);
  });

  test('and a place that is taken is told where it is written', () => {
    const file = write(`\noverride:\n  - { rule: ${NAME}, precedence: 102 }\n`);
    expect(reviewRules(['standard', file]).problems).toMatchObject([
      { file, line: 3, rule: NAME, message: 'precedence 102 is taken by "In from AD - User AccountEnabled"' },
    ]);
  });

  test('and a later file can move it again', () => {
    const files = [5, 6].map((precedence) => write(`override: [{ rule: ${NAME}, precedence: ${precedence} }]\n`));
    expect(loadRuleSet(['standard', ...files]).all[0]).toMatchObject({ name: NAME, precedence: 6 });
  });

  test('and a name that nobody has is told with the nearest', () => {
    const { problems } = reviewRules([
      'standard',
      write('override: [{ rule: In from AD - User Exchang, precedence: 7 }]'),
    ]);
    expect(problems).toMatchObject([{ line: 1, message: expect.stringContaining(`Did you mean "${NAME}"?`) }]);
  });
});

describe('a shipped rule that is not the one somebody decided about', () => {
  const forms = {
    override: (madeFor: string) => `override: [{ rule: ${NAME}, precedence: 7${madeFor} }]\n`,
    disable: (madeFor: string) => `disable: [{ rule: ${NAME}${madeFor} }]\n`,
    replacement: (madeFor: string) =>
      `rules:\n  - { name: ${NAME}, direction: inbound, connector: source, from: user, to: person, precedence: 7${madeFor} }\n`,
  };

  test.each(Object.entries(forms))('is told for %s', (_form, text) => {
    expect(warnings(text(`, madeFor: "${FINGERPRINT}"`))).toEqual([]);
    const [changed] = warnings(text(', madeFor: "0123456789ab"'));
    expect(changed).toContain('made for version 0123456789ab');
    expect(changed).toContain(`madeFor: "${FINGERPRINT}"`);
    expect(warnings(text(''))).toEqual([expect.stringContaining('does not say for which version')]);
  });

  test('is known by what it does, not by its description or its tag', () => {
    const rule = (extra: string) =>
      write(
        `rules:\n  - { name: R, direction: inbound, connector: source, from: user, to: person, precedence: 7${extra} }\n`,
      );
    const [plain, described, moved] = ['', ', description: d, tag: t.002', ', flows: { title: info }'].map(
      (extra) => layerRules([{ files: [rule(extra)], isShipped: true }]).rules[0]?.fingerprint,
    );
    expect(described).toBe(plain);
    expect(moved).not.toBe(plain);
  });
});

test('madeFor on a rule that replaces nothing is a mistake', () => {
  const file = write(
    'rules:\n  - { name: Mine, madeFor: a, direction: inbound, connector: source, from: user, to: person, precedence: 7 }\n',
  );
  expect(reviewRules(['standard', file]).problems).toMatchObject([
    { rule: 'Mine', message: expect.stringContaining('madeFor') },
  ]);
});

test('an attribute in another spelling than that of the shipped rules is a warning', () => {
  const text = `rules:
  - name: Mine
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 7
    flows:
      title: { expression: 'Trim([givenname])' }
`;
  expect(warnings(text)).toEqual([
    expect.stringMatching(/^9 the attribute "givenname" is called "givenName" in the source/),
  ]);
});
