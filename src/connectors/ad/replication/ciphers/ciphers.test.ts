import { createCipheriv } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desDecrypt, desEncrypt, scheduleDesKey } from './des.ts';
import { md4, ntHash } from './md4.ts';
import { Rc4, rc4 } from './rc4.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

describe('MD4', () => {
  // RFC 1320, A.5.
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['message digest', 'd9130a8164549fe818874806e1c7014b'],
    ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
    ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
    ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('of "%s" is that of RFC 1320', (text, digest) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
  });

  test('of a password is the NT hash of the specification', () => {
    // [MS-NLMP] 4.2.2.1.2.
    expect(ntHash('Password').toString('hex')).toBe('a4f49c406510bdcab6824ee7c30fd852');
  });
});

describe('RC4', () => {
  test.each([
    ['Key', 'Plaintext', 'bbf316e8d940af0ad3'],
    ['Wiki', 'pedia', '1021bf0420'],
    ['Secret', 'Attack at dawn', '45a01f645fc35b383552544b9bf5'],
  ])('with the key %s gives the published bytes', (key, text, encrypted) => {
    expect(rc4(Buffer.from(key), Buffer.from(text)).toString('hex')).toBe(encrypted);
  });

  test('gives the stream of RFC 6229, also in pieces', () => {
    const stream = new Rc4(hex('0102030405060708090a0b0c0d0e0f10'));
    const bytes = Buffer.alloc(32);
    for (const [start, end] of [
      [0, 5],
      [5, 16],
      [16, 32],
    ] as const)
      stream.apply(bytes.subarray(start, end));
    expect(bytes.toString('hex')).toBe('9ac7cc9a609d1ef7b2932899cde41b975248c4959014126a6e8a84f11d1a9e1c');
  });
});

describe('DES', () => {
  // NBS Special Publication 500-20, tables of the validation of hardware.
  test.each([
    ['133457799bbcdff1', '0123456789abcdef', '85e813540f0ab405'],
    ['0101010101010101', '8000000000000000', '95f8a5e5dd31d900'],
    ['8001010101010101', '0000000000000000', '95a8d72813daa94d'],
    ['7ca110454a1a6e57', '01a1d6d039776742', '690f5b0d9a26939b'],
    ['0131d9619dc1376e', '5cd54ca83def57da', '7a389d10354bd271'],
  ])('with the key %s gives the published block', (key, clear, encrypted) => {
    const schedule = scheduleDesKey(hex(key));
    expect(desEncrypt(schedule, hex(clear)).toString('hex')).toBe(encrypted);
    expect(desDecrypt(schedule, hex(encrypted)).toString('hex')).toBe(clear);
  });

  test('is what three times the same key make of the triple one of OpenSSL', () => {
    const block = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(block, block, (key, clear) => {
        const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null).setAutoPadding(false);
        const expected = Buffer.concat([cipher.update(clear), cipher.final()]);
        const schedule = scheduleDesKey(key);
        expect(desEncrypt(schedule, clear)).toEqual(expected);
        expect(desDecrypt(schedule, expected)).toEqual(Buffer.from(clear));
      }),
    );
  });

  test('takes whole blocks only', () => {
    expect(() => desDecrypt(scheduleDesKey(Buffer.alloc(8)), Buffer.alloc(7))).toThrow(/8 bytes/);
  });
});
