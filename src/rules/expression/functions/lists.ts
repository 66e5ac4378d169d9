import {
  charge,
  chargeSearch,
  EvaluationError,
  type Item,
  isEqual,
  isList,
  itemsOf,
  keyOf,
  limitText,
  Reference,
  type Result,
  toCount,
  toText,
} from '../values.ts';
import type { WholeFunction } from './definition.ts';

/** An argument that must be a single value. */
function single(result: Result, name: string): Item {
  if (!isList(result)) return result;
  const items = itemsOf(result);
  if (items.length > 1) throw new EvaluationError(`${name} needs one value here, not ${items.length}.`);
  return items[0] ?? null;
}

function contains(list: Result = null, wanted: Result = null, option: Result = null): Result {
  const choice = single(option, 'Contains');
  if (choice !== null && choice !== 'CaseInsensitive' && choice !== 'CaseSensitive') {
    throw new EvaluationError('Contains compares by CaseInsensitive or CaseSensitive.');
  }
  const fold = (text: string): string => (choice === 'CaseInsensitive' ? text.toLowerCase() : text);
  const text = toText(single(wanted, 'Contains'), 'Contains');
  if (text === null) return 0n;
  const match = fold(text);
  charge(itemsOf(list).length);
  const index = itemsOf(list).findIndex((item) => {
    if (item instanceof Reference) return isEqual(item, text);
    const folded = fold(toText(item, 'Contains') ?? '');
    chargeSearch(folded, match);
    return folded.includes(match);
  });
  return BigInt(index + 1);
}

function itemOrNull(list: Result = null, index: Result = null): Item {
  const wanted = toCount(single(index, 'Item'), 'Item') ?? 0;
  return itemsOf(list)[wanted - 1] ?? null;
}

function item(list: Result = null, index: Result = null): Result {
  const found = itemOrNull(list, index);
  if (found !== null) return found;
  throw new EvaluationError(
    `Item: there is no value number ${toCount(single(index, 'Item'), 'Item') ?? 0}, only ${itemsOf(list).length}.`,
  );
}

function join(list: Result = null, delimiter: Result = ' '): Result {
  const items = itemsOf(list);
  if (items.length === 0) return null;
  const between = toText(single(delimiter, 'Join'), 'Join') ?? '';
  return limitText(items.map((one) => toText(one, 'Join') ?? '').join(between));
}

function removeDuplicates(list: Result = null): Result {
  const seen = new Set<string>();
  const unique = itemsOf(list).filter((one) => {
    const key = keyOf(one);
    return !seen.has(key) && seen.add(key);
  });
  return unique.length === 0 ? null : isList(list) ? unique : (unique[0] ?? null);
}

function split(value: Result = null, delimiter: Result = null, limit: Result = null): Result {
  const text = toText(single(value, 'Split'), 'Split');
  const separator = toText(single(delimiter, 'Split'), 'Split') ?? '';
  const most = toCount(single(limit, 'Split'), 'Split') ?? 0;
  if ([...separator].length !== 1) throw new EvaluationError('Split separates at one character.');
  if (text === null || text === '') return null;
  const parts = text.split(separator);
  return most > 0 && parts.length > most ? [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)] : parts;
}

export const LIST_FUNCTIONS: readonly WholeFunction[] = [
  {
    name: 'Contains',
    group: 'Several values',
    form: 'whole',
    parameters: [
      { name: 'values', types: ['text', 'reference'], several: true },
      { name: 'text', types: ['text'] },
      { name: 'compare', types: ['text'], optional: true, choices: ['CaseInsensitive', 'CaseSensitive'] },
    ],
    gives: { types: ['number'] },
    meaning:
      'The number, from 1, of the first value that contains the text (of a reference: that is the object), or 0. By case unless told otherwise.',
    example: 'Contains(Split("smtp:a@x,SMTP:b@x", ","), "SMTP:")',
    result: '2',
    apply: contains,
  },
  {
    name: 'Count',
    countsReferences: true,
    group: 'Several values',
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { types: ['number'] },
    meaning: 'How many values there are.',
    example: 'Count(Split("a,b,c", ","))',
    result: '3',
    apply: (list = null) => BigInt(itemsOf(list).length),
  },
  {
    name: 'Item',
    group: 'Several values',
    form: 'whole',
    parameters: [
      { name: 'values', types: ['any'], several: true },
      { name: 'number', types: ['number'] },
    ],
    gives: { like: [0] },
    meaning: 'The value of that number, from 1. An error when there are not so many.',
    example: 'Item(Split("a,b,c", ","), 2)',
    result: '"b"',
    apply: item,
  },
  {
    name: 'ItemOrNull',
    group: 'Several values',
    form: 'whole',
    parameters: [
      { name: 'values', types: ['any'], several: true },
      { name: 'number', types: ['number'] },
    ],
    gives: { like: [0] },
    meaning: 'As Item, but absent when there are not so many.',
    example: 'ItemOrNull(Split("a,b,c", ","), 4)',
    result: 'NULL',
    apply: itemOrNull,
  },
  {
    name: 'Join',
    group: 'Several values',
    form: 'whole',
    parameters: [
      { name: 'values', types: ['text'], several: true },
      { name: 'delimiter', types: ['text'], optional: true },
    ],
    gives: { types: ['text'] },
    meaning:
      'All values in one text, the delimiter between them: a blank when it is left out, nothing when it is absent.',
    reading: 'Of an absent attribute nothing, not an empty text.',
    example: 'Join(Split("a,b,c", ","), "; ")',
    result: '"a; b; c"',
    apply: join,
  },
  {
    name: 'RemoveDuplicates',
    group: 'Several values',
    form: 'whole',
    parameters: [{ name: 'values', types: ['any'], several: true }],
    gives: { like: [0], several: true },
    meaning: 'Each value once, in the order of their first occurrence. Texts that differ in case are different.',
    reading: 'By case: SMTP: and smtp: are two.',
    example: 'Join(RemoveDuplicates(Split("b,a,b,B", ",")), ",")',
    result: '"b,a,B"',
    apply: removeDuplicates,
  },
  {
    name: 'Split',
    group: 'Several values',
    form: 'whole',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'delimiter', types: ['text'] },
      { name: 'limit', types: ['number'], optional: true },
    ],
    gives: { types: ['text'], several: true },
    meaning:
      'The parts between the delimiters (one character); with a limit the last part holds the rest. Absent for an empty text.',
    reading: 'Nothing for an empty text; empty parts in between stay.',
    example: 'Count(Split("a,b,c", ",", 2))',
    result: '2',
    apply: split,
  },
];
