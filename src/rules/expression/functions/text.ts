import { charge, chargeSearch, EvaluationError, type Item, limitText, toCount, toText } from '../values.ts';
import type { ScalarFunction } from './definition.ts';

/** `text.slice` that never leaves half of a surrogate pair at a cut: half a character would be refused by every directory. */
function cut(text: string, start: number, end: number): string {
  const from = isLowSurrogate(text, start) ? start + 1 : start;
  const to = end < text.length && isLowSurrogate(text, end) ? end - 1 : end;
  return text.slice(from, Math.max(from, to));
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return at > 0 && code >= 0xdc00 && code <= 0xdfff;
}

/** A function from text to text that leaves "absent" absent. */
function mapText(name: string, map: (text: string) => string): (item?: Item) => Item {
  return (item = null) => {
    const text = toText(item, name);
    return text === null ? null : limitText(map(text));
  };
}

function trim(item: Item = null): Item {
  return toText(item, 'Trim')?.trim() ?? null;
}

function left(item: Item = null, length: Item = null): Item {
  const text = toText(item, 'Left') ?? '';
  const count = toCount(length, 'Left') ?? 0;
  return count < 0 || count >= text.length ? text : cut(text, 0, count);
}

function right(item: Item = null, length: Item = null): Item {
  const text = toText(item, 'Right') ?? '';
  const count = toCount(length, 'Right') ?? 0;
  return count < 0 || count >= text.length ? text : cut(text, text.length - count, text.length);
}

function mid(item: Item = null, first: Item = null, length?: Item): Item {
  const start = toCount(first, 'Mid') ?? 0;
  const count = length === undefined ? Number.MAX_SAFE_INTEGER : (toCount(length, 'Mid') ?? 0);
  if (item instanceof Uint8Array) {
    return start <= 0 || count < 0 || start > item.length ? item : item.subarray(start - 1, start - 1 + count);
  }
  const text = toText(item, 'Mid') ?? '';
  if (start <= 0 || count < 0 || start > text.length) return text;
  return cut(text, start - 1, Math.min(text.length, start - 1 + count));
}

function len(item: Item = null): Item {
  if (item instanceof Uint8Array) return BigInt(item.length);
  return BigInt((toText(item, 'Len') ?? '').length);
}

/** The letter case of InStr and InStrRev: exact unless vbTextCompare is asked for. */
function foldFor(option: Item, name: string): (text: string) => string {
  if (option === null || option === 'vbBinaryCompare' || option === 0n) return (text) => text;
  if (option === 'vbTextCompare' || option === 1n) return (text) => text.toLowerCase();
  throw new EvaluationError(`${name} compares by vbTextCompare or vbBinaryCompare.`);
}

function inStr(item: Item = null, match: Item = null, start: Item = 1n, option: Item = null): Item {
  const fold = foldFor(option, 'InStr');
  const text = fold(toText(item, 'InStr') ?? '');
  const wanted = toText(match, 'InStr');
  const from = toCount(start, 'InStr') ?? 1;
  if (wanted === null || text === '') return 0n;
  chargeSearch(text, wanted);
  return BigInt(text.indexOf(fold(wanted), Math.max(0, from - 1)) + 1);
}

function inStrRev(item: Item = null, match: Item = null, start: Item = null, option: Item = null): Item {
  const fold = foldFor(option, 'InStrRev');
  const text = fold(toText(item, 'InStrRev') ?? '');
  const wanted = toText(match, 'InStrRev');
  const from = toCount(start, 'InStrRev') ?? text.length;
  if (wanted === null || text === '') return 0n;
  const folded = fold(wanted);
  chargeSearch(text, folded);
  const last = (from < 0 ? text.length : from) - folded.length;
  return last < 0 ? 0n : BigInt(text.lastIndexOf(folded, last) + 1);
}

function pad(name: string, atStart: boolean): (item?: Item, length?: Item, filler?: Item) => Item {
  return (item = null, length = null, filler = null) => {
    const text = toText(item, name);
    if (text === null) return '';
    const size = toCount(length, name) ?? 0;
    const char = toText(filler, name) ?? '';
    if ([...char.slice(0, 3)].length !== 1) throw new EvaluationError(`${name} fills up with one character.`);
    if (size <= text.length) return text;
    charge(size);
    // A filler of two code units goes in whole or not at all.
    const filling = char.repeat(Math.floor((size - text.length) / char.length));
    return atStart ? filling + text : text + filling;
  };
}

function properCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^| )(\S)/gu, (_whole, before: string, first: string) => before + first.toUpperCase());
}

const MONIKERS: Readonly<Record<string, string>> = { '\\n': '\n', '\\r': '\r', '\\t': '\t' };

function replace(item: Item = null, old: Item = null, fresh: Item = null): Item {
  const text = toText(item, 'Replace');
  const decode = (part: string): string => part.replace(/\\[nrt]/g, (moniker) => MONIKERS[moniker] ?? moniker);
  const wanted = decode(toText(old, 'Replace') ?? '');
  const instead = decode(toText(fresh, 'Replace') ?? '');
  if (text === null || wanted === '') return text;
  chargeSearch(text, wanted);
  const pieces = text.split(wanted);
  charge((pieces.length - 1) * instead.length);
  return limitText(pieces.join(instead));
}

function replaceChars(item: Item = null, pattern: Item = null): Item {
  const text = toText(item, 'ReplaceChars');
  if (text === null) return null;
  const table = readReplacements(toText(pattern, 'ReplaceChars') ?? '');
  let out = '';
  for (const char of text) out += table.get(char) ?? char;
  return limitText(out);
}

function readReplacements(pattern: string): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const pair of pattern.replace(/\s/g, '').split(',')) {
    const [from, to, ...more] = pair.split(':');
    if (from === undefined || [...from].length !== 1 || to === undefined || more.length > 0) {
      throw new EvaluationError(`ReplaceChars needs pairs like "ä:ae,ö:oe"; "${pair}" is none.`);
    }
    table.set(from, to);
  }
  return table;
}

function word(item: Item = null, number: Item = null, delimiters: Item = null): Item {
  const text = toText(item, 'Word');
  const wanted = toCount(number, 'Word') ?? 0;
  const separators = new Set(toText(delimiters, 'Word') ?? '');
  if (text === null || wanted < 1) return '';
  let seen = 0;
  let current = '';
  for (const char of text) {
    if (!separators.has(char)) current += char;
    else if (current !== '') {
      if (++seen === wanted) return current;
      current = '';
    }
  }
  return current !== '' && seen + 1 === wanted ? current : '';
}

const SEARCHED: ScalarFunction['parameters'] = [
  { name: 'text', types: ['text'] },
  { name: 'match', types: ['text'] },
  { name: 'start', types: ['number'], optional: true },
  { name: 'compare', types: ['text'], optional: true, choices: ['vbTextCompare', 'vbBinaryCompare'] },
];

export const TEXT_FUNCTIONS: readonly ScalarFunction[] = [
  {
    name: 'InStr',
    group: 'Text',
    form: 'scalar',
    parameters: SEARCHED,
    gives: { types: ['number'] },
    meaning:
      'Position of the first match, counted from 1, or 0. Exact unless compare is vbTextCompare. 0 for an absent text.',
    reading: 'Exact by default; the position counts from the start of the text even when start is given.',
    example: 'InStr("The quick brown fox", "quick")',
    result: '5',
    apply: inStr,
  },
  {
    name: 'InStrRev',
    group: 'Text',
    form: 'scalar',
    parameters: SEARCHED,
    gives: { types: ['number'] },
    meaning: 'Position of the last match that ends at or before start, counted from 1, or 0.',
    reading: 'A match must end at or before start.',
    example: 'InStrRev("abbcdbbbef", "bb")',
    result: '7',
    apply: inStrRev,
  },
  {
    name: 'LCase',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text in lower case.',
    example: 'LCase("TeSt")',
    result: '"test"',
    apply: mapText('LCase', (text) => text.toLowerCase()),
  },
  {
    name: 'UCase',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text in upper case.',
    example: 'UCase("TeSt")',
    result: '"TEST"',
    apply: mapText('UCase', (text) => text.toUpperCase()),
  },
  {
    name: 'PCase',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The first letter of each word in upper case, the others in lower case; words stand between blanks.',
    reading: 'A word in upper case is changed as well.',
    example: 'PCase("TEsT of jane")',
    result: '"Test Of Jane"',
    apply: mapText('PCase', properCase),
  },
  {
    name: 'Len',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'value', types: ['text', 'bytes'] }],
    gives: { types: ['number'] },
    meaning: 'Number of characters of a text or of bytes of binary data; 0 for an absent one.',
    reading: 'Of binary data the number of bytes.',
    example: 'Len("John Doe")',
    result: '8',
    apply: len,
  },
  {
    name: 'Trim',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text without white space at both ends.',
    reading: 'An absent text stays absent, so that the flow contributes nothing.',
    example: 'Trim(" Test ")',
    result: '"Test"',
    apply: trim,
  },
  {
    name: 'LTrim',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text without white space at its start.',
    example: 'LTrim(" Test ")',
    result: '"Test "',
    apply: mapText('LTrim', (text) => text.trimStart()),
  },
  {
    name: 'RTrim',
    group: 'Text',
    form: 'scalar',
    parameters: [{ name: 'text', types: ['text'] }],
    gives: { types: ['text'] },
    meaning: 'The text without white space at its end.',
    example: 'RTrim(" Test ")',
    result: '" Test"',
    apply: mapText('RTrim', (text) => text.trimEnd()),
  },
  {
    name: 'Left',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'count', types: ['number'] },
    ],
    gives: { types: ['text'] },
    meaning: 'The first characters; the whole text when count is negative or too large; "" for an absent text.',
    reading: 'Half a character (of a surrogate pair) is never given.',
    example: 'Left("John Doe", 3)',
    result: '"Joh"',
    apply: left,
  },
  {
    name: 'Right',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'count', types: ['number'] },
    ],
    gives: { types: ['text'] },
    meaning: 'The last characters; the whole text when count is negative or too large; "" for an absent text.',
    reading: 'Half a character (of a surrogate pair) is never given.',
    example: 'Right("John Doe", 3)',
    result: '"Doe"',
    apply: right,
  },
  {
    name: 'Mid',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'value', types: ['text', 'bytes'] },
      { name: 'start', types: ['number'] },
      { name: 'count', types: ['number'], optional: true },
    ],
    gives: { types: ['text', 'bytes'] },
    meaning:
      'Characters (of binary data: bytes) from start on, to the end without count. The whole text when start is below 1 or behind the end, or count is negative; "" for an absent text.',
    reading: 'Count may be left out, as in an example of the documentation; binary data are cut by bytes.',
    example: 'Mid("John Doe", 3, 5)',
    result: '"hn Do"',
    apply: mid,
  },
  {
    name: 'PadLeft',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'length', types: ['number'] },
      { name: 'filler', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning: 'The text filled up at its start to the length; "" for an absent text.',
    reading: 'filler is exactly one character.',
    example: 'PadLeft("User", 10, "0")',
    result: '"000000User"',
    apply: pad('PadLeft', true),
  },
  {
    name: 'PadRight',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'length', types: ['number'] },
      { name: 'filler', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning: 'The text filled up at its end to the length; "" for an absent text.',
    reading: 'filler is exactly one character.',
    example: 'PadRight("User", 10, "0")',
    result: '"User000000"',
    apply: pad('PadRight', false),
  },
  {
    name: 'Replace',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'old', types: ['text'] },
      { name: 'new', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning: 'Every occurrence of old replaced by new; \\n, \\r and \\t stand for line feed, carriage return and tab.',
    example: 'Replace("a-b-c", "-", "+")',
    result: '"a+b+c"',
    apply: replace,
  },
  {
    name: 'ReplaceChars',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'pairs', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning:
      'Single characters replaced as the pairs "from:to,from:to" say; nothing behind the colon removes the character. By case; white space in the pairs is ignored.',
    example: 'ReplaceChars("O’Neil Åse", "’:,Å:A")',
    result: '"ONeil Ase"',
    apply: replaceChars,
  },
  {
    name: 'Word',
    group: 'Text',
    form: 'scalar',
    parameters: [
      { name: 'text', types: ['text'] },
      { name: 'number', types: ['number'] },
      { name: 'delimiters', types: ['text'] },
    ],
    gives: { types: ['text'] },
    meaning:
      'The word of that number, from 1; any of the delimiters separates, empty words do not count. "" when there are not so many.',
    reading: 'Words are what stands between delimiters; an empty one does not count.',
    example: 'Word("This,string!has&many separators", 3, ",!&#")',
    result: '"has"',
    apply: word,
  },
];
