import type { Expression } from '../syntax.ts';
import { describe, EvaluationError, type Item, itemsOf, Moment, Reference, type Result } from '../values.ts';
import { printIsoTime } from './dates.ts';
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

/** More than anybody reads; a finding is stored and sent. */
const LONGEST_MESSAGE = 500;

function fail(message: Result = null): Result {
  const text = itemsOf(message).map(spellForMessage).join(', ').slice(0, LONGEST_MESSAGE);
  throw new EvaluationError(text === '' ? 'The rule raised an error without a message.' : text);
}

function spellForMessage(item: NonNullable<Item>): string {
  if (item instanceof Moment) return printIsoTime(item);
  if (item instanceof Reference) return item.dn;
  if (typeof item === 'boolean') return item ? 'True' : 'False';
  return typeof item === 'object' ? describe(item) : String(item);
}

/** Functions that decide which of their arguments are evaluated, or that name attributes and variables. */
export const SPECIAL_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'Error',
    group: 'Flow of the program',
    form: 'whole',
    parameters: [{ name: 'message', types: ['any'], several: true }],
    gives: { types: ['nothing'] },
    meaning: 'Stops here: the object keeps its last good state and a finding shows the message.',
    example: 'IIF(True, "fine", Error("never reached"))',
    result: '"fine"',
    apply: fail,
  },
  {
    name: 'Guid',
    group: 'Text',
    form: 'special',
    parameters: [],
    gives: { types: ['text'] },
    meaning: 'A GUID that no other object gets, for that attribute.',
    reading:
      'Not drawn anew each time: the same object always gets the same one for the same attribute, so that a plan shows what will be written ' +
      'and a repeated run changes nothing. It follows from the anchor of the object and the name of the attribute; never use it as a secret.',
    example: 'IsGuid(Guid())',
    result: 'True',
  },
  {
    name: 'IIF',
    group: 'Flow of the program',
    form: 'special',
    parameters: [
      { name: 'condition', types: ['flag'] },
      { name: 'value', types: ['any'] },
      { name: 'otherwise', types: ['any'] },
    ],
    gives: { like: [1, 2] },
    meaning:
      'One of two values; the other one is not evaluated. With a condition on several values it chooses for each of them.',
    example: 'IIF(1 = 2, "a", "b")',
    result: '"b"',
  },
  {
    name: 'ImportedValue',
    group: 'Flow of the program',
    form: 'special',
    parameters: [{ name: 'attribute', types: ['name'] }],
    gives: { types: ['any'], several: true },
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
    parameters: [],
    gives: { types: ['time'] },
    meaning: 'The time at which the run began: it is the same for all objects.',
    example: 'IsDate(Now())',
    result: 'True',
  },
  {
    name: 'RandomNum',
    group: 'Bits and numbers',
    form: 'special',
    parameters: [
      { name: 'start', types: ['number'] },
      { name: 'end', types: ['number'] },
    ],
    gives: { types: ['number'] },
    meaning: 'A whole number from start to end that differs from object to object.',
    reading:
      'Both limits may come up. As with Guid the same object always gets the same number for the same attribute; never use it for a password.',
    example: 'RandomNum(7, 7)',
    result: '7',
  },
  {
    name: 'Select',
    group: 'Flow of the program',
    form: 'special',
    parameters: [
      { name: 'item', types: ['variable'] },
      { name: 'values', types: ['any'], several: true },
      { name: 'expression', types: ['any'] },
    ],
    gives: { like: [2], several: true },
    meaning: 'The expression worked out for each value, which the variable stands for.',
    example: 'Join(Select($x, Split("a,b", ","), $x & "1"), ",")',
    result: '"a1,b1"',
  },
  {
    name: 'Switch',
    group: 'Flow of the program',
    form: 'special',
    parameters: [
      { name: 'condition', types: ['flag'] },
      { name: 'value', types: ['any'] },
    ],
    repeats: true,
    gives: { like: [1] },
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
    parameters: [{ name: 'attribute', types: ['name'] }],
    gives: { types: ['number'] },
    meaning: 'How many values an attribute has, also a reference attribute. The name stands in quotes.',
    example: 'ValueCount("member")',
    result: '0',
    check: checkAttributeName,
  },
  {
    name: 'Where',
    group: 'Flow of the program',
    form: 'special',
    parameters: [
      { name: 'item', types: ['variable'] },
      { name: 'values', types: ['any'], several: true },
      { name: 'condition', types: ['flag'] },
    ],
    gives: { like: [1], several: true },
    meaning: 'The values for which the condition is true.',
    example: 'Join(Where($x, Split("ab,c,ad", ","), InStr($x, "a") = 1), ",")',
    result: '"ab,ad"',
  },
  {
    name: 'With',
    group: 'Flow of the program',
    form: 'special',
    parameters: [
      { name: 'name', types: ['variable'] },
      { name: 'value', types: ['any'], several: true },
      { name: 'expression', types: ['any'] },
    ],
    gives: { like: [2] },
    meaning: 'The expression, in which the variable stands for the value.',
    example: 'With($x, 2 + 3, $x * $x)',
    result: '25',
  },
];
