import { describe, expect, test } from 'vitest';
import { adSection } from '../config.ts';
import { ntHash } from './ciphers/md4.ts';
import { readChangesReply } from './drsuapi/changes-reply.ts';
import type { ReplicatedObject } from './drsuapi/replicated-object.ts';
import { secretsHidden } from './missing-rights.ts';
import { proveByOwnPassword } from './own-password.ts';
import { Replica, type ReplicationSession } from './replica.ts';
import { sambaAnswer, sambaSessionKey } from './trial/samba-answers.ts';

const reply = readChangesReply(sambaAnswer('changes'), 'reading');
const ann = reply.objects.find(({ name }) => name.dn.startsWith('CN=ann,'));

/** A domain controller that knows one account, by every name or by one alone, and answers with that object when it is asked for it. */
async function replicaOf(object: ReplicatedObject | undefined, onlyName?: string): Promise<Replica> {
  const guid = object?.name.guid ?? null;
  const session: ReplicationSession = {
    server: { label: 'dc1', host: 'dc1', port: null },
    facts: {
      netbiosComputer: 'DC1',
      dnsComputer: null,
      netbiosDomain: 'CORP',
      dnsDomain: 'corp.example.com',
      time: null,
    },
    isOpen: true,
    sessionKey: sambaSessionKey(),
    listControllers: async () => [
      { netbiosName: 'DC1', dnsName: null, dsaGuid: reply.invocationId, isReadOnly: false },
    ],
    crackName: async (name, _from, to) => {
      if (name === 'corp.example.com/') return to === 6 ? `{${reply.invocationId}}` : 'DC=corp,DC=example,DC=com';
      return guid === null || (onlyName ?? name) !== name ? null : `{${guid}}`;
    },
    getChanges: async () => ({ ...reply, objects: object ? [object] : [], extendedResult: 1 }),
    close: async () => undefined,
  };
  return Replica.of(session);
}

describe('the proof by our own password', () => {
  test('holds when what is read is what we signed in with', async () => {
    expect(ntHash('of ann')).toHaveLength(16);
    expect(await proveByOwnPassword(await replicaOf(ann), 'ann@corp.example.com', 'of ann')).toBe('proved');
  });

  test('tells another password, a password that is left out, and an account that is not there', async () => {
    expect(await proveByOwnPassword(await replicaOf(ann), 'ann@corp.example.com', 'another')).toBe('other');
    if (!ann) throw new Error('ann was recorded');
    const attributes = new Map([...ann.attributes].filter(([name]) => name !== 'unicodePwd'));
    expect(await proveByOwnPassword(await replicaOf({ ...ann, attributes }), 'ann', 'of ann')).toBe('hidden');
    expect(await proveByOwnPassword(await replicaOf(undefined), 'ann@other.example.org', 'of ann')).toBe('elsewhere');
  });

  test.each([
    'corp.example.com\\ann',
    'CORP.EXAMPLE.COM\\ann',
    'CORP\\ann',
    'corp\\ann',
    'ann',
  ])('holds also for %s, which a domain controller finds by its short name alone', async (name) => {
    expect(await proveByOwnPassword(await replicaOf(ann, 'CORP\\ann'), name, 'of ann')).toBe('proved');
  });

  test('is not had of an account of another domain, though one of that name is here', async () => {
    for (const name of ['other.example.com\\ann', 'OTHER\\ann', 'ann@other.example.com'])
      expect(await proveByOwnPassword(await replicaOf(ann, 'CORP\\ann'), name, 'of ann')).toBe('elsewhere');
  });

  test('when the password is left out, says that a right is not what is missing', async () => {
    const failure = secretsHidden(await replicaOf(ann), 'CORP\\ann');
    expect(failure).toMatchObject({ code: 'password-rights', exitCode: 4 });
    expect(failure.message).toBe(
      'dc1: CORP\\ann may replicate DC=corp,DC=example,DC=com, but the domain controller leaves the passwords out of its answers',
    );
    expect(failure.remedy).toContain('samba-tool group addmembers Administrators "ann"');
  });
});

test('the section takes another account for passwords only whole', () => {
  const section = { servers: ['ldaps://dc1.example.com'], user: 'a@example.com', password: { env: 'A' } };
  const parse = (replication: object) => adSection.safeParse({ ...section, replication });
  expect(parse({ user: 'b@example.com', password: { env: 'B' }, port: 50_000 }).success).toBe(true);
  expect(adSection.parse(section).replication).toEqual({});
  for (const half of [{ user: 'b@example.com' }, { password: { env: 'B' } }])
    expect(parse(half).error?.issues[0]?.message).toContain('user and password belong together');
  for (const wrong of [{ port: 0 }, { user: 'b', password: 'clear' }, { host: 'dc1' }])
    expect(parse(wrong).success).toBe(false);
});
