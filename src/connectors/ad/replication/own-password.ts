import { timingSafeEqual } from 'node:crypto';
import { ntHash } from './ciphers/md4.ts';
import { ridOf } from './drsuapi/dsname.ts';
import { decryptNtHash } from './drsuapi/replicated-secret.ts';
import type { Replica } from './replica.ts';

/**
 * `proved`: our own password came and is the one that we signed in with. `other`: it can be read, and is another one: domain controllers take the old one of a
 * changed password for a while. `hidden`: it was left out. `elsewhere`: the account is of another domain.
 */
export type Proof = 'proved' | 'other' | 'hidden' | 'elsewhere';

/** Reads the one password that we know anyway: our own. Throws what a session throws. */
export async function proveByOwnPassword(replica: Replica, account: string, password: string): Promise<Proof> {
  const guid = await replica.findAccount(account);
  const object = guid === null ? null : await replica.readObject(guid);
  const rid = ridOf(object?.name.sid ?? null);
  if (object === null || rid === null) return 'elsewhere';
  const encrypted = object.attributes.get('unicodePwd')?.value;
  if (encrypted === undefined || encrypted === null) return 'hidden';
  const read = decryptNtHash(encrypted, replica.session.sessionKey, rid);
  const own = ntHash(password);
  const isSame = timingSafeEqual(read, own);
  read.fill(0);
  own.fill(0);
  return isSame ? 'proved' : 'other';
}
