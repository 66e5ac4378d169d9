import { secretBytes } from '../../model/secret-bytes.ts';

const HEAD = Buffer.from('{"passwordProfile":{"password":"', 'ascii');
const MIDDLE = Buffer.from('","forceChangePasswordNextSignIn":', 'ascii');
const TRUE = Buffer.from('true}', 'ascii');
const FALSE = Buffer.from('false}', 'ascii');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const DIGITS = Buffer.from('0123456789abcdef', 'ascii');
const CONTROL = Buffer.from('\\u00', 'ascii');

/**
 * The JSON document that sets a password, made of its bytes in UTF-8 without ever being a text: a text stays in memory until somebody cleans up, and cannot be overwritten.
 * `policies`: `passwordPolicies`, in ASCII, where they are to be set as well. Whoever asked for it overwrites it.
 */
export function composePasswordBody(
  password: Uint8Array,
  forceChange: boolean,
  policies: string | null = null,
): Buffer {
  const others = policies === null ? '}' : `,"passwordPolicies":${JSON.stringify(policies)}}`;
  const end = Buffer.concat([forceChange ? TRUE : FALSE, Buffer.from(others, 'ascii')]);
  const body = secretBytes(HEAD.length + escapedLength(password) + MIDDLE.length + end.length);
  let at = HEAD.copy(body);
  for (const byte of password) at = writeEscaped(byte, body, at);
  at += MIDDLE.copy(body, at);
  end.copy(body, at);
  return body;
}

function escapedLength(password: Uint8Array): number {
  let length = 0;
  for (const byte of password) length += byte < SPACE ? 6 : byte === QUOTE || byte === BACKSLASH ? 2 : 1;
  return length;
}

/** RFC 8259 §7. Answers where it ends. */
function writeEscaped(byte: number, body: Buffer, start: number): number {
  let at = start;
  if (byte < SPACE) {
    at += CONTROL.copy(body, at);
    body[at++] = DIGITS[byte >> 4] ?? 0;
    body[at++] = DIGITS[byte & 15] ?? 0;
    return at;
  }
  if (byte === QUOTE || byte === BACKSLASH) body[at++] = BACKSLASH;
  body[at++] = byte;
  return at;
}
