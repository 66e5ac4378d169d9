import { expect, it } from 'vitest';
import { ENTRY_TYPE } from '../security/access-control-list.ts';
import { writeSecurityDescriptor } from '../security/security-descriptor.ts';
import { WELL_KNOWN_SID } from '../security/well-known-sids.ts';
import type { Session } from '../session/sessions.ts';
import { neededRights } from './account-rights.ts';
import { grantRight } from './grant-right.ts';

const SID = Buffer.from('010500000000000515000000010000000200000003000000e8030000', 'hex');

/** A directory whose root has an access control list of so many entries, and that takes no change. */
function sessionWith(entries: number): Session {
  const entry = {
    type: ENTRY_TYPE.allowed,
    flags: 0,
    body: Buffer.concat([Buffer.alloc(4), WELL_KNOWN_SID.localSystem]),
  };
  const dacl = { revision: 4, reserved1: 0, reserved2: 0, entries: Array.from({ length: entries }, () => entry) };
  const bytes = writeSecurityDescriptor({
    revision: 1,
    reserved: 0,
    control: 4,
    owner: null,
    group: null,
    sacl: null,
    dacl,
  });
  const attributes = [{ name: 'nTSecurityDescriptor', spans: [0, bytes.length] }];
  const connection = {
    readEntry: async () => ({ dn: 'DC=corp', bytes, attributes }),
    carryOut: () => Promise.reject(new Error('a change was sent')),
  };
  return { connection, facts: { namingContext: 'DC=corp' } } as unknown as Session;
}

it('says that an access control list is full instead of writing one that is cut', async () => {
  const [right] = neededRights({ readsPasswords: false, delta: 'auto' }, 'windows');
  if (!right) throw new Error('there is a right');
  await expect(grantRight(sessionWith(10), SID, right)).rejects.toThrow('a change was sent');
  await expect(grantRight(sessionWith(3276), SID, right)).rejects.toMatchObject({
    code: 'account-refused',
    message: expect.stringContaining('at most 65535 bytes'),
    remedy: expect.stringContaining('Take entries off it'),
  });
});
