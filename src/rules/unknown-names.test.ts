import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reviewRules } from './rule-set.ts';

const folder = mkdtempSync(join(tmpdir(), 'dirbridge-names-'));
afterAll(() => rmSync(folder, { recursive: true }));

const INBOUND = 'direction: inbound, connector: source, from: user, to: person';
const OUTBOUND = 'direction: outbound, connector: tenant, from: person, to: user';

function warningsOf(...rules: readonly string[]): readonly (readonly [number, string | null, string])[] {
  const file = join(folder, 'rules.yaml');
  writeFileSync(file, `rules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
  const { problems, warnings } = reviewRules(['standard', file]);
  expect(problems).toEqual([]);
  for (const warning of warnings) expect(warning.remedy.length).toBeGreaterThan(10);
  return warnings.map(({ line, rule, message }) => [line, rule, message]);
}

test('a join on an attribute of the metaverse that no rule fills is told, with the nearest one that is filled', () => {
  expect(warningsOf(`{ name: A, ${INBOUND}, precedence: 1, join: [[{ space: mail, metaverse: mial }]] }`)).toEqual([
    [2, 'A', expect.stringMatching(/"mial" of person .* always absent\. Did you mean "mail"\?$/)],
  ]);
});

test('an outbound rule that reads what no rule fills is told: scope, direct flow and expression', () => {
  const scope = 'scope: [[{ attribute: cloudFilterd, operator: NOTEQUAL, value: true }]]';
  const flows = `flows: { jobTitle: titel, displayName: { expression: '[dispalyName]' } }`;
  expect(warningsOf(`{ name: A, ${OUTBOUND}, precedence: 1, ${scope}, ${flows} }`)).toEqual([
    [2, 'A', expect.stringContaining('Did you mean "cloudFiltered"?')],
    [2, 'A', expect.stringContaining('Did you mean "title"?')],
    [2, 'A', expect.stringContaining('Did you mean "displayName"?')],
  ]);
});

test('what a rule of the same file fills, for its type or for any, and the anchor in the tenant are known', () => {
  expect(
    warningsOf(
      `{ name: A, ${INBOUND}, precedence: 1, flows: { badge: info } }`,
      `{ name: B, direction: inbound, connector: source, from: other, to: "*", precedence: 2, flows: { tag: info } }`,
      `{ name: C, ${OUTBOUND}, precedence: 3, scope: [[{ attribute: cloudAnchor, operator: ISNULL }]], flows: { jobTitle: badge, department: tag } }`,
    ),
  ).toEqual([]);
  expect(
    warningsOf(
      `{ name: A, ${INBOUND}, precedence: 1, flows: { badge: info } }`,
      `{ name: B, direction: outbound, connector: tenant, from: group, to: group, precedence: 2, flows: { description: badge } }`,
    ),
  ).toEqual([[3, 'B', expect.stringContaining('"badge" of group')]]);
});

test('a parameter that nobody gives is told, in a scope and in an expression', () => {
  const scope = 'scope: [[{ attribute: info, operator: CONTAINS, value: "%Domain.FQDM%" }]]';
  const flows = `flows: { title: { expression: 'IIF(%Forest.LDAP% = "x", Trim(%Nope%), -1 & %Connector.Id%)' } }`;
  expect(warningsOf(`{ name: A, ${INBOUND}, precedence: 1, ${scope}, ${flows} }`)).toEqual([
    [2, 'A', 'there is no parameter %Domain.FQDM%: it is always absent. Did you mean "Domain.FQDN"?'],
    [2, 'A', 'there is no parameter %Nope%: it is always absent.'],
    [2, 'A', 'there is no parameter %Connector.Id%: it is always absent. Did you mean "Connector.ID"?'],
  ]);
});

test('a parameter of a source is told in an outbound rule, which has none', () => {
  const flows = `flows: { jobTitle: { expression: '%Domain.FQDN% & FormatDateTime(Now(), "s")' } }`;
  expect(warningsOf(`{ name: A, ${OUTBOUND}, precedence: 1, ${flows} }`)).toEqual([
    [2, 'A', expect.stringContaining('an outbound rule does not know which')],
  ]);
});

test('the shipped rules give no reason to warn', () => {
  expect(reviewRules(['standard']).warnings).toEqual([]);
});
