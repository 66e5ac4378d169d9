import { describe, expect, it } from 'vitest';
import { encodePassword, generatePassword, PASSWORD_LENGTH } from './generated-password.ts';

describe('a generated password', () => {
  it('has the length asked for, all four kinds of characters, and never comes twice', () => {
    const made = Array.from({ length: 300 }, () => generatePassword(PASSWORD_LENGTH.least).toString('ascii'));
    for (const one of made) {
      expect(one).toMatch(/^[A-Za-z0-9._+=%@-]{16}$/);
      for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/, /[._+=%@-]/]) expect(one).toMatch(kind);
    }
    expect(new Set(made).size).toBe(made.length);
    expect(generatePassword(127)).toHaveLength(127);
  });

  it('is given to the directory in quotation marks, in UTF-16', () => {
    const password = generatePassword(40);
    expect(encodePassword(password)).toEqual(Buffer.from(`"${password.toString('ascii')}"`, 'utf16le'));
  });
});
