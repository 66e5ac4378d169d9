import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ntHash } from '../ciphers/md4.ts';
import { NdrReader } from '../ndr/ndr-reader.ts';
import { sambaAnswer, sambaSessionKey } from '../trial/samba-answers.ts';
import { attributeNumber, mapAttributes } from './attribute-ids.ts';
import { readChangesReply } from './changes-reply.ts';
import { EXTENDED_OPERATION, formatChangesRequest } from './changes-request.ts';
import { ridOf } from './dsname.ts';
import { decryptNtHash, spreadKey, unwrapWithRid } from './replicated-secret.ts';
import { FROM_THE_START, mergeCursors } from './replication-state.ts';

const HANDLE = Buffer.alloc(20, 7);
const DSA = 'e24d201a-4fd6-11d1-a3da-0000f875ae0d';
const NC = '11111111-2222-3333-4444-555555555555';

describe('a recorded reply', () => {
  const reply = readChangesReply(sambaAnswer('changes'), 'reading');

  test('tells every account with its name, SID, attributes and their versions', () => {
    const ann = reply.objects.find(({ name }) => name.dn.startsWith('CN=ann,'));
    expect(ann?.name.dn).toBe('CN=ann,CN=Users,DC=corp,DC=example,DC=com');
    expect(ann?.name.sid).toMatch(/^S-1-5-21-\d+-\d+-\d+-\d{4}$/);
    expect([...(ann?.attributes.keys() ?? [])].sort()).toEqual([
      'accountExpires',
      'pwdLastSet',
      'unicodePwd',
      'userAccountControl',
    ]);
    expect(ann?.attributes.get('userAccountControl')?.value?.readUInt32LE()).toBe(512);
    expect(ann?.attributes.get('unicodePwd')?.metadata?.version).toBe(2);
    expect(reply).toMatchObject({ hasMore: false, extendedResult: 0 });
    expect(reply.cursors?.map(({ invocationId }) => invocationId)).toEqual([reply.invocationId]);
  });

  test('holds the hashes of the passwords', () => {
    for (const name of ['ann', 'bob', 'eva']) {
      const object = reply.objects.find((one) => one.name.dn.startsWith(`CN=${name},`));
      const encrypted = object?.attributes.get('unicodePwd')?.value ?? Buffer.alloc(0);
      const hash = decryptNtHash(encrypted, sambaSessionKey(), ridOf(object?.name.sid ?? null) ?? 0);
      expect(hash.toString('hex')).toBe(ntHash(`of ${name}`).toString('hex'));
    }
  });

  test('cannot be decrypted with another key, and then says so', () => {
    const encrypted = reply.objects
      .find(({ name }) => name.dn.startsWith('CN=ann,'))
      ?.attributes.get('unicodePwd')?.value;
    const other = sambaSessionKey();
    other[0] = (other[0] ?? 0) ^ 1;
    expect(() => decryptNtHash(encrypted ?? Buffer.alloc(0), other, 1103)).toThrow(/checksum is wrong/);
    expect(() => decryptNtHash(Buffer.alloc(19), sambaSessionKey(), 1103)).toThrow(/too short/);
  });
});

describe('a request', () => {
  const base = {
    dsaGuid: DSA,
    objectGuid: NC,
    attributes: ['unicodePwd', 'isDeleted', 'accountExpires'] as const,
    extendedOperation: EXTENDED_OPERATION.none,
    mostObjects: 500,
  };

  test('stands where the specification puts its parts, with and without cursors', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uuid(), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })), { maxLength: 5 }),
        (pairs) => {
          const cursors = pairs.map(([invocationId, usn]) => ({ invocationId, usn }));
          const usn = { highObjectUpdate: 11n, reserved: 12n, highPropertyUpdate: 13n };
          const state = { invocationId: NC, usn, cursors };
          const reader = new NdrReader(formatChangesRequest(HANDLE, { ...base, state }, 'plain'), 'request');
          reader.bytes(20);
          expect([reader.u32(), reader.u32()]).toEqual([8, 8]);
          reader.align(8);
          expect([reader.guid(), reader.guid(), reader.pointer()]).toEqual([DSA, NC, true]);
          expect([reader.u64(), reader.u64(), reader.u64()]).toEqual([11n, 12n, 13n]);
          expect(reader.pointer()).toBe(cursors.length > 0);
          expect([reader.u32(), reader.u32()]).toEqual([0x30, 500]);
          expect([reader.u32(), reader.u32(), reader.u64()]).toEqual([8 * 1024 * 1024, 0, 0n]);
          expect([reader.pointer(), reader.pointer()]).toEqual([true, false]);
          expect([reader.u32(), reader.pointer()]).toEqual([2, true]);
          // DSNAME.
          expect([reader.u32(), reader.u32(), reader.u32(), reader.guid()]).toEqual([1, 58, 0, NC]);
          reader.bytes(28);
          expect([reader.u32(), reader.u16()]).toEqual([0, 0]);
          if (cursors.length > 0) {
            reader.align(4);
            expect(reader.u32()).toBe(cursors.length);
            reader.align(8);
            expect([reader.u32(), reader.u32(), reader.u32(), reader.u32()]).toEqual([1, 0, cursors.length, 0]);
            for (const { invocationId, usn: known } of cursors) {
              reader.align(8);
              expect([reader.guid(), reader.u64()]).toEqual([invocationId, known]);
            }
          }
          reader.align(4);
          expect([reader.u32(), reader.u32(), reader.u32(), reader.u32()]).toEqual([3, 1, 0, 3]);
          expect([reader.u32(), reader.u32(), reader.u32()]).toEqual([0x20030, 0x9005a, 0x9009f]);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('for a single object carries the operation and no flags of a cycle', () => {
    const request = { ...base, state: FROM_THE_START, extendedOperation: EXTENDED_OPERATION.object };
    const stub = formatChangesRequest(HANDLE, request, 'plain');
    expect([stub.readUInt32LE(100), stub.readUInt32LE(112)]).toEqual([0, 6]);
  });
});

test('attributes have the numbers of every directory, and those of the table that comes with a reply', () => {
  expect(attributeNumber('unicodePwd')).toBe(0x9005a);
  expect(attributeNumber('pwdLastSet')).toBe(0x90060);
  expect(attributeNumber('userAccountControl')).toBe(0x90008);
  expect(attributeNumber('accountExpires')).toBe(0x9009f);
  expect(attributeNumber('isDeleted')).toBe(0x20030);
  const table = new Map([
    [77, '2a864886f7140104'],
    [3, '2a864886f7140102'],
  ]);
  expect(mapAttributes(table).get(77 * 0x10000 + 90)).toBe('unicodePwd');
  expect(mapAttributes(table).get(3 * 0x10000 + 48)).toBe('isDeleted');
  expect(() => mapAttributes(new Map([[9, '2a864886f7140102']]))).toThrow(/prefixes/);
});

test('the key of a half is spread over eight bytes', () => {
  expect(Buffer.from(spreadKey([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])).toString('hex')).toBe('fefefefefefefefe');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 7, maxLength: 7 }), (bytes) => {
      const bits = (list: Iterable<number>, width: number): string =>
        [...list].map((byte) => byte.toString(2).padStart(8, '0').slice(0, width)).join('');
      expect(bits(spreadKey([...bytes]), 7)).toBe(bits(bytes, 8));
    }),
  );
});

test('a hash is never unwrapped with a RID of zero', () => {
  expect(() => unwrapWithRid(Buffer.alloc(16), 0)).toThrow(/RID/);
});

test('what is known of databases is the later of both, in the order of the protocol', () => {
  const a = { invocationId: 'aaaaaaaa-0000-0000-0000-000000000000', usn: 5n };
  const b = { invocationId: 'bbbbbbbb-0000-0000-0000-000000000000', usn: 7n };
  expect(mergeCursors([b, a], [{ ...a, usn: 4n }])).toEqual([a, b]);
  expect(mergeCursors([a], [b, { ...a, usn: 9n }])).toEqual([{ ...a, usn: 9n }, b]);
});
