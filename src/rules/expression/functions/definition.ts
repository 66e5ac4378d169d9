import type { Expression } from '../syntax.ts';
import type { Item, Result } from '../values.ts';

export const FUNCTION_GROUPS = [
  'Text',
  'Conversion',
  'Date and time',
  'Directory',
  'Tests',
  'Bits',
  'Certificates',
  'Several values',
  'Flow of the program',
] as const;
export type FunctionGroup = (typeof FUNCTION_GROUPS)[number];

/** What is the same for every function; the reference page is made from it. */
interface Description {
  readonly name: string;
  readonly group: FunctionGroup;
  /** How it is called; optional arguments in square brackets. */
  readonly usage: string;
  readonly minimum: number;
  readonly maximum: number;
  readonly meaning: string;
  /** An expression without attributes and what it gives, as it would be written in an expression. A test evaluates it. */
  readonly example: string;
  readonly result: string;
  /** What can be said against the arguments without evaluating them. */
  check?(args: readonly Expression[]): ArgumentFault | null;
}

export interface ArgumentFault {
  readonly argument: number;
  readonly reason: string;
}

/** Works on one value of each argument; over an attribute with several values it is called for each of them. */
export interface ScalarFunction extends Description {
  readonly form: 'scalar';
  apply(...args: (Item | undefined)[]): Item;
}

/** Gets its arguments with all their values. */
export interface WholeFunction extends Description {
  readonly form: 'whole';
  apply(...args: (Result | undefined)[]): Result;
}

/** Evaluates its arguments itself (lazily, with variables, or not at all): compile.ts knows how. */
export interface SpecialFunction extends Description {
  readonly form: 'special';
}

export type FunctionDefinition = ScalarFunction | WholeFunction | SpecialFunction;
