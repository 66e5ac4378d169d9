import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DirbridgeError } from '../../errors.ts';
import { ANY_EXPRESSION } from './any-expression.ts';
import { complaint } from './complaint.ts';
import { parseExpression, parseSyntax } from './parse.ts';
import { printExpression } from './print.ts';
import type { Expression } from './syntax.ts';

/** An expression without the places, to compare. */
function shape(expression: Expression): unknown {
  return JSON.parse(
    JSON.stringify(expression, (key, value: unknown) =>
      key === 'at' ? undefined : typeof value === 'bigint' ? `${value}n` : value,
    ),
  );
}

/** What Entra Connect's own rules and the documentation of the language hold, apart from their many Trim([x]). */
const IN_USE = [
  'Trim([extensionAttribute10])',
  'Trim([wWWHomePage])',
  'IIF(IsNullOrEmpty([displayName]),[cn],[displayName])',
  'IIF(IsNullOrEmpty([description]),NULL,Left(Trim(Item([description],1)),448))',
  'IIF(IsNullOrEmpty([postOfficeBox]),NULL,Left(Trim(Item([postOfficeBox],1)),448))',
  'IIF(IsNullOrEmpty([url]),NULL,Left(Trim(Item([url],1)),448))',
  'Left(Trim([info]),448)',
  'IIF(BitAnd([userAccountControl],2)=0,True,False)',
  'RemoveDuplicates(Trim(ImportedValue("proxyAddresses")))',
  'StringFromSid([objectSid])',
  '"CN={" & ConvertToUTF8Hex([sourceAnchor]) & "}"',
  '%Connector.ID%',
  '%Domain.FQDN%',
  '%Domain.Netbios%',
  '%Forest.FQDN%',
  '%Forest.Netbios%',
  'IIF(IsNullOrEmpty([cloudLegacyExchangeDN]),NULL,"x500:" & [cloudLegacyExchangeDN])',
  'IIF(IsPresent([msExchRecipientTypeDetails]), IIF([msExchRecipientTypeDetails]=2, NULL, "User"), "User")',
  'IIF(IsPresent([pwdLastSet]),CStr(FormatDateTime(DateFromNum([pwdLastSet]),"yyyyMMddHHmmss.0Z")),NULL)',
  'IIF(IsPresent([userPrincipalName]),[userPrincipalName], IIF(IsPresent([sAMAccountName]),([sAMAccountName]&"@"&%Domain.FQDN%),Error("AccountName is not present")))',
  'IIF(IsNullOrEmpty([countryCode]),IgnoreThisFlow,[countryCode])',
  'IIF((Contains([proxyAddresses], "SMTP:") > 0) && (InStr(Item([proxyAddresses], Contains([proxyAddresses], "SMTP:")), "@") > 0) || (IsPresent([mail]) = True && (InStr([mail], "@") > 0)), True, False)',
  'IIF(IsPresent([cloudSourceAnchor]), IIF(Word([cloudAnchor],1,"_")=[sourceObjectType],[sourceAnchor],Error("changed")),[sourceAnchor])',
  'CBool(IIF(IsPresent([msExchRecipientTypeDetails]),BitAnd([msExchRecipientTypeDetails],&H21C07000) > 0,NULL)) || CBool(InStr(DNComponent(CRef([dn]),1),"\\\\0ACNF:")>0)',
  'IIF([cloudSOAExchMailbox] = True,[cloudMSExchBlockedSendersHash],IgnoreThisFlow)',
  'CBool(BitAnd([groupType],-2147483648))',
  'CBool(IIF(IsNullOrEmpty([cloudMSExchRecipientDisplayType]),NULL,BitAnd([cloudMSExchRecipientDisplayType],&HFF) = 0))',
  'IIF(([memberCount]> 50000),Error("Maximum Group member count exceeded"),IgnoreThisFlow)',
  'Mid([searchableDeviceKey],1,7+CNum(Mid([searchableDeviceKey],5,2))) & CBin(Len(Thumbprint(Mid([searchableDeviceKey],8,3))),2) & CBin(2,1)',
  'ValueCount("member")',
  'AuthoritativeNull',
  'Where($item,[userCertificate],CertNotAfter($item)>Now())',
  'Switch(IsPresent([directManager]),[directManager], IsPresent([skiplevelManager]),[skiplevelManager])',
  'Word([proxyAddresses],1,"@") & "@contoso.com"',
  'Mid(Item([proxyAddresses],Contains([proxyAddresses], "SMTP:")),6)',
  'CRef("CN=LC Services,CN=Microsoft,CN=RTC Service," & %Forest.LDAP%)',
  'DNComponentRev(CRef("cn=Joe,ou=Atlanta, dc=contoso,dc=com"),1,"DC")',
  'ConvertFromBase64([x], UTF8)',
  'IIF([employeeType]="Intern","t-" & [alias],[alias])',
];

test.each(IN_USE)('reads what is in use: %s', (text) => {
  const expression = parseExpression(text);
  expect(shape(parseExpression(printExpression(expression)))).toEqual(shape(expression));
});

test('printing and parsing agree for any expression', () => {
  fc.assert(
    fc.property(ANY_EXPRESSION, (expression) => {
      expect(shape(parseSyntax(printExpression(expression)))).toEqual(shape(expression));
    }),
    { numRuns: 2000 },
  );
});

test('any text is either read or refused with the error of rules', () => {
  const piece = fc.constantFrom(
    '[a]',
    '"x"',
    '"',
    '(',
    ')',
    ',',
    '&',
    '&&',
    '&HF',
    '||',
    '=',
    '<>',
    '-',
    '%D%',
    '%',
    '[',
    '$x',
    'IIF',
    'Trim',
    'NULL',
    '12',
    '1.5',
    ' ',
    '\n',
    '\\',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map((all) => all.join('')),
      ),
      (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          expect(error).toBeInstanceOf(DirbridgeError);
        }
      },
    ),
    { numRuns: 3000 },
  );
});

describe('binding of operators', () => {
  test.each([
    ['[a] = 1 || [b] = 2 && [c] = 3', '([a] = 1) || (([b] = 2) && ([c] = 3))'],
    ['[a] && [b] || [c]', '([a] && [b]) || [c]'],
    ['IsPresent([a]) = False || [b] = "x"', '(IsPresent([a]) = False) || ([b] = "x")'],
    ['[a] & "b" = "c" & "d"', '([a] & "b") = ("c" & "d")'],
    ['2 * -[a] > 1', '(2 * (-[a])) > 1'],
  ])('%s means %s', (text, explicit) => {
    expect(shape(parseExpression(text))).toEqual(shape(parseExpression(explicit)));
  });

  test('arithmetic has one level and goes from left to right', () => {
    expect(printExpression(parseExpression('1 + 2 * 3 - 4'))).toBe('1 + 2 * 3 - 4');
    expect(printExpression(parseExpression('1 + (2 * 3)'))).toBe('1 + (2 * 3)');
    expect(parseExpression('1 + 2 * 3')).toMatchObject({
      first: { value: 1n },
      rest: [{ operator: '+' }, { operator: '*' }],
    });
  });

  test('"&" is told from "&&" and from a hexadecimal number', () => {
    expect(printExpression(parseExpression('"a"&"b"'))).toBe('"a" & "b"');
    expect(printExpression(parseExpression('[a]&&[b]'))).toBe('[a] && [b]');
    expect(printExpression(parseExpression('BitAnd([a],&H21C07000)'))).toBe('BitAnd([a], 566259712)');
  });
});

describe('a mistake is shown with its place', () => {
  test.each([
    ['', 'empty', 0],
    ['Trim([mail', 'closing bracket', 5],
    ['Trim([mail]', 'never closed', 4],
    ['Trim [mail]', 'parentheses', 0],
    ['Trimm([mail])', 'did you mean Trim?', 0],
    ['trim([mail])', 'did you mean Trim?', 0],
    ['Left([mail])', 'Left(text, count) takes 2 arguments, not 1', 0],
    ['Trim([mail]) [cn]', 'an operator or the end', 13],
    ['IIF([a] = 1, "x", )', 'an attribute, a value or a function', 18],
    ['"open', 'no closing quote', 0],
    ['\u201cx\u201d', 'straight double quotes', 0],
    ['[a] | [b]', '||', 4],
    ['[a] / 2', 'no operator "/"', 4],
    ['mail & "x"', '[mail]', 0],
    ['$x & "x"', 'variable $x is not known', 0],
    ['Select([x], [a], 1)', 'a variable', 7],
    ['With($x, $x, 1)', 'variable $x is not known', 9],
    ['ValueCount([member])', 'in quotes', 11],
    ['Switch([a], 1, [b])', 'a value for each condition', 15],
    ['[constructor]', 'nothing of the name', 0],
    ['Guuid()', 'did you mean Guid?', 0],
    ['99999999999999999999', '64 bits', 0],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'nested at most 100', null],
  ] as const)('%s', (text, reason, column) => {
    const message = complaint(text);
    expect(message).toContain(reason);
    const lines = message.split('\n');
    expect(lines.at(-1)?.trim()).toBe('^');
    if (column !== null) expect(lines.at(-1)?.indexOf('^')).toBe(4 + column);
  });

  test('in an expression over several lines the line with the mistake is shown', () => {
    const message = complaint('IIF([a] = 1,\n    Trim([b],\n    "c")');
    expect(message).toContain('    Trim([b],');
    expect(message).not.toContain('IIF([a]');
  });

  test('a long line is cut around the place', () => {
    const message = complaint(`${'"x" & '.repeat(100)}Oops`);
    const [, line = '', caret = ''] = message.split('\n');
    expect(line.length).toBeLessThan(125);
    expect(line.slice(caret.indexOf('^'))).toBe('Oops');
  });

  test('thousands of operators in a row are no problem', () => {
    const text = Array.from({ length: 8000 }, () => '[a]').join('&');
    expect(printExpression(parseExpression(text))).toHaveLength(8000 * 3 + 7999 * 3);
  });
});

test('a backslash before the closing quote is told, where somebody meant the backslash', () => {
  expect(() => parseExpression(String.raw`"CONTOSO\" & [sAMAccountName]`)).toThrow(
    String.raw`has no closing quote ("). In a text \" is a quote; a backslash is written \\.`,
  );
});
