import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessControlList, AccessEntry } from './access-control-list.ts';
import { addGrant, DIRECTORY_RIGHT, findGrant, type Grant } from './grant.ts';
import { MalformedDescriptor } from './malformed-descriptor.ts';
import { readSecurityDescriptor, type SecurityDescriptor, writeSecurityDescriptor } from './security-descriptor.ts';

const GET_CHANGES: Grant = {
  mask: DIRECTORY_RIGHT.controlAccess,
  extendedRight: '1131f6aa-9c07-11d1-f79f-00c04fc2dcd2',
};
const READ: Grant = { mask: DIRECTORY_RIGHT.listChildren | DIRECTORY_RIGHT.readProperty, extendedRight: null };

const byte = fc.integer({ min: 0, max: 0xff });
const word = fc.integer({ min: 0, max: 0xffff });
const bytes = (constraints: fc.IntArrayConstraints) => fc.uint8Array(constraints).map((one) => Buffer.from(one));

const sid = fc
  .tuple(bytes({ minLength: 6, maxLength: 6 }), fc.array(fc.nat(0xffff_ffff), { maxLength: 15 }))
  .map(([authority, parts]) => {
    const tail = Buffer.alloc(4 * parts.length);
    for (const [at, part] of parts.entries()) tail.writeUInt32LE(part, 4 * at);
    return Buffer.concat([Buffer.from([1, parts.length]), authority, tail]);
  });

const entry: fc.Arbitrary<AccessEntry> = fc.record({
  type: fc.oneof(fc.constantFrom(0, 1, 5, 6), byte),
  flags: byte,
  body: fc.oneof(
    bytes({ maxLength: 80 }),
    sid.map((one) => Buffer.concat([Buffer.from([0, 1, 0, 0]), one])),
  ),
});

const list: fc.Arbitrary<AccessControlList> = fc.record({
  revision: fc.constantFrom(2, 4),
  reserved1: byte,
  reserved2: word,
  entries: fc.array(entry, { maxLength: 12 }),
});

const descriptor: fc.Arbitrary<SecurityDescriptor> = fc.record({
  revision: byte,
  reserved: byte,
  control: word.map((flags) => flags | 0x8000),
  owner: fc.option(sid),
  group: fc.option(sid),
  sacl: fc.option(list),
  dacl: fc.option(list),
});

describe('a security descriptor', () => {
  it('is read as it was written, with everything that is on it', () => {
    fc.assert(
      fc.property(descriptor, (one) => {
        expect(readSecurityDescriptor(writeSecurityDescriptor(one))).toEqual(one);
      }),
    );
  });

  it('that is damaged gives our own error, and nothing else', () => {
    const tryToRead = (damaged: Buffer): void => {
      try {
        readSecurityDescriptor(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedDescriptor);
      }
    };
    fc.assert(fc.property(bytes({ maxLength: 200 }), tryToRead));
    fc.assert(
      fc.property(descriptor, fc.nat(), byte, (one, at, value) => {
        const damaged = writeSecurityDescriptor(one);
        damaged[at % damaged.length] = value;
        tryToRead(damaged);
        tryToRead(damaged.subarray(0, at % damaged.length));
      }),
    );
  });

  it('has a list of at most 64 KiB, and says so', () => {
    const large = { type: 0, flags: 0, body: Buffer.alloc(40_000) };
    const dacl = { revision: 2, reserved1: 0, reserved2: 0, entries: [large, large] };
    const one = { revision: 1, reserved: 0, control: 0x8004, owner: null, group: null, sacl: null, dacl };
    expect(() => writeSecurityDescriptor(one)).toThrow(/at most 65535 bytes/);
  });
});

describe('a right that is given', () => {
  it.each([
    ['an extended right', GET_CHANGES],
    ['rights as such', READ],
  ])('is there afterwards, and every other entry is where it was: %s', (_what, grant) => {
    fc.assert(
      fc.property(list, sid, (before, who) => {
        fc.pre(findGrant(before, who, grant) === 'missing');
        const after = addGrant(before, who, grant);
        const at = after.entries.findIndex((one, index) => one !== before.entries[index]);
        expect(after.entries.filter((_entry, index) => index !== at)).toEqual(before.entries);
        expect(findGrant(after, who, grant)).toBe('granted');
        const given = after.entries[at];
        expect(given?.flags).toBe(0);
      }),
    );
  });

  it('goes behind the entries that deny and before those that are inherited', () => {
    const who = Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    const body = Buffer.concat([Buffer.from([0, 1, 0, 0]), who]);
    const denying = { type: 1, flags: 0, body: Buffer.from(body).fill(7, 4) };
    const inherited = { type: 1, flags: 0x10, body: denying.body };
    const start = { revision: 2, reserved1: 0, reserved2: 0, entries: [denying, inherited] };
    const { entries, revision } = addGrant(start, who, GET_CHANGES);
    expect(entries.map(({ type, flags }) => [type, flags])).toEqual([
      [1, 0],
      [5, 0],
      [1, 0x10],
    ]);
    expect(revision).toBe(4);
  });

  it('is known to be there when the account has all extended rights, or more than is asked', () => {
    const who = Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    const of = (type: number, mask: number, flags = 0): AccessControlList => {
      const head = Buffer.alloc(4);
      head.writeUInt32LE(mask, 0);
      return { revision: 4, reserved1: 0, reserved2: 0, entries: [{ type, flags, body: Buffer.concat([head, who]) }] };
    };
    expect(findGrant(of(0, 0xf01ff), who, GET_CHANGES)).toBe('granted');
    expect(findGrant(of(0, 0x14), who, READ)).toBe('granted');
    expect(findGrant(of(0, 0x10), who, READ)).toBe('missing');
    expect(findGrant(of(0, 0xf01ff, 0x08), who, GET_CHANGES)).toBe('missing');
    expect(findGrant(of(1, 0x100), who, GET_CHANGES)).toBe('denied');
    const other = Buffer.from(who);
    other[8] = 19;
    expect(findGrant(of(0, 0xf01ff), other, GET_CHANGES)).toBe('missing');
  });

  it('of another extended right is not taken for it', () => {
    const who = Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]);
    const empty = { revision: 4, reserved1: 0, reserved2: 0, entries: [] };
    const all = { ...GET_CHANGES, extendedRight: '1131f6ad-9c07-11d1-f79f-00c04fc2dcd2' };
    expect(findGrant(addGrant(empty, who, all), who, GET_CHANGES)).toBe('missing');
    expect(findGrant(addGrant(empty, who, all), who, all)).toBe('granted');
  });
});
