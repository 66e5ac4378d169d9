/** What a value can be. Three of them are texts, told apart by what else the text can stand for. */
const KINDS = [
  'numeral',
  'flag text',
  'other text',
  'number',
  'flag',
  'bytes',
  'time',
  'reference',
  'directive',
] as const;
type Kind = (typeof KINDS)[number];

/** A set of kinds, one bit each. Empty: there is never a value, and so nothing that could be wrong with it. */
export type KindSet = number;

export const NO_KIND: KindSet = 0;

/** Words for what a function takes and gives, as the reference page and messages write them. */
export const TYPE_NAMES = [
  'text',
  'number',
  'flag',
  'bytes',
  'time',
  'reference',
  'any',
  'name',
  'variable',
  'nothing',
] as const;
export type TypeName = (typeof TYPE_NAMES)[number];

function setOf(...kinds: readonly Kind[]): KindSet {
  return kinds.reduce((set, kind) => set | (1 << KINDS.indexOf(kind)), NO_KIND);
}

export const TEXT = setOf('numeral', 'flag text', 'other text');
export const NUMERAL = setOf('numeral');
export const FLAG_TEXT = setOf('flag text');
export const OTHER_TEXT = setOf('other text');
export const NUMBER = setOf('number');
export const FLAG = setOf('flag');
export const BYTES = setOf('bytes');
export const TIME = setOf('time');
export const REFERENCE = setOf('reference');
export const DIRECTIVE = setOf('directive');
export const NUMERIC = NUMBER | NUMERAL;
export const CONDITION = FLAG | FLAG_TEXT | NUMBER | NUMERAL;
/** An attribute holds no time and no reference: those are made by functions. */
export const ATTRIBUTE = TEXT | NUMBER | FLAG | BYTES;
const ANYTHING = ATTRIBUTE | TIME | REFERENCE | DIRECTIVE;

/** What a function that gives this type can give. */
const GIVEN: Readonly<Record<TypeName, KindSet>> = {
  text: TEXT,
  number: NUMBER,
  flag: FLAG,
  bytes: BYTES,
  time: TIME,
  reference: REFERENCE,
  any: ATTRIBUTE,
  name: NO_KIND,
  variable: NO_KIND,
  nothing: NO_KIND,
};

/** What a function that asks for this type takes: also what values.ts turns into it. */
const TAKEN: Readonly<Record<TypeName, KindSet>> = {
  ...GIVEN,
  text: TEXT | REFERENCE,
  number: NUMERIC,
  flag: CONDITION,
  reference: REFERENCE | TEXT,
  any: ANYTHING,
};

const WORDS: Readonly<Record<TypeName, string>> = {
  text: 'a text',
  number: 'a number',
  flag: 'True or False',
  bytes: 'binary data',
  time: 'a time',
  reference: 'a reference',
  any: 'any value',
  name: 'a name',
  variable: 'a variable',
  nothing: 'nothing',
};

/** How a message calls what is wanted. */
export function describeTypes(types: readonly TypeName[]): string {
  return types.map((type) => WORDS[type]).join(' or ');
}

export function givenKinds(types: readonly TypeName[]): KindSet {
  return types.reduce((set, type) => set | GIVEN[type], NO_KIND);
}

export function takenKinds(types: readonly TypeName[]): KindSet {
  return types.reduce((set, type) => set | TAKEN[type], NO_KIND);
}

/** Whether a value of one of these kinds would certainly be refused. */
export function isRefused(kinds: KindSet, taken: KindSet): boolean {
  return kinds !== NO_KIND && (kinds & taken) === NO_KIND;
}

const NAMES: readonly (readonly [KindSet, string])[] = [
  [TEXT, 'a text'],
  [NUMBER, 'a number'],
  [FLAG, 'a flag'],
  [BYTES, 'binary data'],
  [TIME, 'a time'],
  [REFERENCE, 'a reference'],
  [DIRECTIVE, 'a word that ends a flow'],
];

/** How a message calls a set of kinds. */
export function describeKinds(kinds: KindSet): string {
  const names = NAMES.flatMap(([set, name]) => ((kinds & set) === NO_KIND ? [] : [name]));
  return names.length === 0 ? 'no value' : names.join(' or ');
}
