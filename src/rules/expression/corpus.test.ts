import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRuleSource } from '../rule-source.ts';
import { evaluateExpression } from './evaluate.ts';
import { parseExpression } from './parse.ts';

/** A user and group in one, so that every expression finds what it asks for. */
const source = createRuleSource({
  attributes: {
    dn: 'CN=Doe\\, Jane,OU=Sales,DC=corp,DC=example,DC=com',
    cn: 'Doe, Jane',
    displayName: ' Jane Doe ',
    description: [' Sales, second floor '],
    mail: 'jane@contoso.com',
    mailNickname: 'jane',
    sAMAccountName: 'jane',
    employeeType: 'Intern',
    alias: 'jane',
    objectGUID: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    objectSid: new Uint8Array([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0]),
    proxyAddresses: ['smtp:j.doe@contoso.com', 'SMTP:jane@contoso.com', 'smtp:j.doe@contoso.com '],
    userAccountControl: 514n,
    groupType: -2147483646n,
    memberCount: 60_000n,
    pwdLastSet: 129_699_324_000_000_000n,
    msExchRecipientTypeDetails: 2n,
    cloudMSExchRecipientDisplayType: -1073741818n,
    sourceAnchor: 'AQID',
    sourceObjectType: 'User',
    cloudAnchor: 'User_1',
    cloudSourceAnchor: 'AQID',
    countryCode: 276n,
    // Version 0 of a key: its first byte 0, the length of the first part (2) in bytes 5 and 6.
    searchableDeviceKey: new Uint8Array([0, 1, 1, 1, 2, 0, 3, 170, 187, 204, 221]),
  },
  references: { member: 3 },
  parameters: { 'Domain.FQDN': 'corp.example.com', 'Forest.LDAP': 'DC=corp', 'Run.StartedAt': '2024-03-05T10:00:00Z' },
});

function evaluate(text: string): unknown {
  const result = evaluateExpression(text, source);
  return result.kind === 'value' ? result.value : result.kind;
}

describe('what the rules of Entra Connect compute, on a user', () => {
  test.each<[string, unknown]>([
    ['IIF(IsNullOrEmpty([description]),NULL,Left(Trim(Item([description],1)),448))', 'Sales, second floor'],
    ['IIF(BitAnd([userAccountControl],2)=0,True,False)', false],
    ['RemoveDuplicates(Trim(ImportedValue("proxyAddresses")))', ['smtp:j.doe@contoso.com', 'SMTP:jane@contoso.com']],
    ['StringFromSid([objectSid])', 'S-1-5-32-544'],
    ['"CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"', 'CN={41514944}'],
    ['IIF(IsString([objectGUID]),CStr([objectGUID]),ConvertToBase64([objectGUID]))', 'AQIDBAUGBwgJCgsMDQ4PEA=='],
    ['CStr(FormatDateTime(DateFromNum([pwdLastSet]),"yyyyMMddHHmmss.0Z"))', '20120101230000.0Z'],
    ['[sAMAccountName]&"@"&%Domain.FQDN%', 'jane@corp.example.com'],
    ['CBool(BitAnd([groupType],-2147483648))', true],
    ['CBool(BitAnd([cloudMSExchRecipientDisplayType],&HFF) = 0)', false],
    ['CBool(InStr(DNComponent(CRef([dn]),1),"\\\\0ACNF:")>0)', false],
    ['IIF(IsNullOrEmpty([usageLocation]),IgnoreThisFlow,[usageLocation])', 'ignore'],
    ['IIF(Word([cloudAnchor],1,"_")=[sourceObjectType],[sourceAnchor],Error("changed"))', 'AQID'],
    ['ValueCount("member")', 3n],
    [
      'Mid([searchableDeviceKey],1,7+CNum(Mid([searchableDeviceKey],5,2)))',
      new Uint8Array([0, 1, 1, 1, 2, 0, 3, 170, 187]),
    ],
    ['Word([proxyAddresses],1,"@") & "@x"', ['smtp:j.doe@x', 'SMTP:jane@x', 'smtp:j.doe@x']],
    ['IIF([employeeType]="Intern","t-" & [alias],[alias])', 't-jane'],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

/** The collections of expressions are not part of the project: they lie beside it where it is developed. */
function findCollection(name: string): readonly string[] | null {
  for (let at = import.meta.dirname; dirname(at) !== at; at = dirname(at)) {
    const path = join(at, 'shared', 'reference', 'data', name);
    if (existsSync(path))
      return readFileSync(path, 'utf8')
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '');
  }
  return null;
}

const SHIPPED = findCollection('oob-expressions.txt');
const DOCUMENTED = findCollection('docs-expressions.tsv')
  ?.slice(1)
  .map((line) => line.split('\t'));

/** The tables above and in the tests of the functions stand by themselves; a collection that is not here adds nothing, and that is said. */
function describeCollection<Line>(
  file: string,
  lines: readonly Line[] | undefined,
  suite: (lines: readonly Line[]) => void,
) {
  if (lines === undefined) console.info(`${file} is not here: its expressions are not tried.`);
  else describe(`the expressions of ${file}`, () => suite(lines));
}

describeCollection('oob-expressions.txt', SHIPPED ?? undefined, (shipped) => {
  test('are all there', () => {
    expect(shipped).toHaveLength(86);
  });

  test.each(shipped)('%s is read, type-checked and worked out', (text) => {
    expect(parseExpression(text)).toBeDefined();
    // The user of this test has too many members on purpose: that error is the right answer.
    if (text.includes('count exceeded')) expect(() => evaluate(text)).toThrow('Maximum Group member count exceeded');
    else expect(evaluate(text)).toBeDefined();
  });
});

describeCollection('docs-expressions.tsv', DOCUMENTED, (documentedOnes) => {
  test.each(documentedOnes)('%s gives %s', (text, documented = '') => {
    if (documented === '' || documented.startsWith('(')) expect(parseExpression(text ?? '')).toBeDefined();
    else expect(spell(evaluate(text ?? ''))).toBe(documented.replace('␠', ' '));
  });
});

/** A result as the collection writes it. */
function spell(result: unknown): string {
  if (Array.isArray(result)) return `[${result.join(', ')}]`;
  const time = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)\.0Z$/.exec(String(result));
  if (!time) return String(result);
  const [, year, month, day, hour, minute, second] = time;
  return `dt ${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}
