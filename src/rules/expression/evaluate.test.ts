import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRuleSource } from '../rule-source.ts';
import { ANY_EXPRESSION } from './any-expression.ts';
import { compileExpression } from './compile.ts';
import { evaluateExpression, toFlowResult } from './evaluate.ts';
import { parseExpression } from './parse.ts';
import { EvaluationError } from './values.ts';

const source = createRuleSource({
  attributes: {
    a: 'text',
    mail: 'jane@contoso.com',
    many: ['SIP:jane', 'smtp:j@contoso.com', 'SMTP:jane@contoso.com'],
    numbers: [1n, 20n, 300n],
    bytes: new Uint8Array([1, 2, 3]),
    number: 42n,
    filetime: 133_500_000_000_000_001n,
    flag: true,
    upper: 'TRUE',
  },
  references: { member: 3 },
  parameters: { 'Domain.FQDN': 'corp.example.com', 'Object.Key': 'ad/1' },
});

function evaluate(text: string): unknown {
  const result = evaluateExpression(text, source);
  return result.kind === 'value' ? result.value : result.kind;
}

describe('what is absent', () => {
  test.each<[string, unknown]>([
    ['[absent]', 'null'],
    ['NULL', 'null'],
    ['AuthoritativeNull', 'authoritative-null'],
    ['IgnoreThisFlow', 'ignore'],
    ['%Unknown%', 'null'],
    ['[absent] = "x"', false],
    ['[absent] = True', false],
    ['[absent] <> "x"', true],
    ['[absent] = NULL', true],
    ['[absent] > 1', false],
    ['[absent] & "x"', 'x'],
    ['[absent] + 1', 'null'],
    ['IIF([absent], 1, 2)', 2n],
    ['[absent] || True', true],
    ['IsPresent([absent]) = False', true],
    ['IsPresent("")', false],
    ['IsNull("")', false],
    ['IsEmpty("") && IsEmpty([absent]) = False', true],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

describe('comparisons and arithmetic', () => {
  test.each<[string, unknown]>([
    ['2*5+3', 13n],
    ['2*(5+3)', 16n],
    ['2+5*3', 21n],
    ['- - 2', 2n],
    ['1.5 + 1.5', 3n],
    ['1.5 + 1', '2.5'],
    ['"a" + "b"', 'ab'],
    ['"A" = "a"', false],
    ['"12" = 12', true],
    ['"12" > 9', true],
    ['"b" > "a"', true],
    ['[upper] = True', true],
    ['[flag] = "true"', true],
    ['[bytes] = [bytes]', true],
    ['[bytes] = "x"', false],
    ['[filetime] - 1', 133_500_000_000_000_000n],
    ['CRef("CN=a, DC=x") = CRef("cn=A,dc=X")', true],
    ['"a" & 1 & True', 'a1True'],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  test.each([
    ['[bytes] & "x"', 'bytes'],
    ['"a" * 2', '* needs a number, not a text'],
    ['[a] > 1', 'number'],
    ['9223372036854775807 * 9', '64 bits'],
    ['AuthoritativeNull & "x"', 'AuthoritativeNull'],
    ['IIF("maybe", 1, 2)', 'True or False'],
  ])('%s is an error', (text, reason) => {
    expect(() => evaluate(text)).toThrow(reason);
  });
});

describe('several values', () => {
  test.each<[string, unknown]>([
    ['LCase([many])', ['sip:jane', 'smtp:j@contoso.com', 'smtp:jane@contoso.com']],
    ['Word([many],1,":") & "!"', ['SIP!', 'smtp!', 'SMTP!']],
    ['IIF(InStr([many],"SIP:")=1,NULL,[many])', ['smtp:j@contoso.com', 'SMTP:jane@contoso.com']],
    ['IIF(InStr([many],"x")=1,[many],NULL)', 'null'],
    ['IIF(InStr([many],"SIP:")=1,NULL,Replace([many],"jane","j"))', ['smtp:j@contoso.com', 'SMTP:j@contoso.com']],
    ['[numbers] * 2', [2n, 40n, 600n]],
    ['[numbers] > 10 && [numbers] < 100', [false, true, false]],
    ['IsPresent([many])', true],
    ['Count([many])', 3n],
    ['ValueCount("many")', 3n],
    ['Select($x, [numbers], $x + 1)', [2n, 21n, 301n]],
    ['Where($x, [many], InStr(LCase($x), "smtp:") = 1)', ['smtp:j@contoso.com', 'SMTP:jane@contoso.com']],
    ['Select($x, [numbers], Count(Where($y, [numbers], $y > $x)))', [2n, 1n, 0n]],
    ['Where($x, [absent], True)', 'null'],
    ['With($n, Count([many]), $n * $n)', 9n],
    ['With($n, 1, With($n, 2, $n))', 2n],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  test('lists of different length do not mix', () => {
    expect(() => evaluate('[many] & Split("a,b", ",")')).toThrow('3 and 2 values');
  });
});

describe('what is not needed is not evaluated', () => {
  test.each<[string, unknown]>([
    ['IIF(True, "fine", Error("no"))', 'fine'],
    ['IIF(IsPresent([absent]), Item([absent], 1), "none")', 'none'],
    ['True || Error("no")', true],
    ['False && Error("no")', false],
    ['Switch(False, Error("no"), True, "b", True, Error("no"))', 'b'],
    ['Switch(False, 1)', 'null'],
    ['(Contains([many],"X500:") > 0) && (InStr(Item([many], Contains([many],"X500:")),"@") > 0)', false],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  test('Error ends the evaluation with its message', () => {
    expect(() => evaluate('IIF([number] > 40, Error("too many: " & CStr([number])), IgnoreThisFlow)')).toThrow(
      'too many: 42',
    );
  });
});

describe('references', () => {
  test.each<[string, unknown]>([
    ['ValueCount("member")', 3n],
    ['IsPresent([member])', true],
    ['IsNullOrEmpty([manager])', true],
    ['Count([member]) > 2', true],
  ])('are counted: %s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

test('Now() without the time of a run is an error, not the clock of the machine', () => {
  expect(() => evaluate('Now()')).toThrow('not known here');
});

test.each([
  'Select($a, Split(PadLeft("x", 400000, ","), ","), PadLeft("", 1000000, "x"))',
  'With($l, Split(Replace(PadLeft("", 9000, "a"), "a", "a,"), ","), Select($a, $l, Count(Where($b, $l, $b = "x"))))',
  'With($a, PadLeft("a", 4000000, "a"), Replace(Replace($a, "a", $a), "a", $a))',
  'With($l, Split(PadLeft("", 1000000, ","), ","), Count(Select($x, "a,a,a", $l)) + Count(Select($x, Split("1,2,3,4,5,6,7,8,9,10,11,12", ","), $l)))',
  `With($l, Split(PadLeft("", 1000000, ","), ","), Len($l) ${'+ 1 '.repeat(10000)})`,
  `With($b, CBin(1, 8) ${'& CBin(1, 8) '.repeat(500)}, ${'With($b, $b & $b & $b & $b & $b & $b & $b & $b, '.repeat(12)}Len($b)${')'.repeat(12)})`,
  'InStr(PadLeft("", 4000000, "a"), "b" & PadLeft("", 2000000, "a"))',
  `With($a, PadLeft("", 4000000, "x"), With($b, PadLeft("", 4000000, "x"), $a = $b ${'&& $a = $b '.repeat(5000)}))`,
  `${'Select($x, Split("a,a,a,a,a,a,a,a,a,a", ","), '.repeat(9)}$x${')'.repeat(9)}`,
])('a hostile expression is stopped: %s', (text) => {
  expect(() => evaluate(text)).toThrow('too much work');
});

test('a loop may give very many values', () => {
  expect(evaluate('Count(Select($x, "a", Split(PadLeft("", 300000, ","), ",")))')).toBe(300_001n);
});

test('large whole numbers are told apart exactly', () => {
  expect(evaluate('133500000000000001 = 133500000000000002')).toBe(false);
  expect(evaluate('[filetime] = 133500000000000001 && 2.0 = 2')).toBe(true);
});

test('a number or flag stays a text in & even when the other side is absent', () => {
  expect(evaluate('[absent] & 5')).toBe('5');
  expect(evaluate('True & [absent]')).toBe('True');
});

describe('Guid and RandomNum', () => {
  const on = (key: string, place: string, text: string): unknown => {
    const object = createRuleSource({ parameters: { 'Object.Key': key } });
    return compileExpression(parseExpression(text), place)(object);
  };

  test('give the same object the same value for the same attribute, however often it is worked out', () => {
    expect(on('ad/1', 'title', 'Guid()')).toBe(on('ad/1', 'title', 'Guid()'));
    expect(on('ad/1', 'title', 'RandomNum(1, 1000000000)')).toBe(on('ad/1', 'title', 'RandomNum(1, 1000000000)'));
  });

  test('differ between objects, attributes and calls', () => {
    const all = [
      on('ad/1', 'title', 'Guid()'),
      on('ad/2', 'title', 'Guid()'),
      on('ad/1', 'info', 'Guid()'),
      on('ad/1', 'title', 'Right(Guid() & Guid(), 36)'),
    ];
    expect(new Set(all).size).toBe(4);
    expect(all[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test('RandomNum reaches both limits and nothing beyond', () => {
    const drawn = new Set(Array.from({ length: 200 }, (_empty, index) => on(`ad/${index}`, 'x', 'RandomNum(-1, 1)')));
    expect([...drawn].sort()).toEqual([-1n, 0n, 1n]);
    expect(() => on('ad/1', 'x', 'RandomNum(2, 1)')).toThrow('lower limit');
  });

  test('are an error where the object is not known', () => {
    const nobody = createRuleSource({});
    expect(() => compileExpression(parseExpression('Guid()'))(nobody)).toThrow('not known here');
  });
});

test('any expression gives a result or its own error, on any kind of value', () => {
  fc.assert(
    fc.property(ANY_EXPRESSION, (expression) => {
      try {
        toFlowResult(compileExpression(expression)(source));
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});

test('an expression that cannot be read is told with a remedy of its own, as it stands in no rule', () => {
  expect(() => evaluateExpression('Left("a")', createRuleSource({}))).toThrow(
    expect.objectContaining({ code: 'rules-invalid', remedy: expect.stringContaining('where the caret points') }),
  );
});
