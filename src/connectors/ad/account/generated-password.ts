import { randomInt } from 'node:crypto';
import { secretBytes } from '../../../model/secret-bytes.ts';

/** Without characters that look alike, or that a shell, a YAML file or a form would take for something else. */
const CLASSES = ['ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz', '23456789', '-_.+=%@'] as const;
const ALL = CLASSES.join('');

export const PASSWORD_LENGTH = { least: 16, usual: 40, most: 127 } as const;

/** A password with characters of each of the four classes that directories count, in ASCII. Whoever gets it overwrites it after use. */
export function generatePassword(length: number): Buffer {
  const password = secretBytes(length);
  do {
    for (let at = 0; at < length; at++) password[at] = ALL.charCodeAt(randomInt(ALL.length));
  } while (!CLASSES.every((one) => hasOneOf(password, one)));
  return password;
}

function hasOneOf(password: Buffer, characters: string): boolean {
  return password.some((code) => characters.includes(String.fromCharCode(code)));
}

/** As `unicodePwd` takes it: in quotation marks, in UTF-16LE ([MS-ADTS] 3.1.1.3.1.5). To be overwritten after use, too. */
export function encodePassword(password: Buffer): Buffer {
  const encoded = secretBytes(2 * (password.length + 2));
  encoded.writeUInt16LE(0x22, 0);
  for (const [at, code] of password.entries()) encoded.writeUInt16LE(code, 2 * (at + 1));
  encoded.writeUInt16LE(0x22, encoded.length - 2);
  return encoded;
}
