import type { DirbridgeError } from '../../errors.ts';
import { syntaxError } from './syntax-error.ts';

export type TokenKind =
  | 'text'
  | 'integer'
  | 'decimal'
  | 'attribute'
  | 'parameter'
  | 'variable'
  | 'word'
  | 'sign'
  | 'end';

/** `value`: the decoded text, the digits, the bare name, or the sign itself. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly at: number;
}

const SPACE = /[\s\u00a0]+/y;
const ATTRIBUTE = /\[([^\][]+)\]/y;
const PARAMETER = /%([A-Za-z0-9_.-]+)%/y;
const VARIABLE = /\$([A-Za-z_][A-Za-z0-9_]*)/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /[0-9]+(\.[0-9]+)?/y;
// Longest match first: `&&`, then a hexadecimal number, then the joining sign.
const HEX = /&H([0-9A-Fa-f]+)/y;
const SIGN = /&&|\|\||<>|<=|>=|[=<>+\-*&(),]/y;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Splits an expression into tokens; the last one is always `end`. Throws DirbridgeError `rules-invalid`. */
export function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(SPACE, text, at);
    if (space) {
      at += space[0].length;
      continue;
    }
    const { token, end } = text[at] === '"' ? readText(text, at) : readToken(text, at);
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: 'end', value: '', at: text.length });
  return tokens;
}

const NAMED: readonly (readonly [TokenKind, RegExp])[] = [
  ['attribute', ATTRIBUTE],
  ['parameter', PARAMETER],
  ['variable', VARIABLE],
];

function readToken(text: string, at: number): { readonly token: Token; readonly end: number } {
  for (const [kind, pattern] of NAMED) {
    const found = match(pattern, text, at);
    if (found) return { token: { kind, value: found[1] ?? '', at }, end: at + found[0].length };
  }
  const word = match(WORD, text, at);
  if (word) return { token: { kind: 'word', value: word[0], at }, end: at + word[0].length };
  const number = match(NUMBER, text, at);
  if (number)
    return { token: { kind: number[1] ? 'decimal' : 'integer', value: number[0], at }, end: at + number[0].length };
  const hex = match(HEX, text, at);
  if (hex) {
    return { token: { kind: 'integer', value: BigInt(`0x${hex[1]}`).toString(), at }, end: at + hex[0].length };
  }
  const sign = match(SIGN, text, at);
  if (sign) return { token: { kind: 'sign', value: sign[0], at }, end: at + sign[0].length };
  throw strayCharacter(text, at);
}

function readText(text: string, at: number): { readonly token: Token; readonly end: number } {
  let value = '';
  for (let next = at + 1; next < text.length; next++) {
    const char = text[next] ?? '';
    const after = text[next + 1];
    if ((char === '\\' && (after === '\\' || after === '"')) || (char === '"' && after === '"')) {
      value += after;
      next++;
    } else if (char === '"') return { token: { kind: 'text', value, at }, end: next + 1 };
    else value += char;
  }
  const escaped = text.indexOf('\\"', at) < 0 ? '' : ' In a text \\" is a quote; a backslash is written \\\\.';
  throw syntaxError(text, { at, reason: `This text has no closing quote (").${escaped}` });
}

function strayCharacter(text: string, at: number): DirbridgeError {
  const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const reasons: Readonly<Record<string, string>> = {
    '[': 'An attribute is written [name]; the closing bracket is missing or the name is empty.',
    '%': 'A parameter is written %Name%, e.g. %Domain.FQDN%; the closing percent sign is missing.',
    $: 'A variable is written $name.',
    '|': 'There is no operator "|"; "or" is written ||.',
    '/': 'There is no operator "/"; only + - * & and comparisons.',
    '!': 'There is no operator "!"; "not" is written = False, "different" is written <>.',
    "'": 'Texts stand between straight double quotes (").',
  };
  const curly = '\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019'.includes(char);
  const reason = curly ? 'Texts stand between straight double quotes (").' : reasons[char];
  return syntaxError(text, { at, reason: reason ?? `The character "${char}" does not belong here.` });
}
