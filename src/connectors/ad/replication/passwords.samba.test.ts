import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../../../../test/lab/directory-entry.ts';
import { directoryServersAvailable } from '../../../../test/lab/directory-servers-available.ts';
import { type SambaDomain, startSamba } from '../../../../test/lab/samba.ts';
import { SeededRandom } from '../../../../test/lab/seeded-random.ts';
import { guidToText } from '../../../model/anchor.ts';
import type { Connector } from '../../connector.ts';
import { childDn, deleteRecord, replaceRecord } from '../trial/domain-editor.ts';
import { ntHash } from './ciphers/md4.ts';
import { collectPasswords, hexOf, passwordsOf, sourceOf } from './trial/collect-passwords.ts';

const COUNT = 200;
const IMPACKET = new URL('../../../../test/lab/read-hashes-with-impacket.py', import.meta.url).pathname;

function* staff(baseDn: string): Generator<DirectoryEntry> {
  yield { dn: childDn('Staff', baseDn, 'OU'), attributes: { objectClass: ['organizationalUnit'] } };
  for (let index = 0; index < COUNT; index++) yield person(`user${index}`, baseDn);
  for (const name of ['ann', 'bob', 'eva', 'leaver', 'nobody']) yield person(name, baseDn);
  const machine = { objectClass: ['computer'], sAMAccountName: ['PC1$'], userAccountControl: ['4096'] };
  yield { dn: childDn('PC1', childDn('Staff', baseDn, 'OU')), attributes: machine };
}

function person(name: string, baseDn: string): DirectoryEntry {
  const attributes = { objectClass: ['user'], sAMAccountName: [name], userAccountControl: ['512'] };
  return { dn: childDn(name, childDn('Staff', baseDn, 'OU')), attributes };
}

/** From plain letters to signs outside of the first plane of Unicode; never half a sign, and no NUL. */
const RANGES = [
  [0x20, 0x7e],
  [0xa1, 0x24f],
  [0x370, 0x5ff],
  [0x4e00, 0x9fff],
  [0x1f300, 0x1f64f],
] as const;

/** As many passwords as users; among them the empty one and those of 1, 14, 15, 127 and 128 characters. */
function drawPasswords(): readonly (readonly [name: string, password: string])[] {
  const random = new SeededRandom(20_240_501);
  const fixed = [0, 1, 14, 15, 127, 128];
  return Array.from({ length: COUNT }, (_, index) => {
    const length = fixed[index] ?? 2 + random.below(127);
    const ranges = RANGES.slice(0, 1 + random.below(RANGES.length));
    const signs = Array.from({ length }, () => {
      const [first, last] = ranges[random.below(ranges.length)] ?? RANGES[0];
      return String.fromCodePoint(first + random.below(last - first + 1));
    });
    return [`user${index}`, signs.join('')] as const;
  });
}

async function readWithImpacket(
  domain: SambaDomain,
  anchors: Iterable<string>,
): Promise<Record<string, string | null>> {
  const args = [IMPACKET, domain.address, domain.realm.toLowerCase(), 'Administrator'];
  const child = spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end([domain.admin.password, ...anchors].join('\n'));
  return JSON.parse(await text(child.stdout));
}

describe.skipIf(!directoryServersAvailable())('the passwords of a Samba domain', () => {
  let domain: SambaDomain;
  let source: Connector;
  let anchors: ReadonlyMap<string, string>;
  const passwords = drawPasswords();

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true, population: staff });
    const policy = ['--complexity=off', '--min-pwd-length=0', '--history-length=0', '--min-pwd-age=0'];
    await domain.samba(['domain', 'passwordsettings', 'set', ...policy]);
    const known = ['ann', 'bob', 'eva', 'leaver'].map((name) => [name, `first of ${name}`] as const);
    await domain.setPasswords([...passwords, ...known, ['PC1$', 'of a machine']]);
    // A page of 64, so that a read has several.
    source = sourceOf({ servers: [domain.ldapsUrl], tls: { ca: domain.ca }, pageSize: 64 }, domain.admin);
    anchors = await readAnchors(domain);
  });
  afterAll(async () => {
    await source?.close();
    await domain?.stop();
  });

  function anchorOf(name: string): string {
    const anchor = anchors.get(name);
    if (anchor === undefined) throw new Error(`there is no ${name}`);
    return anchor;
  }

  const dnOf = (name: string): string => childDn(name, childDn('Staff', domain.baseDn, 'OU'));

  it('are what two independent readers find, for 200 random ones of 0 to 128 characters', async () => {
    const { accounts, mode, pages } = await collectPasswords(source, null);
    expect(mode).toBe('full');
    expect(pages).toBeGreaterThan(3);
    const wanted = passwords.map(([name, password]) => [anchorOf(name), ntHash(password).toString('hex')] as const);
    expect(new Set(wanted.map(([, hash]) => hash)).size).toBe(COUNT);
    const read = wanted.map(([anchor]) => [anchor, hexOf(accounts.get(anchor))] as const);
    expect(read).toEqual(wanted);
    const inDatabase = await domain.readHashes();
    expect(read).toEqual(wanted.map(([anchor]) => [anchor, inDatabase.get(anchor)]));
    const byImpacket = await readWithImpacket(
      domain,
      wanted.map(([anchor]) => anchor),
    );
    expect(read).toEqual(wanted.map(([anchor]) => [anchor, byImpacket[anchor]]));
  });

  it('of single accounts are the same, and an account without one or that is not there is left out', async () => {
    const absent = '11111111-2222-3333-4444-555555555555';
    const asked = [anchorOf('user7'), absent, anchorOf('nobody'), anchorOf('user8'), anchorOf('user7')];
    const found = (await Array.fromAsync(passwordsOf(source).fetch(asked))).flat();
    expect(found.map(({ anchor }) => anchor)).toEqual([anchorOf('user7'), anchorOf('user8')]);
    const hash = ntHash(passwords[7]?.[1] ?? '').toString('hex');
    expect(hexOf(found[0])).toBe(hash);
  });

  it('are those of users only: no computer, no account of the domain itself', async () => {
    const { accounts } = await collectPasswords(source, null);
    for (const name of ['PC1$', 'DC1$', 'Administrator', 'krbtgt', 'Guest'])
      expect(accounts.has(anchorOf(name)), name).toBe(false);
    expect(accounts.get(anchorOf('nobody'))).toMatchObject({ ntHash: null });
    const single = await Array.fromAsync(passwordsOf(source).fetch(['PC1$', 'krbtgt', 'Administrator'].map(anchorOf)));
    expect(single).toEqual([]);
  });

  it('come again only when they were set again, with a higher version and a later time', async () => {
    const first = await collectPasswords(source, null);
    const idle = await collectPasswords(source, first.watermark);
    expect(idle).toMatchObject({ mode: 'delta', reason: null, pages: 0 });
    await domain.setPasswords([['ann', 'second of ann']]);
    const { accounts, mode, watermark } = await collectPasswords(source, idle.watermark);
    expect(mode).toBe('delta');
    expect([...accounts.keys()]).toEqual([anchorOf('ann')]);
    const before = first.accounts.get(anchorOf('ann'));
    const after = accounts.get(anchorOf('ann'));
    expect(hexOf(after)).toBe(ntHash('second of ann').toString('hex'));
    expect(after?.version).toBeGreaterThan(before?.version ?? 0);
    expect(Date.parse(after?.changedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.changedAt ?? ''));
    // Nothing was said about the account but its password; the rest is known all the same.
    expect(after).toMatchObject({ isDisabled: false, mustChange: false, expiresAt: null });
    expect((await collectPasswords(source, watermark)).accounts.size).toBe(0);
  });

  it('tell when the account is changed without them: the same version, and what it is now', async () => {
    const before = await collectPasswords(source, null);
    const expires = 133_000_000_000_000_000n;
    await domain.modify(replaceRecord(dnOf('bob'), { userAccountControl: String(0x202 + 0x40000) }));
    await domain.modify(replaceRecord(dnOf('eva'), { pwdLastSet: '0', accountExpires: String(expires) }));
    const { accounts } = await collectPasswords(source, before.watermark);
    expect([...accounts.keys()].sort()).toEqual([anchorOf('bob'), anchorOf('eva')].sort());
    expect(accounts.get(anchorOf('bob'))).toMatchObject({ isDisabled: true, isSmartCardRequired: true });
    expect(accounts.get(anchorOf('eva'))).toMatchObject({
      mustChange: true,
      isDisabled: false,
      isSmartCardRequired: false,
      expiresAt: '2022-06-18T04:26:40.000Z',
      version: before.accounts.get(anchorOf('eva'))?.version,
    });
    expect(hexOf(accounts.get(anchorOf('eva')))).toBe(ntHash('first of eva').toString('hex'));
  });

  it('of somebody who was deleted do not come, and come again when he is restored', async () => {
    const before = await collectPasswords(source, null);
    await domain.modify(deleteRecord(dnOf('leaver')));
    const deleted = await collectPasswords(source, before.watermark);
    expect(deleted.accounts.size).toBe(0);
    expect((await collectPasswords(source, null)).accounts.has(anchorOf('leaver'))).toBe(false);
    const gone = anchorOf('leaver');
    expect(await Array.fromAsync(passwordsOf(source).fetch([gone]))).toEqual([]);
    await domain.restore(`<GUID=${gone}>`, dnOf('leaver'));
    const { accounts } = await collectPasswords(source, deleted.watermark);
    expect([...accounts.keys()]).toEqual([gone]);
  });

  it('are read from the start when the watermark cannot be used, and the read says why', async () => {
    const { watermark } = await collectPasswords(source, null);
    const known = JSON.parse(watermark);
    const later = (usn: string): string => String(BigInt(usn) + 100_000n);
    const ahead = {
      ...known,
      usn: known.usn.map(later),
      upToDateness: known.upToDateness.map(([id, usn]: [string, string]) => [id, later(usn)]),
    };
    const cases = [
      ['no watermark', /cannot be understood/],
      [JSON.stringify({ ...known, domain: known.invocationId }), /another domain/],
      [JSON.stringify({ ...known, attributes: ['unicodePwd'] }), /more is asked/],
      [JSON.stringify(ahead), /put back from a copy/],
    ] as const;
    for (const [used, reason] of cases) {
      const read = await collectPasswords(source, used);
      expect(read.mode).toBe('full');
      expect(read.reason).toMatch(reason);
      expect(read.accounts.size).toBeGreaterThan(COUNT);
    }
  });

  it('are found also with a request that takes several fragments', async () => {
    const { watermark } = await collectPasswords(source, null);
    const known = JSON.parse(watermark);
    const strangers = Array.from({ length: 900 }, (_, index) => {
      const bytes = Buffer.alloc(16, index & 0xff);
      bytes.writeUInt32LE(index + 1);
      return [guidToText(bytes), '1'];
    });
    const crowded = JSON.stringify({ ...known, upToDateness: [...known.upToDateness, ...strangers] });
    await domain.setPasswords([['ann', 'third of ann']]);
    const { accounts, mode } = await collectPasswords(source, crowded);
    expect(mode).toBe('delta');
    expect([...accounts.keys()]).toEqual([anchorOf('ann')]);
  });
});

async function readAnchors(domain: SambaDomain): Promise<ReadonlyMap<string, string>> {
  const client = await domain.connect();
  try {
    const { searchEntries } = await client.search(domain.baseDn, {
      filter: '(sAMAccountName=*)',
      attributes: ['sAMAccountName', 'objectGUID'],
      explicitBufferAttributes: ['objectGUID'],
    });
    return new Map(
      searchEntries.map((entry) => [String(entry['sAMAccountName']), guidToText(bufferOf(entry['objectGUID']))]),
    );
  } finally {
    await client.unbind();
  }
}

function bufferOf(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) throw new Error('no GUID');
  return value;
}
