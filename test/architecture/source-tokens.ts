/** A token of TypeScript or JavaScript: enough to find imports and names without a parser. The text of a string is without its quotes. */
export interface Token {
  readonly kind: 'word' | 'string' | 'sign' | 'comment';
  readonly text: string;
  readonly line: number;
}

/** Words behind which a slash begins a regular expression and not a division. */
const BEFORE_EXPRESSION = new Set(
  'return typeof case in of delete void throw new else do await yield instanceof'.split(' '),
);

const SPACE = /\s+/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const WORD = /[\p{ID_Start}$_#@][\p{ID_Continue}$]*/uy;
const NUMBER = /\.?\d[\w.]*/y;
const TEXT = /'(?:\\[\s\S]|[^'\\\n])*'?|"(?:\\[\s\S]|[^"\\\n])*"?/y;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const TEMPLATE_PART = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*/y;
const SIGN = /=>|\?\.|[\s\S]/y;

/** Splits a file into its tokens. Never throws: what is no token of the language comes as single signs. */
export function readTokens(source: string): readonly Token[] {
  return [...new SourceReader(source).read()];
}

class SourceReader {
  readonly #source: string;
  #at = 0;
  #line = 1;
  #previous: Token | null = null;
  /** For each template that is open: how many braces are open in the expression that we are in. */
  readonly #templates: number[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  *read(): Generator<Token> {
    while (this.#at < this.#source.length) {
      if (this.#take(SPACE) !== null) continue;
      const token = this.#next();
      if (token === null) continue;
      if (token.kind !== 'comment') this.#previous = token;
      yield token;
    }
  }

  #next(): Token | null {
    const line = this.#line;
    const comment = this.#take(COMMENT);
    if (comment !== null) return { kind: 'comment', text: comment, line };
    const text = this.#take(TEXT);
    if (text !== null) return { kind: 'string', text: text.slice(1, -1), line };
    if (this.#source[this.#at] === '`') return this.#template(line);
    const word = this.#take(WORD);
    if (word !== null) return { kind: 'word', text: word, line };
    if (this.#take(NUMBER) !== null) return { kind: 'word', text: '0', line };
    if (this.#isExpressionExpected() && this.#take(REGULAR_EXPRESSION) !== null)
      return { kind: 'string', text: '', line };
    return this.#sign(line);
  }

  #template(line: number): Token | null {
    this.#at++;
    return this.#templateText(line);
  }

  /** The text of a template up to its end, or up to an expression in it, which then is read as code. */
  #templateText(line: number): Token | null {
    const text = this.#take(TEMPLATE_PART) ?? '';
    if (this.#source.startsWith('${', this.#at)) {
      this.#at += 2;
      this.#templates.push(0);
      this.#previous = { kind: 'sign', text: '(', line };
      return null;
    }
    this.#at++;
    return { kind: 'string', text, line };
  }

  #sign(line: number): Token | null {
    const text = this.#take(SIGN) ?? '';
    const open = this.#templates.at(-1);
    if (open === undefined) return { kind: 'sign', text, line };
    if (text === '}' && open === 0) {
      this.#templates.pop();
      return this.#templateText(line);
    }
    if (text === '{') this.#templates[this.#templates.length - 1] = open + 1;
    if (text === '}') this.#templates[this.#templates.length - 1] = open - 1;
    return { kind: 'sign', text, line };
  }

  #isExpressionExpected(): boolean {
    const { kind, text } = this.#previous ?? { kind: 'sign', text: '' };
    if (kind === 'word') return BEFORE_EXPRESSION.has(text);
    return kind === 'sign' && text !== ')' && text !== ']' && text !== '}';
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found === undefined || found === '') return null;
    this.#at += found.length;
    for (const sign of found) if (sign === '\n') this.#line++;
    return found;
  }
}
