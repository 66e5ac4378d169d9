import { guidToBytes } from '../../../model/anchor.ts';
import { type Item, itemsOf, Moment, parseNumber, type Result, toInteger } from '../values.ts';
import { parseMoment } from './dates.ts';
import type { FunctionDefinition, FunctionGroup } from './definition.ts';

function isNullOrEmpty(result: Result = null): boolean {
  if (typeof result === 'string') return result === '';
  return itemsOf(result).every((item) => item === '');
}

function isBitSet(item: Item = null, flag: Item = null): Item {
  const value = toInteger(item, 'IsBitSet');
  const mask = toInteger(flag, 'IsBitSet');
  return value !== null && mask !== null && (value & mask) === mask;
}

const ONE = { group: 'Tests' as FunctionGroup };

export const TEST_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    ...ONE,
    name: 'IsBitSet',
    form: 'scalar',
    parameters: [
      { name: 'number', types: ['number'] },
      { name: 'mask', types: ['number'] },
    ],
    gives: { types: ['flag'] },
    meaning: 'Whether all bits of the mask are set; False for an absent number.',
    example: 'IsBitSet(&HF, 4)',
    result: 'True',
    apply: isBitSet,
  },
  {
    ...ONE,
    name: 'IsDate',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['any'] }],
    gives: { types: ['flag'] },
    meaning: 'Whether CDate can make a time of it.',
    example: 'IsDate("2024-02-30")',
    result: 'False',
    apply: (item = null) => item instanceof Moment || (typeof item === 'string' && parseMoment(item) !== null),
  },
  {
    ...ONE,
    name: 'IsEmpty',
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is there and an empty text.',
    example: 'IsEmpty("")',
    result: 'True',
    apply: (result = null) => itemsOf(result).length > 0 && isNullOrEmpty(result),
  },
  {
    ...ONE,
    name: 'IsGuid',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['any'] }],
    gives: { types: ['flag'] },
    meaning: 'Whether CGuid can make a GUID of it.',
    example: 'IsGuid("0102a304-0506-0708-090A-0b0c0d0e0f10")',
    result: 'True',
    apply: (item = null) => typeof item === 'string' && guidToBytes(item) !== null,
  },
  {
    ...ONE,
    name: 'IsNull',
    countsReferences: true,
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is absent.',
    example: 'IsNull("")',
    result: 'False',
    apply: (result = null) => itemsOf(result).length === 0,
  },
  {
    ...ONE,
    name: 'IsNullOrEmpty',
    countsReferences: true,
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is absent or an empty text.',
    example: 'IsNullOrEmpty("")',
    result: 'True',
    apply: isNullOrEmpty,
  },
  {
    ...ONE,
    name: 'IsNumeric',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['any'] }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is a number or a text that spells one.',
    example: 'IsNumeric("12")',
    result: 'True',
    apply: (item = null) =>
      typeof item === 'bigint' || typeof item === 'number' || (typeof item === 'string' && parseNumber(item) !== null),
  },
  {
    ...ONE,
    name: 'IsPresent',
    countsReferences: true,
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { types: ['flag'] },
    meaning: 'The opposite of IsNullOrEmpty. Of a reference attribute: whether it has a value.',
    example: 'IsPresent("x")',
    result: 'True',
    apply: (result = null) => !isNullOrEmpty(result),
  },
  {
    ...ONE,
    name: 'IsString',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['any'] }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is a text; False for binary data and absent values.',
    example: 'IsString(CBin(1, 1))',
    result: 'False',
    apply: (item = null) => typeof item === 'string',
  },
];

/** Whether a bit operation keeps absent values absent. */
function combineBits(name: string, combine: (a: bigint, b: bigint) => bigint): (a?: Item, b?: Item) => Item {
  return (a = null, b = null) => {
    const left = toInteger(a, name);
    const right = toInteger(b, name);
    return left === null || right === null ? null : combine(left, right);
  };
}

export const BIT_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'BitAnd',
    group: 'Bits and numbers',
    form: 'scalar',
    parameters: [
      { name: 'number', types: ['number'] },
      { name: 'mask', types: ['number'] },
    ],
    gives: { types: ['number'] },
    meaning: 'The bits that both numbers have; absent when one is absent.',
    example: 'BitAnd(&HF, &HF7)',
    result: '7',
    apply: combineBits('BitAnd', (a, b) => a & b),
  },
  {
    name: 'BitOr',
    group: 'Bits and numbers',
    form: 'scalar',
    parameters: [
      { name: 'number', types: ['number'] },
      { name: 'mask', types: ['number'] },
    ],
    gives: { types: ['number'] },
    meaning: 'The bits that one of the numbers has; absent when one is absent.',
    example: 'BitOr(1, 6)',
    result: '7',
    apply: combineBits('BitOr', (a, b) => a | b),
  },
];
