import { BerWriter } from 'ldapts';
import { expect, test } from 'vitest';
import { BerCursor } from '../ldap/ber-cursor.ts';
import { decodeEntry, type LdapEntry } from '../ldap/ldap-entry.ts';
import { ticksOfTime } from '../objects/directory-time.ts';
import { UNICODE_PWD } from '../objects/replication-metadata.ts';
import { writeEntry } from '../trial/write-entry.ts';
import { readMark } from './password-marks.ts';

/** replPropertyMetaData of one password. */
function metadata(): Buffer {
  const blob = Buffer.alloc(64);
  blob.writeUInt32LE(1, 0);
  blob.writeUInt32LE(1, 8);
  blob.writeUInt32LE(UNICODE_PWD, 16);
  blob.writeUInt32LE(1, 20);
  return blob;
}

function accountWith(accountExpires: string): LdapEntry {
  const writer = new BerWriter();
  writeEntry(writer, 'CN=ann', [
    ['objectGUID', [Buffer.alloc(16, 1)]],
    ['replPropertyMetaData', [metadata()]],
    ['pwdLastSet', ['133000000000000000']],
    ['accountExpires', [accountExpires]],
  ]);
  return decodeEntry(new BerCursor(writer.buffer));
}

test.each([
  ['0', null],
  ['9223372036854775807', null],
  ['3155378975999999999', null],
  ['-1', null],
  ['soon', null],
  [String(ticksOfTime(new Date('2035-05-05T00:00:00Z'))), '2035-05-05T00:00:00.000Z'],
  [String(ticksOfTime(new Date('9000-01-01T00:00:00Z'))), '9000-01-01T00:00:00.000Z'],
])('an account whose accountExpires is %s over LDAP expires as it does by replication', (text, expiry) => {
  expect(readMark(accountWith(text))).toMatchObject({ setAt: '2022-06-18T04:26:40.000Z', expiresAt: expiry });
});
