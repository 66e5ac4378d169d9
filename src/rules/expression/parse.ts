import type { DirbridgeError } from '../../errors.ts';
import { isReservedName } from '../reserved-names.ts';
import { findTypeFaults } from './find-type-faults.ts';
import { type FunctionSignature, maximumOf, minimumOf, usageOf } from './functions/signature.ts';
import { explainUnknownFunction, signatureOf } from './functions/table.ts';
import { isWithin64Bits } from './operators.ts';
import { type Expression, LITERALS, OPERATOR_LEVELS, OPTIONS, type Operator } from './syntax.ts';
import { syntaxError } from './syntax-error.ts';
import { readTokens, type Token } from './tokens.ts';

/** Longer or deeper than any rule a person writes; keeps hostile input from exhausting memory or stack. */
const MAX_LENGTH = 65_536;
const MAX_DEPTH = 100;

/** Functions whose first argument names a variable, and the argument (from 0) in which that variable may be read. */
const BINDING: Readonly<Record<string, number>> = { Select: 2, Where: 2, With: 2 };

/**
 * Reads an expression and checks function names, numbers of arguments, variables, and types as far as they are certain.
 * Throws DirbridgeError `rules-invalid` with the line of the text and a caret under the place; wrong types are told all at once.
 */
export function parseExpression(text: string): Expression {
  const expression = parseSyntax(text);
  const [first, ...more] = findTypeFaults(expression);
  if (first) throw syntaxError(text, first, ...more);
  return expression;
}

/** As `parseExpression`, without a look at the types. */
export function parseSyntax(text: string): Expression {
  if (text.length > MAX_LENGTH)
    throw syntaxError(text, { at: 0, reason: `An expression has at most ${MAX_LENGTH} characters.` });
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  readonly #variables: string[] = [];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = readTokens(text);
  }

  parse(): Expression {
    if (this.#peek().kind === 'end') throw this.#fail(this.#peek(), 'The expression is empty.');
    const expression = this.#chain(0);
    const rest = this.#peek();
    if (rest.kind !== 'end') throw this.#unexpected(rest, 'an operator or the end');
    return expression;
  }

  #chain(level: number): Expression {
    const operators: readonly string[] | undefined = OPERATOR_LEVELS[level];
    if (!operators) return this.#unary();
    const first = this.#chain(level + 1);
    const rest: { operator: Operator; operand: Expression }[] = [];
    for (let token = this.#peek(); token.kind === 'sign' && operators.includes(token.value); token = this.#peek()) {
      this.#next++;
      rest.push({ operator: token.value as Operator, operand: this.#chain(level + 1) });
    }
    return rest.length === 0 ? first : { kind: 'chain', level, first, rest, at: first.at };
  }

  #unary(): Expression {
    const token = this.#peek();
    if (!this.#isSign(token, '-')) return this.#primary();
    this.#next++;
    this.#enter(token);
    const operand = this.#unary();
    this.#depth--;
    return { kind: 'negation', operand, at: token.at };
  }

  #primary(): Expression {
    const token = this.#peek();
    this.#next++;
    const { at, value } = token;
    switch (token.kind) {
      case 'attribute':
      case 'parameter':
        if (isReservedName(value)) throw this.#fail(token, `There is nothing of the name "${value}".`);
        return { kind: token.kind, name: value, at };
      case 'variable':
        return this.#variable(token);
      case 'text':
        return { kind: 'text', value, at };
      case 'integer':
        return this.#integer(token);
      case 'decimal':
        return { kind: 'decimal', digits: value, at };
      case 'word':
        return this.#isSign(this.#peek(), '(') ? this.#call(token) : this.#word(token);
      default:
        if (!this.#isSign(token, '(')) throw this.#unexpected(token, 'an attribute, a value or a function');
        return this.#parenthesis(token);
    }
  }

  #parenthesis(open: Token): Expression {
    this.#enter(open);
    const inner = this.#chain(0);
    this.#depth--;
    this.#close(open);
    return inner;
  }

  #integer(token: Token): Expression {
    const value = BigInt(token.value);
    if (!isWithin64Bits(value)) throw this.#fail(token, 'A number has at most 64 bits.');
    return { kind: 'integer', value, at: token.at };
  }

  #variable(token: Token): Expression {
    if (!this.#variables.includes(token.value)) {
      throw this.#fail(token, `The variable $${token.value} is not known here; Select, Where and With name variables.`);
    }
    return { kind: 'variable', name: token.value, at: token.at };
  }

  #word(token: Token): Expression {
    const { at, value } = token;
    const literal = LITERALS.find((word) => word.toLowerCase() === value.toLowerCase());
    if (literal) return { kind: 'literal', word: literal, at };
    const option = OPTIONS.find((word) => word === value);
    if (option) return { kind: 'option', word: option, at };
    if (signatureOf(value)) throw this.#fail(token, `${value} is a function: its arguments stand in parentheses.`);
    throw this.#fail(token, `The word "${value}" is not known; an attribute is written [${value}], a text "${value}".`);
  }

  #call(name: Token): Expression {
    const signature = signatureOf(name.value);
    if (!signature) throw this.#fail(name, explainUnknownFunction(name.value));
    const open = this.#peek();
    this.#next++;
    this.#enter(open);
    const args = this.#arguments(name, signature);
    this.#depth--;
    this.#close(open);
    if (args.length < minimumOf(signature) || args.length > maximumOf(signature)) {
      throw this.#fail(name, `${usageOf(signature)} takes ${countOf(signature)}, not ${args.length}.`);
    }
    const fault = signature.check?.(args);
    if (fault) throw syntaxError(this.#text, { at: args[fault.argument]?.at ?? name.at, reason: fault.reason });
    return { kind: 'call', name: name.value, args, at: name.at };
  }

  #arguments(name: Token, signature: FunctionSignature): readonly Expression[] {
    const args: Expression[] = [];
    if (this.#isSign(this.#peek(), ')')) return args;
    const scope = BINDING[name.value];
    const variable = scope === undefined ? null : this.#binding(signature);
    if (variable) {
      args.push(variable);
      if (!this.#takeComma()) return args;
    }
    do {
      const binds = variable !== null && args.length === scope;
      if (binds) this.#variables.push(variable.name);
      args.push(this.#chain(0));
      if (binds) this.#variables.pop();
    } while (this.#takeComma());
    return args;
  }

  #binding(signature: FunctionSignature): Expression & { readonly kind: 'variable' } {
    const token = this.#peek();
    if (token.kind !== 'variable')
      throw this.#unexpected(token, `a variable, e.g. $item, as ${usageOf(signature)} asks`);
    this.#next++;
    return { kind: 'variable', name: token.value, at: token.at };
  }

  #takeComma(): boolean {
    if (!this.#isSign(this.#peek(), ',')) return false;
    this.#next++;
    return true;
  }

  #close(open: Token): void {
    const token = this.#peek();
    if (!this.#isSign(token, ')')) {
      const reason = token.kind === 'end' ? 'This parenthesis is never closed.' : null;
      throw reason ? this.#fail(open, reason) : this.#unexpected(token, 'an operator, "," or ")"');
    }
    this.#next++;
  }

  #enter(token: Token): void {
    if (++this.#depth > MAX_DEPTH) throw this.#fail(token, `An expression is nested at most ${MAX_DEPTH} deep.`);
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', value: '', at: this.#text.length };
  }

  #isSign(token: Token, sign: string): boolean {
    return token.kind === 'sign' && token.value === sign;
  }

  #unexpected(token: Token, expected: string): DirbridgeError {
    return this.#fail(token, `Expected ${expected}${token.kind === 'end' ? ', but the expression ends' : ''} here.`);
  }

  #fail(token: Token, reason: string): DirbridgeError {
    return syntaxError(this.#text, { at: token.at, reason });
  }
}

function countOf(signature: FunctionSignature): string {
  const [minimum, maximum] = [minimumOf(signature), maximumOf(signature)];
  const plural = maximum === 1 ? 'argument' : 'arguments';
  if (minimum === maximum) return `${minimum} ${plural}`;
  return maximum === Number.POSITIVE_INFINITY ? `at least ${minimum} arguments` : `${minimum} to ${maximum} arguments`;
}
