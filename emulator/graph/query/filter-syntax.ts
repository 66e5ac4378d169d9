import { notEmulated, queryInvalid } from '../../refusals.ts';

export type Literal = string | number | boolean | null;

export const COMPARISONS = ['eq', 'ne', 'ge', 'le', 'gt', 'lt'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A $filter as a tree. `path` keeps its slash: `onPremisesExtensionAttributes/extensionAttribute1`. */
export type Filter =
  | { readonly type: 'and' | 'or'; readonly parts: readonly Filter[] }
  | { readonly type: 'not'; readonly part: Filter }
  | { readonly type: 'compare'; readonly path: string; readonly operator: Comparison; readonly value: Literal }
  | { readonly type: 'in'; readonly path: string; readonly values: readonly Literal[] }
  | { readonly type: 'startsWith' | 'endsWith'; readonly path: string; readonly value: string }
  | { readonly type: 'any'; readonly path: string; readonly variable: string; readonly part: Filter };

const TOKEN = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][A-Za-z0-9_./-]*|\$count)|(\d[0-9A-Za-z:.+-]*)|([(),:]))/y;

/** Reads the OData filter grammar as far as directory objects use it; the rest is refused with 501 or 400. */
export function parseFilter(text: string): Filter {
  const parser = new FilterParser(tokenize(text), text);
  const filter = parser.parseOr();
  parser.expectEnd();
  return filter;
}

function tokenize(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw queryInvalid(`Invalid filter clause: syntax error at character ${at} in '${text}'.`);
    tokens.push(match[0].trim());
  }
  return tokens;
}

class FilterParser {
  readonly #tokens: readonly string[];
  readonly #text: string;
  #at = 0;

  constructor(tokens: readonly string[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  parseOr(): Filter {
    const parts = [this.#parseAnd()];
    while (this.#takeWord('or')) parts.push(this.#parseAnd());
    return parts.length === 1 ? (parts[0] as Filter) : { type: 'or', parts };
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) this.#fail();
  }

  #parseAnd(): Filter {
    const parts = [this.#parseTerm()];
    while (this.#takeWord('and')) parts.push(this.#parseTerm());
    return parts.length === 1 ? (parts[0] as Filter) : { type: 'and', parts };
  }

  #parseTerm(): Filter {
    if (this.#takeWord('not')) return { type: 'not', part: this.#parseTerm() };
    if (this.#take('(')) {
      const inner = this.parseOr();
      this.#expect(')');
      return inner;
    }
    const name = this.#next();
    if (this.#peek() !== '(') return this.#parseComparison(name);
    if (name.endsWith('/any')) return this.#parseAny(name.slice(0, -'/any'.length));
    return this.#parseFunction(name);
  }

  #parseFunction(name: string): Filter {
    const type = ({ startswith: 'startsWith', endswith: 'endsWith' } as const)[name.toLowerCase()];
    if (!type) throw notEmulated(`the filter function '${name}'`);
    this.#expect('(');
    const path = this.#next();
    this.#expect(',');
    const value = this.#literal();
    this.#expect(')');
    if (typeof value !== 'string') return this.#fail();
    return { type, path, value };
  }

  #parseAny(path: string): Filter {
    this.#expect('(');
    const variable = this.#next();
    this.#expect(':');
    const part = this.parseOr();
    this.#expect(')');
    return { type: 'any', path, variable, part };
  }

  #parseComparison(path: string): Filter {
    const operator = this.#next().toLowerCase();
    if (operator === 'in') {
      this.#expect('(');
      const values = [this.#literal()];
      while (this.#take(',')) values.push(this.#literal());
      this.#expect(')');
      return { type: 'in', path, values };
    }
    const known = COMPARISONS.find((comparison) => comparison === operator);
    if (!known) return this.#fail();
    return { type: 'compare', path, operator: known, value: this.#literal() };
  }

  #literal(): Literal {
    const token = this.#next();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === 'null') return null;
    if (/^\d+$/.test(token)) return Number(token);
    if (/^\d{4}-\d\d-\d\dT/.test(token)) return token;
    return this.#fail();
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    return this.#tokens[this.#at++] ?? this.#fail();
  }

  #take(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at++;
    return true;
  }

  #takeWord(word: string): boolean {
    if (this.#peek()?.toLowerCase() !== word) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#take(token)) this.#fail();
  }

  #fail(): never {
    throw queryInvalid(`Invalid filter clause: syntax error near '${this.#peek() ?? 'the end'}' in '${this.#text}'.`);
  }
}
