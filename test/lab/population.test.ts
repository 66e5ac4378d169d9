import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DirectoryEntry } from './directory-entry.ts';
import { generatePopulation } from './population.ts';
import type { PopulationOptions } from './population-context.ts';
import { writeLdif } from './write-ldif.ts';

const OPTIONS: PopulationOptions = {
  users: 2000,
  groups: 300,
  memberships: 20_000,
  badObjects: true,
  seed: 42,
  baseDn: 'DC=corp,DC=example,DC=com',
  upnSuffix: 'contoso.com',
};

describe('a generated population', () => {
  it('is the same for the same seed, and another for another', async () => {
    const first = await hash(OPTIONS);
    expect(await hash(OPTIONS)).toBe(first);
    expect(await hash({ ...OPTIONS, seed: 43 })).not.toBe(first);
  });

  it('has the users, groups and memberships that were asked for', () => {
    const entries = [...generatePopulation({ ...OPTIONS, badObjects: false })];
    expect(entries.filter((entry) => isOf(entry, 'user'))).toHaveLength(OPTIONS.users);
    expect(entries.filter((entry) => isOf(entry, 'group'))).toHaveLength(OPTIONS.groups);
    expect(countMembers(entries).reduce((sum, count) => sum + count, 0)).toBe(OPTIONS.memberships);
  });

  it('is delivered while it is made: the first thousand of a hundred million users come at once', () => {
    let count = 0;
    for (const entry of generatePopulation({ ...OPTIONS, users: 100_000_000 })) {
      if (isOf(entry, 'user')) count += 1;
      if (count === 1000) break;
    }
    expect(count).toBe(1000);
  });

  it('names nothing twice', () => {
    const entries = [...generatePopulation(OPTIONS)];
    for (const values of [
      entries.map(({ dn }) => dn.toLowerCase()),
      entries.flatMap(({ attributes }) => attributes['objectGUID'] ?? []),
      entries.flatMap(({ attributes }) => attributes['objectSid'] ?? []),
      entries.flatMap(({ attributes }) => attributes['sAMAccountName'] ?? []).map((name) => name.toLowerCase()),
      entries.flatMap(({ attributes }) => attributes['userPrincipalName'] ?? []),
    ]) {
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it('refers only to what came before, and puts children behind their parents', () => {
    const known = new Set([OPTIONS.baseDn, `CN=Administrator,CN=Users,${OPTIONS.baseDn}`]);
    for (const { dn, attributes } of generatePopulation(OPTIONS)) {
      expect(known).toContain(dn.replace(/^(?:\\.|[^,\\])*,/, ''));
      for (const target of [...(attributes['member'] ?? []), ...(attributes['manager'] ?? [])]) {
        if (!known.has(target)) expect.fail(`${dn} refers to ${target}, which is not there yet`);
      }
      known.add(dn);
    }
  });

  it('has a few very large groups and many small ones, and each member once', () => {
    const entries = [...generatePopulation(OPTIONS)];
    const counts = countMembers(entries).sort((left, right) => right - left);
    expect(counts[0]).toBeGreaterThan(OPTIONS.users / 2);
    expect(counts[150]).toBeLessThan(30);
    for (const { attributes } of entries) {
      const members = attributes['member'] ?? [];
      expect(new Set(members).size).toBe(members.length);
    }
  });

  it('holds names that have to be escaped, of several scripts, and nested groups', () => {
    const entries = [...generatePopulation(OPTIONS)];
    const dns = entries.map(({ dn }) => dn);
    for (const pattern of [/\\,/, /\\"/, /^CN=\\#/, /\\\+/, /[äöü]/, /[一-龯]/u]) {
      expect(dns.some((dn) => pattern.test(dn))).toBe(true);
    }
    const nested = entries.filter(({ attributes }) => attributes['member']?.some((dn) => dn.includes(',OU=Groups,')));
    expect(nested.length).toBeGreaterThan(5);
  });

  it('adds objects with something wrong only on demand, and tells what', () => {
    const isBad = ({ attributes }: DirectoryEntry): boolean =>
      /^deliberately bad/.test(attributes['description']?.[0] ?? '');
    expect([...generatePopulation(OPTIONS)].filter(isBad).length).toBeGreaterThan(15);
    expect([...generatePopulation({ ...OPTIONS, badObjects: false })].filter(isBad)).toEqual([]);
  });
});

describe('LDIF of generated entries', () => {
  it('encodes what RFC 2849 does not allow as plain text, and binary values', async () => {
    const entry = {
      dn: 'CN=Müller\\, Jürgen,DC=x',
      attributes: {
        displayName: [' leading', 'trailing ', ':colon', 'plain, text: #1', ''],
        objectGUID: ['00112233-4455-6677-8899-aabbccddeeff'],
        objectSid: ['S-1-5-21-1-2-3-1104'],
      },
    };
    const text = (await readAll(writeLdif([entry]))).join('');
    const base64 = (value: string): string => Buffer.from(value).toString('base64');
    expect(text.split('\n')).toEqual([
      `dn:: ${base64('CN=Müller\\, Jürgen,DC=x')}`,
      `displayName:: ${base64(' leading')}`,
      `displayName:: ${base64('trailing ')}`,
      `displayName:: ${base64(':colon')}`,
      'displayName: plain, text: #1',
      'displayName: ',
      `objectGUID:: ${Buffer.from('33221100554477668899aabbccddeeff', 'hex').toString('base64')}`,
      `objectSid:: ${Buffer.from('010500000000000515000000010000000200000003000000' + '50040000', 'hex').toString('base64')}`,
      '',
      '',
    ]);
  });
});

async function hash(options: PopulationOptions): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of writeLdif(generatePopulation(options))) digest.update(chunk);
  return digest.digest('hex');
}

async function readAll(chunks: AsyncIterable<string>): Promise<readonly string[]> {
  const all: string[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

function isOf({ attributes }: DirectoryEntry, objectClass: string): boolean {
  return attributes['objectClass']?.at(-1) === objectClass;
}

function countMembers(entries: readonly DirectoryEntry[]): number[] {
  return entries.filter((entry) => isOf(entry, 'group')).map(({ attributes }) => attributes['member']?.length ?? 0);
}
