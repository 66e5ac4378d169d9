import type { TypeName } from '../kinds.ts';
import type { Expression } from '../syntax.ts';
import type { Item, Result } from '../values.ts';

export const FUNCTION_GROUPS = [
  'Text',
  'Conversion',
  'Date and time',
  'Directory',
  'Tests',
  'Bits and numbers',
  'Certificates',
  'Several values',
  'Flow of the program',
] as const;
export type FunctionGroup = (typeof FUNCTION_GROUPS)[number];

export interface Parameter {
  readonly name: string;
  /** One of them is enough; what the language turns into one of them is taken as well. */
  readonly types: readonly TypeName[];
  /** Takes all values of an attribute at once. */
  readonly several?: boolean;
  readonly optional?: boolean;
  /** The only texts that are taken, in this letter case. */
  readonly choices?: readonly string[];
}

/** What a function gives: always one of these types, or what its arguments of these numbers (from 0) are. */
export type Given = (
  | { readonly types: readonly TypeName[]; readonly like?: never }
  | { readonly like: readonly number[]; readonly types?: never }
) & { readonly several?: boolean };

/** What is the same for every function; the reference page is made from it. */
interface Description {
  readonly name: string;
  readonly group: FunctionGroup;
  readonly parameters: readonly Parameter[];
  /** All parameters together may come again and again. */
  readonly repeats?: boolean;
  readonly gives: Given;
  readonly meaning: string;
  /** How we read what Microsoft's documentation leaves open. */
  readonly reading?: string;
  /** An expression without attributes and what it gives, as it would be written in an expression. A test evaluates it. */
  readonly example: string;
  readonly result: string;
  /** Can be asked about a reference attribute, whose values an expression cannot see. */
  readonly countsReferences?: boolean;
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
