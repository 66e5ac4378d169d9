import type { Expression } from '../syntax.ts';
import { EvaluationError, itemsOf, type Result } from '../values.ts';
import type { ArgumentFault, FunctionDefinition } from './definition.ts';

/** Some functions take the name of an attribute, not its value. */
function checkAttributeName(args: readonly Expression[]): ArgumentFault | null {
  const isName = args[0]?.kind === 'text' && args[0].value !== '';
  return isName ? null : { argument: 0, reason: 'The name of the attribute stands in quotes here, without brackets.' };
}

function checkPairs(args: readonly Expression[]): ArgumentFault | null {
  return args.length % 2 === 0
    ? null
    : { argument: args.length - 1, reason: 'Switch needs a value for each condition.' };
}

function fail(message: Result = null): Result {
  const text = itemsOf(message).map(String).join(', ');
  throw new EvaluationError(text === '' ? 'The rule raised an error without a message.' : text);
}

/** Functions that decide which of their arguments are evaluated, or that name attributes and variables. */
export const SPECIAL_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'Error',
    group: 'Flow of the program',
    form: 'whole',
    usage: 'Error(message)',
    minimum: 1,
    maximum: 1,
    meaning: 'Stops here: the object keeps its last good state and a finding shows the message.',
    example: 'IIF(True, "fine", Error("never reached"))',
    result: '"fine"',
    apply: fail,
  },
  {
    name: 'IIF',
    group: 'Flow of the program',
    form: 'special',
    usage: 'IIF(condition, value, otherwise)',
    minimum: 3,
    maximum: 3,
    meaning:
      'One of two values; the other one is not evaluated. With a condition on several values it chooses for each of them.',
    example: 'IIF(1 = 2, "a", "b")',
    result: '"b"',
  },
  {
    name: 'ImportedValue',
    group: 'Flow of the program',
    form: 'special',
    usage: 'ImportedValue("attribute")',
    minimum: 1,
    maximum: 1,
    meaning:
      'The value that an import has confirmed, never one that is still to be written. The name stands in quotes.',
    example: 'ImportedValue("employeeType")',
    result: 'NULL',
    check: checkAttributeName,
  },
  {
    name: 'Now',
    group: 'Date and time',
    form: 'special',
    usage: 'Now()',
    minimum: 0,
    maximum: 0,
    meaning: 'The time at which the run began: it is the same for all objects.',
    example: 'IsDate(Now())',
    result: 'True',
  },
  {
    name: 'Select',
    group: 'Flow of the program',
    form: 'special',
    usage: 'Select($item, values, expression)',
    minimum: 3,
    maximum: 3,
    meaning: 'The expression worked out for each value, which the variable stands for.',
    example: 'Join(Select($x, Split("a,b", ","), $x & "1"), ",")',
    result: '"a1,b1"',
  },
  {
    name: 'Switch',
    group: 'Flow of the program',
    form: 'special',
    usage: 'Switch(condition, value [, condition, value ...])',
    minimum: 2,
    maximum: Number.POSITIVE_INFINITY,
    meaning:
      'The value behind the first condition that is true; absent when none is. The other values are not evaluated.',
    example: 'Switch(1 = 2, "a", 2 = 2, "b", True, Error("never reached"))',
    result: '"b"',
    check: checkPairs,
  },
  {
    name: 'ValueCount',
    group: 'Several values',
    form: 'special',
    usage: 'ValueCount("attribute")',
    minimum: 1,
    maximum: 1,
    meaning: 'How many values an attribute has, also a reference attribute. The name stands in quotes.',
    example: 'ValueCount("member")',
    result: '0',
    check: checkAttributeName,
  },
  {
    name: 'Where',
    group: 'Flow of the program',
    form: 'special',
    usage: 'Where($item, values, condition)',
    minimum: 3,
    maximum: 3,
    meaning: 'The values for which the condition is true.',
    example: 'Join(Where($x, Split("ab,c,ad", ","), InStr($x, "a") = 1), ",")',
    result: '"ab,ad"',
  },
  {
    name: 'With',
    group: 'Flow of the program',
    form: 'special',
    usage: 'With($name, value, expression)',
    minimum: 3,
    maximum: 3,
    meaning: 'The expression, in which the variable stands for the value.',
    example: 'With($x, 2 + 3, $x * $x)',
    result: '25',
  },
];
