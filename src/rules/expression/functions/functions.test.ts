import { describe, expect, test } from 'vitest';
import { createRuleSource } from '../../rule-source.ts';
import { evaluateExpression } from '../evaluate.ts';
import { FUNCTIONS } from './table.ts';

const source = createRuleSource({
  attributes: {
    proxyAddresses: ['SMTP:jane@contoso.com', 'smtp:j.doe@contoso.com'],
    bytes: new Uint8Array([1, 2, 3]),
    emoji: 'ab😀cd',
  },
  parameters: { 'Run.StartedAt': '2024-03-05T10:00:00Z', 'Object.Key': 'ad/1' },
});

function evaluate(text: string): unknown {
  const result = evaluateExpression(text, source);
  return result.kind === 'value' ? result.value : result.kind;
}

test.each([...FUNCTIONS.values()])('the example of $name gives what its page says', ({ example, result }) => {
  expect(evaluateExpression(example, source)).toEqual(evaluateExpression(result, source));
});

describe('results that the documentation of the language gives', () => {
  test.each<[string, unknown]>([
    ['BitAnd(&HF, &HF7)', 7n],
    ['ConvertFromBase64("SABlAGwAbABvACAAdwBvAHIAbABkACEA")', 'Hello world!'],
    ['ConvertFromUTF8Hex("48656C6C6F20776F726C6421")', 'Hello world!'],
    ['ConvertToUTF8Hex("Hello world!")', '48656C6C6F20776F726C6421'],
    ['DateFromNum(129699324000000000)', '20120101230000.0Z'],
    ['DNComponentRev(CRef("cn=Joe,ou=Atlanta,ou=GA,ou=US, dc=contoso,dc=com"),3)', 'US'],
    ['DNComponentRev(CRef("cn=Joe,ou=Atlanta,ou=GA,ou=US, dc=contoso,dc=com"),1,DC)', 'US'],
    ['InStr("The quick brown fox","quick")', 5n],
    ['InStrRev("abbcdbbbef","bb")', 7n],
    ['Left("John Doe", 3)', 'Joh'],
    ['Mid("John Doe", 3, 5)', 'hn Do'],
    ['PadLeft("User", 10, "0")', '000000User'],
    ['PCase("TEsT")', 'Test'],
    ['RTrim(" Test ")', ' Test'],
    ['Word("This,string!has&many separators",3,",!&#")', 'has'],
    ['ReplaceChars("O’Neil","’:,Å:A,Ä:A,Ö:O,å:a,ä:a,ö:o")', 'ONeil'],
    [
      'Split("SMTP:john.doe@contoso.com,smtp:jd@contoso.com",",")',
      ['SMTP:john.doe@contoso.com', 'smtp:jd@contoso.com'],
    ],
    ['Mid(Item([proxyAddresses],Contains([proxyAddresses], "SMTP:")),6)', 'jane@contoso.com'],
    ['CDate("2013-01-10 4:00 PM -8")', '20130111000000.0Z'],
    ['IsBitSet(&HF,4)', true],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

describe('times', () => {
  test.each([
    ['January 10, 2013', '2013-01-10T00:00:00.0000000Z'],
    ['Jan 10 2013 16:00', '2013-01-10T16:00:00.0000000Z'],
    ['10 January 2013 4 PM -8', '2013-01-11T00:00:00.0000000Z'],
    ['10-Jan-2013', '2013-01-10T00:00:00.0000000Z'],
    ['Tue, 05 Mar 2024 17:08:00 GMT', '2024-03-05T17:08:00.0000000Z'],
    ['2013-01-10 16:00 UTC', '2013-01-10T16:00:00.0000000Z'],
    ['1601-01-01', '1601-01-01T00:00:00.0000000Z'],
  ])('%s is read', (text, result) => {
    expect(evaluate(`FormatDateTime(CDate("${text}"), "o")`)).toBe(result);
  });

  test.each([
    'Foo 10, 2013',
    '31 February 2024',
    '2013-01-10 4',
    '1601-01-01 00:00 +1',
    '1600-12-31',
    '13 PM',
  ])('%s is none', (text) => {
    expect(evaluate(`IsDate("${text}")`)).toBe(false);
  });

  test.each([
    ['yyy|y|yyyyy|yy', '2007|7|02007|07'],
    ['HH:mm:ss.FFF', '07:08:09.5'],
    ['HH:mm:ss.FF0', '07:08:09.50'],
    ['MMMMM ddddd', 'May Saturday'],
    ['%d', '5'],
    ['d', '05/05/2007'],
    ['s', '2007-05-05T07:08:09'],
    ['u', '2007-05-05 07:08:09Z'],
    ['r', 'Sat, 05 May 2007 07:08:09 GMT'],
  ])('the format %s is that of .NET', (format, result) => {
    expect(evaluate(`FormatDateTime(CDate("2007-05-05 07:08:09.5"), "${format}")`)).toBe(result);
  });

  test('a fraction that is left away takes its point along', () => {
    expect(evaluate('FormatDateTime(CDate("2007-05-05 07:08:09"), "ss.FFF")')).toBe('09');
  });
});

describe('edges', () => {
  test.each<[string, unknown]>([
    ['Left("abc", -1)', 'abc'],
    ['Left("abc", 9)', 'abc'],
    ['Left("abc", 0)', ''],
    ['Left(NULL, 3)', ''],
    ['Right("abc", 2)', 'bc'],
    ['Mid("abc", 0, 2)', 'abc'],
    ['Mid("abc", 9, 2)', 'abc'],
    ['Mid("abc", 2, 0)', ''],
    ['Left([emoji], 3)', 'ab'],
    ['Right([emoji], 3)', 'cd'],
    ['Trim(NULL)', 'null'],
    ['InStr(NULL, "a")', 0n],
    ['InStr("abca", "a", 2)', 4n],
    ['InStr("ABC", "b")', 0n],
    ['InStr("ABC", "b", 1, vbTextCompare)', 2n],
    ['InStrRev("abcabc", "abc", 5)', 1n],
    ['Word("", 1, ",")', ''],
    ['Word(NULL, 1, ",")', ''],
    ['Word("a,,b", 2, ",")', 'b'],
    ['PadRight("a", 3, " ") & "|"', 'a  |'],
    ['Replace("a\\nb", "b", "\\t")', 'a\\n\t'],
    ['Contains([proxyAddresses], "jane")', 1n],
    ['Contains([proxyAddresses], "JANE")', 0n],
    ['Contains([proxyAddresses], "JANE", CaseInsensitive)', 1n],
    ['Contains([absent], "x")', 0n],
    ['Item("one", 1)', 'one'],
    ['Split("a,b,c", ",", 2)', ['a', 'b,c']],
    ['Join([absent], ",")', 'null'],
    ['RemoveDuplicates(Split("a,A,a", ","))', ['a', 'A']],
    ['CNum([bytes])', 197121n],
    ['Mid([bytes], 2, 1)', new Uint8Array([2])],
    ['[bytes] & CBin(258, 2)', new Uint8Array([1, 2, 3, 2, 1])],
    ['IsString([bytes])', false],
    ['CBool(-5)', true],
    ['CBool(NULL)', false],
    ['CBool("TRUE")', true],
    ['BitAnd(NULL, 2) = 0', false],
    ['DNComponent(CRef("cn=Doe\\, Jane,ou=x"), 1)', 'Doe\\, Jane'],
    ['DNComponent(CRef("cn=a"), 2)', 'null'],
    ['IsDate("2024-02-29")', true],
    ['IsDate("20240229120000.0Z")', true],
    ['IsDate("2023-02-29")', false],
    ['IsDate("9999-12-31 23:00 -5")', false],
    ['FormatDateTime(DateAdd("yyyy", 1, CDate("2024-02-29")), "yyyy-MM-dd")', '2025-02-28'],
    ['CDate("03/05/2024 13:15:30")', '20240305131530.0Z'],
    ['NumFromDate(DateFromNum(129699324000000001))', 129699324000000001n],
    ['Now() > CDate("2024-03-04")', true],
    ['StringFromGuid(CBin(1, 8) & CBin(0, 8))', '00000001-0000-0000-0000-000000000000'],
    ['Join([proxyAddresses], NULL)', 'SMTP:jane@contoso.comsmtp:j.doe@contoso.com'],
    ['Join(Split("a,b", ","))', 'a b'],
    ['CBool("1")', true],
    ['CBool("0")', false],
    ['IIF("0", 1, 2)', 2n],
    ['PadLeft("a", 4, "😀")', '😀a'],
    ['IsGuid("{00001111-aaaa-2222-bbbb-3333cccc4444}")', true],
    ['IsGuid("{00001111-aaaa-2222-bbbb-3333cccc4444")', false],
    ['IsGuid("00001111-aaaa-2222-bbbb-3333cccc4444}")', false],
    ['ConvertFromBase64("SGVs bG8=", UTF8)', 'Hello'],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  test.each([
    ['Item([proxyAddresses], 3)', 'no value number 3, only 2'],
    ['Item([absent], 1)', 'no value number 1, only 0'],
    ['Left(12, 1)', 'CStr'],
    ['Trim([bytes])', '3 bytes'],
    ['CNum("abc")', 'CNum cannot make a number of "abc"'],
    ['CDate("soon")', 'CDate'],
    ['CGuid("x")', 'GUID'],
    ['StringFromSid([bytes])', 'StringFromSid'],
    ['ConvertFromBase64("!")', 'base64'],
    ['ReplaceChars("a", "ab:c")', 'pairs'],
    ['ConvertFromBase64("SGVsbG8")', 'base64'],
    ['CBool("yes")', 'True or False'],
    ['DateAdd("x", 1, CDate("2024-01-01"))', 'yyyy'],
    ['DateAdd("constructor", 1, CDate("2024-01-01"))', 'yyyy'],
    ['ConvertFromBase64("AA==", "constructor")', 'Unicode, ASCII, UTF8'],
    ['ConvertFromBase64("AA==", [emoji])', 'Unicode, ASCII and UTF8'],
    ['DateAdd("yyyy", 9000, CDate("2024-01-01"))', 'years 1601 and 9999'],
    ['CertNotAfter("x")', 'IsCert'],
    ['Contains([proxyAddresses], "x", Sometimes)', 'Sometimes'],
    ['InStr("a", "b", 1, UTF8)', 'vbTextCompare'],
    ['Split("a", "ab")', 'one character'],
  ])('%s is an error that says why', (text, reason) => {
    expect(() => evaluate(text)).toThrow(reason);
  });

  test.each(['CDate', 'CNum', 'CGuid', 'ConvertFromBase64'])('%s does not repeat a value of any length', (name) => {
    const told = reasonOf(`${name}(PadLeft("", 5001, "x"))`);
    expect(told).toContain(`"${'x'.repeat(40)}..."`);
    expect(told.length).toBeLessThan(300);
  });
});

function reasonOf(text: string): string {
  try {
    evaluate(text);
  } catch (error) {
    if (error instanceof Error) return error.message;
  }
  throw new Error(`${text} is no error`);
}
