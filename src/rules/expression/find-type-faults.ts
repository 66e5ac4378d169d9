import { isReferenceAttribute } from '../reference-attributes.ts';
import { kindsOfAttribute } from './attribute-kinds.ts';
import type { FunctionDefinition, Parameter } from './functions/definition.ts';
import { parameterOf } from './functions/signature.ts';
import { FUNCTIONS } from './functions/table.ts';
import {
  ATTRIBUTE,
  DIRECTIVE,
  describeKinds,
  describeTypes,
  FLAG,
  FLAG_TEXT,
  givenKinds,
  isRefused,
  type KindSet,
  NO_KIND,
  NUMBER,
  NUMERAL,
  NUMERIC,
  OTHER_TEXT,
  TEXT,
  TIME,
  takenKinds,
} from './kinds.ts';
import { faultOfOperands, kindsOfOperation } from './operator-kinds.ts';
import type { Call, Chain, Expression } from './syntax.ts';
import type { Fault } from './syntax-error.ts';
import { parseFlag, parseNumber } from './values.ts';

/**
 * What cannot go well on any object: an argument or operand that is of a wrong type whenever it is there at all. What is not certain is not
 * told: most attributes can hold anything. In the order of the text.
 */
export function findTypeFaults(expression: Expression): readonly Fault[] {
  const checker = new Checker();
  checker.kindsOf(expression);
  return checker.faults.toSorted((a, b) => a.at - b.at);
}

/** Whether it may give more than NULL, an error, or a word that ends a flow. */
export function canGiveValue(expression: Expression): boolean {
  return (new Checker().kindsOf(expression) & ~DIRECTIVE) !== NO_KIND;
}

class Checker {
  readonly faults: Fault[] = [];
  readonly #variables: { readonly name: string; readonly kinds: KindSet }[] = [];

  kindsOf(expression: Expression): KindSet {
    switch (expression.kind) {
      case 'attribute':
        return this.#attribute(expression.name, expression.at);
      case 'parameter':
        return TEXT;
      case 'variable':
        return this.#variables.findLast(({ name }) => name === expression.name)?.kinds ?? NO_KIND;
      case 'text':
        return kindsOfText(expression.value);
      case 'integer':
      case 'decimal':
        return NUMBER;
      case 'literal':
        return KINDS_OF_LITERAL[expression.word];
      case 'option':
        return OTHER_TEXT;
      case 'negation':
        return this.#negation(expression.operand, expression.at);
      case 'chain':
        return this.#chain(expression);
      case 'call':
        return this.#call(expression);
    }
  }

  #attribute(name: string, at: number): KindSet {
    if (!isReferenceAttribute(name)) return kindsOfAttribute(name);
    this.#report(
      at,
      `${name} refers to objects: an expression can count its values (Count, IsPresent, ValueCount("${name}")), not read them. ` +
        'Let it flow directly, as an attribute.',
    );
    return NO_KIND;
  }

  #negation(operand: Expression, at: number): KindSet {
    const kinds = this.kindsOf(operand);
    if (isRefused(kinds, NUMERIC)) this.#report(at, `- needs a number, not ${describeKinds(kinds)}.`);
    return NUMBER;
  }

  #chain({ first, rest }: Chain): KindSet {
    let kinds = this.kindsOf(first);
    for (const { operator, operand } of rest) {
      const right = this.kindsOf(operand);
      const fault = faultOfOperands(operator, kinds, right);
      if (fault) this.#report(fault.side === 'left' ? first.at : operand.at, fault.reason);
      kinds = kindsOfOperation(operator, kinds, right);
    }
    return kinds;
  }

  #call(call: Call): KindSet {
    const definition = FUNCTIONS.get(call.name);
    if (!definition) return NO_KIND;
    const kinds: KindSet[] = [];
    for (const [index, argument] of call.args.entries()) {
      const parameter = parameterOf(definition, index);
      kinds.push(this.#argument(definition, parameter, argument, boundBy(call, index, kinds)));
    }
    const { types, like } = definition.gives;
    if (types) return definition.name === 'ImportedValue' ? ATTRIBUTE : givenKinds(types);
    // With parameters that repeat, the same place of every round counts.
    return kinds.reduce(
      (set, one, index) =>
        like?.includes(definition.repeats ? index % definition.parameters.length : index) ? set | one : set,
      NO_KIND,
    );
  }

  #argument(
    definition: FunctionDefinition,
    parameter: Parameter | undefined,
    argument: Expression,
    bound: { readonly name: string; readonly kinds: KindSet } | null,
  ): KindSet {
    const type = parameter?.types[0];
    if (!parameter || type === 'variable' || type === 'name') return this.#name(type, argument);
    if (definition.countsReferences && argument.kind === 'attribute') return kindsOfAttribute(argument.name);
    if (bound) this.#variables.push(bound);
    const kinds = this.kindsOf(argument);
    if (bound) this.#variables.pop();
    const reason = faultOfArgument(definition.name, parameter, argument, kinds);
    if (reason !== null) this.#report(argument.at, reason);
    return kinds;
  }

  #name(type: string | undefined, argument: Expression): KindSet {
    return type === 'name' && argument.kind === 'text' ? ATTRIBUTE : NO_KIND;
  }

  #report(at: number, reason: string): void {
    this.faults.push({ at, reason });
  }
}

/** The variable that the last argument of Select, Where and With may read: it stands for what is in the second one. */
function boundBy(
  call: Call,
  index: number,
  kinds: readonly KindSet[],
): { readonly name: string; readonly kinds: KindSet } | null {
  const [first] = call.args;
  return index === 2 && first?.kind === 'variable' ? { name: first.name, kinds: kinds[1] ?? NO_KIND } : null;
}

function faultOfArgument(name: string, parameter: Parameter, argument: Expression, kinds: KindSet): string | null {
  const taken = takenKinds(parameter.types);
  if (isRefused(kinds, taken))
    return `${name} needs ${describeTypes(parameter.types)} as ${parameter.name}, not ${describeKinds(kinds)}${adviceFor(taken, kinds)}.`;
  const word = argument.kind === 'text' ? argument.value : argument.kind === 'option' ? argument.word : null;
  if (!parameter.choices || word === null || parameter.choices.includes(word)) return null;
  return `${name} knows ${parameter.choices.join(', ')} as ${parameter.name}, not "${word}".`;
}

/** What makes the wanted type of the given one. */
function adviceFor(taken: KindSet, kinds: KindSet): string {
  if ((taken & TIME) !== NO_KIND) return '; CDate makes a time of a text, DateFromNum of a number';
  if ((taken & TEXT) === NO_KIND) return '';
  if ((kinds & TIME) !== NO_KIND) return '; FormatDateTime makes a text of it';
  return (kinds & (NUMBER | FLAG)) === NO_KIND ? '' : '; CStr makes a text of it';
}

function kindsOfText(text: string): KindSet {
  if (parseNumber(text) !== null) return NUMERAL;
  return parseFlag(text) === null ? OTHER_TEXT : FLAG_TEXT;
}

const KINDS_OF_LITERAL = {
  True: FLAG,
  False: FLAG,
  NULL: NO_KIND,
  AuthoritativeNull: DIRECTIVE,
  IgnoreThisFlow: DIRECTIVE,
  CRLF: OTHER_TEXT,
} as const;
