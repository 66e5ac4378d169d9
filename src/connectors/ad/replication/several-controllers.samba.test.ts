import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../../../../test/lab/directory-entry.ts';
import { directoryServersAvailable } from '../../../../test/lab/directory-servers-available.ts';
import { type SambaDomain, startSamba } from '../../../../test/lab/samba.ts';
import type { Connector } from '../../connector.ts';
import { childDn } from '../trial/domain-editor.ts';
import { ntHash } from './ciphers/md4.ts';
import { collectPasswords, hexOf, sourceOf } from './trial/collect-passwords.ts';

function* crowd(baseDn: string): Generator<DirectoryEntry> {
  for (let index = 0; index < 30; index++) {
    const attributes = { objectClass: ['user'], sAMAccountName: [`user${index}`], userAccountControl: ['512'] };
    yield { dn: childDn(`user${index}`, childDn('Users', baseDn)), attributes };
  }
}

/**
 * Two domain controllers of one domain that have parted: the second one lives on a copy of the first, under an identity of its own, as after a restoration. Each of
 * them knows what the other did before, and neither what it did since.
 */
describe.skipIf(!directoryServersAvailable())('two domain controllers of one domain', () => {
  let first: SambaDomain;
  let second: SambaDomain;
  let authorities: string;
  const sources: Connector[] = [];

  beforeAll(async () => {
    first = await startSamba({ population: crowd });
    await first.setPasswords(Array.from({ length: 30 }, (_, index) => [`user${index}`, `Pass-word-${index}`] as const));
    await first.kill();
    second = await startSamba({ copyOf: first });
    await first.restart();
    authorities = join(second.folder, 'both.pem');
    await writeFile(authorities, (await readFile(first.ca, 'utf8')) + (await readFile(second.ca, 'utf8')));
  });
  afterAll(async () => {
    for (const source of sources) await source.close();
    await second?.stop();
    await first?.stop();
  });

  function connect(...domains: readonly SambaDomain[]): Connector {
    const section = { servers: domains.map(({ ldapsUrl }) => ldapsUrl), tls: { ca: authorities }, pageSize: 10 };
    const source = sourceOf(section, first.admin);
    sources.push(source);
    return source;
  }

  it('stand in for each other: the second one tells what the first did not, and nothing that is known', async () => {
    const before = await collectPasswords(connect(first), null);
    expect(before.accounts.size).toBeGreaterThanOrEqual(30);
    await second.setPasswords([['user3', 'Only-on-2nd']]);
    const after = await collectPasswords(connect(second), before.watermark);
    expect(after).toMatchObject({ mode: 'delta', reason: null });
    expect([...after.accounts.values()].map(hexOf)).toEqual([ntHash('Only-on-2nd').toString('hex')]);
    // Back at the first, what it did meanwhile is still news.
    await first.setPasswords([['user4', 'Only-on-1st']]);
    const back = await collectPasswords(connect(first), after.watermark);
    expect(back.mode).toBe('delta');
    expect([...back.accounts.values()].map(hexOf)).toContain(ntHash('Only-on-1st').toString('hex'));
    const idle = await collectPasswords(connect(first), back.watermark);
    expect(idle.accounts.size).toBe(0);
  });

  it('give the same number to two passwords of an account when they do not hear of each other, and tell when each was set', async () => {
    const tell = async (domain: SambaDomain, password: string) => {
      await domain.setPasswords([['user6', password]]);
      const { accounts } = await collectPasswords(connect(domain), null);
      return [...accounts.values()].find((one) => hexOf(one) === ntHash(password).toString('hex'));
    };
    const lost = await tell(first, 'Only-on-1st-6');
    const setIn = Math.floor(Date.parse(lost?.changedAt ?? '') / 1000);
    await expect.poll(() => Math.floor(Date.now() / 1000), { timeout: 5000 }).toBeGreaterThan(setIn);
    const later = await tell(second, 'Only-on-2nd-6');
    expect(later).toMatchObject({ anchor: lost?.anchor, version: lost?.version });
    expect(Date.parse(later?.changedAt ?? '')).toBeGreaterThan(Date.parse(lost?.changedAt ?? ''));
  });

  it('are both looked at by check', async () => {
    const lines = await Array.fromAsync(connect(first, second).passwords?.check() ?? []);
    expect(lines.map(({ what, state }) => [what, state])).toEqual([
      [`passwords from ${first.address}`, 'ok'],
      [`passwords from ${second.address}`, 'ok'],
    ]);
  });

  it('carry a read on when the first one dies', async () => {
    const source = connect(first, second);
    const seen = new Set<string>();
    let pages = 0;
    let isDead = false;
    for await (const event of source.passwords?.read({ watermark: null }) ?? []) {
      if (event.kind !== 'page') continue;
      pages += 1;
      for (const { anchor } of event.passwords) seen.add(anchor);
      if (isDead) continue;
      await first.kill();
      isDead = true;
    }
    expect(pages).toBeGreaterThan(3);
    expect(seen.size).toBeGreaterThanOrEqual(30);
    await first.restart();
  });
});
