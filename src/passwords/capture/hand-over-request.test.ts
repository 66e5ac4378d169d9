import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type HandOver, HandOverReader } from './hand-over-request.ts';

const TIME = Date.parse('2026-03-02T12:00:00.123Z');

function requestOf(source: string, account: string, password: string): Buffer {
  const parts = [source, account, password].map((text) => Buffer.from(text, 'utf8'));
  const [sourceBytes, accountBytes, passwordBytes] = parts;
  const head = Buffer.alloc(18);
  head.write('DBPW\x01', 'latin1');
  head.writeUInt8(sourceBytes?.length ?? 0, 5);
  head.writeUInt16BE(accountBytes?.length ?? 0, 6);
  head.writeUInt16BE(passwordBytes?.length ?? 0, 8);
  head.writeBigUInt64BE(BigInt(TIME), 10);
  return Buffer.concat([head, ...parts]);
}

function feed(bytes: Uint8Array, size: number): HandOver | string | null {
  const reader = new HandOverReader();
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.add(Uint8Array.from(bytes.subarray(at, at + size)));
    if (answer !== null) return answer;
  }
  return null;
}

const text = (most: number) => fc.string({ unit: 'binary', minLength: 1, maxLength: most });
const name = (most: number) => text(most).filter((one) => !/\p{Cc}/u.test(one));

describe('a request', () => {
  test('comes out as it went in, in whatever pieces it comes', () => {
    const any = fc.tuple(name(16), name(64), text(256), fc.integer({ min: 1, max: 2000 }));
    fc.assert(
      fc.property(any, ([source, account, password, size]) => {
        const got = feed(requestOf(source, account, password), size);
        expect(got).toMatchObject({ source, account, at: TIME });
        expect(typeof got === 'object' && Buffer.from(got?.password ?? []).toString('utf8')).toBe(password);
      }),
    );
  });

  test('may leave the source out', () => {
    expect(feed(requestOf('', 'ann', 'secret'), 100)).toMatchObject({ source: '', account: 'ann' });
  });

  test('is awaited while a byte of it is missing', () => {
    const whole = requestOf('corp', 'ann', 'secret');
    for (let length = 0; length < whole.length; length++) expect(feed(whole.subarray(0, length), 7)).toBe(null);
  });

  test.each([
    ['another beginning', Buffer.from('GET / HTTP/1.1\r\n'), 'not-understood'],
    ['another version', Buffer.from('DBPW\x02\0\0\x03\0\x06annsecret', 'latin1'), 'not-understood'],
    ['no account', requestOf('corp', '', 'secret'), 'not-understood'],
    ['no password', requestOf('corp', 'ann', ''), 'not-understood'],
    ['a line break in the account', requestOf('corp', 'ann\nbob', 'secret'), 'not-understood'],
    [
      'an account that is no UTF-8',
      Buffer.from('DBPW\x01\0\0\x02\0\x01\0\0\0\0\0\0\0\0\xff\xfeX', 'latin1'),
      'not-understood',
    ],
    ['a long source', requestOf('c'.repeat(65), 'ann', 'secret'), 'too-long'],
    ['a long account', requestOf('corp', 'a'.repeat(257), 'secret'), 'too-long'],
    ['a long password', requestOf('corp', 'ann', 'p'.repeat(1025)), 'too-long'],
    ['more than it says', Buffer.concat([requestOf('corp', 'ann', 'secret'), Buffer.from('x')]), 'too-much'],
    ['more than any may have', Buffer.concat([Buffer.from('DBPW\x01', 'latin1'), Buffer.alloc(5000)]), 'too-much'],
  ])('with %s is refused', (_what, bytes, fault) => {
    expect(feed(bytes, bytes.length)).toBe(fault);
  });

  test('never throws and never waits for more than its length, whatever comes', () => {
    const any = fc.uint8Array({ maxLength: 3000 });
    fc.assert(
      fc.property(any, fc.boolean(), (bytes, isBegun) => {
        const answer = feed(isBegun ? Buffer.concat([Buffer.from('DBPW\x01', 'latin1'), bytes]) : bytes, 100);
        if (bytes.length > 1400) expect(answer).not.toBe(null);
      }),
    );
  });
});

test('what came in is overwritten at once, and what was read of it when it is cleared', () => {
  const reader = new HandOverReader();
  const chunk = requestOf('corp', 'ann', 'secret');
  const half = chunk.subarray(0, 20);
  expect(reader.add(half)).toBe(null);
  expect(half.every((byte) => byte === 0)).toBe(true);
  reader.clear();
  // Nothing is left of it: a whole request is one again.
  expect(reader.add(requestOf('corp', 'bob', 'other'))).toMatchObject({ account: 'bob' });
});
