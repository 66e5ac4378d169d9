import fc from 'fast-check';
import { BerWriter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { writeEntry } from '../trial/write-entry.ts';
import { BerCursor } from './ber-cursor.ts';
import { decodeDirSync, decodePagedResults, encodeInteger } from './ldap-controls.ts';
import { decodeEntry, findAttribute, readBytes, readTexts } from './ldap-entry.ts';
import { MessageFrames } from './message-frames.ts';
import { parseServerAddress } from './server-address.ts';

function message(length: number): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeBuffer(Buffer.alloc(length, 7), 0x04);
  writer.endSequence();
  return Buffer.from(writer.buffer);
}

describe('the stream of messages', () => {
  it('gives the same messages however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 }),
        (lengths, cuts) => {
          const messages = lengths.map(message);
          const stream = Buffer.concat(messages);
          const frames = new MessageFrames();
          const got: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const size = cuts[turn % cuts.length] ?? 1;
            // The memory of a chunk is used again at once.
            const chunk = Buffer.from(stream.subarray(at, at + size));
            frames.push(chunk, (one) => got.push(Buffer.from(one)));
            chunk.fill(0xff);
            at += size;
          }
          expect(got.map((one) => one.toString('hex'))).toEqual(messages.map((one) => one.toString('hex')));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses what is no LDAP', () => {
    const push = (text: string) => () => new MessageFrames().push(Buffer.from(text), () => undefined);
    expect(push('HTTP/1.1 400 Bad Request')).toThrow('does not speak LDAP');
  });
});

describe('an entry', () => {
  function entryWith(attributes: Readonly<Record<string, readonly Buffer[]>>): Buffer {
    const writer = new BerWriter();
    writeEntry(writer, 'CN=x,DC=y', Object.entries(attributes));
    return Buffer.from(writer.buffer);
  }

  it('tells what was sent empty from what was not sent', () => {
    const entry = decodeEntry(new BerCursor(entryWith({ description: [], sn: [Buffer.from('S')] })));
    expect(findAttribute(entry, 'DESCRIPTION')).toEqual({ name: 'description', spans: [] });
    expect(findAttribute(entry, 'title')).toBeUndefined();
    expect(readTexts(entry, 'sn')).toEqual(['S']);
  });

  it('keeps bytes that are no text, and empty values', () => {
    const guid = Buffer.from('00ff80fe'.repeat(4), 'hex');
    const entry = decodeEntry(new BerCursor(entryWith({ objectGUID: [guid], info: [Buffer.alloc(0)] })));
    expect(readBytes(entry, 'objectGUID')).toEqual(guid);
    expect(readTexts(entry, 'info')).toEqual(['']);
  });

  it('that is cut is refused instead of read in part', () => {
    const bytes = entryWith({ sn: [Buffer.from('Name')] });
    expect(() => decodeEntry(new BerCursor(bytes.subarray(0, bytes.length - 2)))).toThrow(RangeError);
  });
});

describe('controls', () => {
  it.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [-1, '0201ff'],
    [4_194_304, '0203400000'],
    [-0x8000_0000, '020480000000'],
    [-0x7fff_ffff, '020480000001'],
  ])('write the integer %i as %s', (value, hex) => {
    expect(encodeInteger(value).toString('hex')).toBe(hex);
    expect(new BerCursor(encodeInteger(value)).readInteger()).toBe(value);
  });

  it('read the answers of DirSync and of paging', () => {
    expect(decodeDirSync(Buffer.from('300b0201010201000403616263', 'hex'))).toEqual({
      hasMore: true,
      cookie: Buffer.from('abc'),
    });
    expect(decodePagedResults(Buffer.from('30050201000400', 'hex'))).toHaveLength(0);
  });
});

describe('a server address', () => {
  it.each([
    ['ldaps://dc1.corp.example.com', false, 'dc1.corp.example.com', 636, 'tls'],
    ['ldap://dc1.corp.example.com:3389', true, 'dc1.corp.example.com', 3389, 'startTls'],
    ['ldap://10.0.0.1', false, '10.0.0.1', 389, 'none'],
    ['ldaps://[fd00::1]:1636', false, 'fd00::1', 1636, 'tls'],
  ] as const)('%s', (url, startTls, host, port, protection) => {
    expect(parseServerAddress(url, startTls)).toEqual({ url, host, port, protection });
  });
});
