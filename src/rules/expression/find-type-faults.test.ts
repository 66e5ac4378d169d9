import { describe, expect, test } from 'vitest';
import { DirbridgeError } from '../../errors.ts';
import { parseExpression } from './parse.ts';

function complaint(text: string): string {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof DirbridgeError && error.code === 'rules-invalid') return error.message;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

describe('what cannot go well on any object is refused before a run, with its place', () => {
  test.each([
    ['Left(12, 1)', 'Left needs a text as text, not a number; CStr makes a text of it', 5],
    ['Left([cn], "abc")', 'Left needs a number as count, not a text', 11],
    ['Left(UCase([cn]), IsPresent([cn]))', 'not a flag', 18],
    ['FormatDateTime([whenCreated], "yyyy")', 'FormatDateTime needs a time as time', 15],
    ['FormatDateTime([pwdLastSet], "yyyy")', 'DateFromNum', 15],
    ['Trim(Now())', 'FormatDateTime makes a text of it', 5],
    ['StringFromSid("S-1-5-18")', 'binary data', 14],
    ['StringFromGuid([userAccountControl])', 'binary data', 15],
    ['CNum(Now())', 'CNum needs', 5],
    ['DateAdd("day", 1, Now())', 'yyyy, q, m, y, d, w, ww, h, n, s', 8],
    ['Contains([proxyAddresses], "smtp:", vbTextCompare)', 'CaseInsensitive, CaseSensitive', 36],
    ['CertNameInfo([userCertificate], "Simple", False)', 'SimpleName', 32],
    ['IIF("yes", 1, 2)', 'True or False as condition, not a text', 4],
    ['IIF(Now(), 1, 2)', 'condition', 4],
    ['Switch(True, 1, "no", 2)', 'condition', 16],
    ['Where($x, [a], Split($x, ","))', null, null],
    ['Where($x, [a], "no")', 'condition', 15],
    ['Select($x, Split([a], ","), DateAdd("d", 1, $x))', 'DateAdd needs a time', 44],
    ['With($n, Count([a]), Left($n, 1))', 'CStr makes a text of it', 26],
    ['With($n, Now(), With($n, "x", $n * 2))', '* needs a number', 30],
    ['[a] && "no"', '&& needs True or False', 7],
    ['IsPresent([a]) = 1', 'A flag and a number are never equal', 17],
    ['Len([a]) = "x"', 'never equal', 11],
    ['[userAccountControl] = True', 'never equal', 23],
    ['Now() > "2024-01-01"', 'cannot be compared by >', 8],
    ['True < False', 'cannot be compared by <', 7],
    ['"a" - 1', '- needs a number', 0],
    ['-Trim([a]) + -"x"', '- needs a number, not a text', 13],
    ['"a" + 1', '+ adds numbers, or texts', 6],
    ['1 - 2 - "a"', '- needs a number', 8],
    ['CBin(1, 2) & "x"', '& puts texts together, or binary data', 13],
    ['Now() & "x"', '& needs texts or binary data, not a time', 0],
    ['AuthoritativeNull & "x"', 'a word that ends a flow', 0],
    ['Left(IIF([a] = 1, 2, 3), 1)', 'Left needs a text', 5],
    ['Trim([manager])', 'manager refers to objects', 5],
    ['IIF(IsPresent([manager]), [manager], NULL)', 'Let it flow directly', 26],
  ] as const)('%s', (text, reason, column) => {
    if (reason === null) return void parseExpression(text);
    const message = complaint(text);
    expect(message).toContain(reason);
    expect(message.split('\n').at(-1)?.indexOf('^')).toBe(4 + column);
  });

  test('all wrong types of an expression are told at once, in the order of the text', () => {
    const lines = complaint('Left(1, "x") & Trim(Now())').split('\n');
    expect(lines.filter((line) => line.includes(' needs '))).toHaveLength(3);
    expect(lines.filter((line) => line.trim() === '^').map((line) => line.indexOf('^') - 4)).toEqual([5, 8, 20]);
  });
});

describe('what may go well is left alone', () => {
  test.each([
    'Left([anything], [count])',
    'BitAnd([userAccountControl], "2")',
    'BitAnd([userAccountControl], &H2) = 0',
    'Left([userAccountControl], 1)',
    '"12" * 2',
    '"1" + 1',
    '[a] + "x"',
    '[a] & 1 & True & CRef([dn])',
    'NULL & "x"',
    'Left(NULL, 1)',
    'Left(Item([a], 1), 1)',
    'Left(IIF([a] = 1, 2, "x"), 1)',
    'IIF([flag], 1, 0)',
    'IIF("TRUE", 1, 0)',
    'IIF(BitAnd([a], 2), 1, 0)',
    'CBool(IIF(IsPresent([a]), BitAnd([a], 4) > 0, NULL))',
    'IsPresent([a]) = "True"',
    'IIF(IsString([objectGUID]), CStr([objectGUID]), ConvertToBase64([objectGUID]))',
    'CDate([whenCreated]) < Now()',
    'CDate(DateFromNum([pwdLastSet]))',
    'DNComponent([dn], 1)',
    'CRef("cn=a") = "cn=a"',
    'Switch([a] = 1, IgnoreThisFlow, True, Error("x"))',
    'With($x, [a], With($x, Now(), $x) > Now() && $x * 2 = 4)',
    'Select($x, [a], Left($x, 1) & Len($x))',
    'IsPresent([member]) || Count([member]) > 0 || ValueCount("member") > 0',
    'InStr([a], "x", 1, "vbTextCompare")',
    'InStr([a], "x", 1, [b])',
  ])('%s', (text) => {
    expect(parseExpression(text)).toBeDefined();
  });
});
