/** Words that stand for a value by themselves. */
export const LITERALS = ['True', 'False', 'NULL', 'AuthoritativeNull', 'IgnoreThisFlow', 'CRLF'] as const;
export type Literal = (typeof LITERALS)[number];

/** Words that choose how a function works; a function takes them quoted as well. */
export const OPTIONS = [
  'UTF8',
  'Unicode',
  'ASCII',
  'CaseInsensitive',
  'CaseSensitive',
  'vbTextCompare',
  'vbBinaryCompare',
  'DC',
] as const;
export type Option = (typeof OPTIONS)[number];

/** Operators by level, the weakest binding first. Inside a level they are worked off from left to right. */
export const OPERATOR_LEVELS = [['||'], ['&&'], ['=', '<>', '<', '<=', '>', '>='], ['+', '-', '*', '&']] as const;
export type Operator = (typeof OPERATOR_LEVELS)[number][number];

/** One expression as written. `at` is the offset of its first character in the text. */
export type Expression =
  | { readonly kind: 'attribute'; readonly name: string; readonly at: number }
  | { readonly kind: 'parameter'; readonly name: string; readonly at: number }
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'text'; readonly value: string; readonly at: number }
  | { readonly kind: 'integer'; readonly value: bigint; readonly at: number }
  | { readonly kind: 'decimal'; readonly digits: string; readonly at: number }
  | { readonly kind: 'literal'; readonly word: Literal; readonly at: number }
  | { readonly kind: 'option'; readonly word: Option; readonly at: number }
  | { readonly kind: 'negation'; readonly operand: Expression; readonly at: number }
  | Chain
  | Call;

/** `first operator operand operator operand ...`, all operators of one level. A flat list, so that a long one needs no deep recursion. */
export interface Chain {
  readonly kind: 'chain';
  readonly level: number;
  readonly first: Expression;
  readonly rest: readonly { readonly operator: Operator; readonly operand: Expression }[];
  readonly at: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Expression[];
  readonly at: number;
}
