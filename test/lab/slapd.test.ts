import { readFile } from 'node:fs/promises';
import { Client } from 'ldapts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGuid } from './directory-binary.ts';
import type { DirectoryEntry } from './directory-entry.ts';
import { directoryServersAvailable } from './directory-servers-available.ts';
import { generatePopulation } from './population.ts';
import { type SlapdServer, startSlapd } from './slapd.ts';

const BASE_DN = 'DC=corp,DC=example,DC=com';

describe.skipIf(!directoryServersAvailable())('an OpenLDAP server of the lab', () => {
  let server: SlapdServer;
  let ca: string;
  const entries: DirectoryEntry[] = [];

  beforeAll(async () => {
    const options = { users: 840, groups: 60, contacts: 36, seed: 7, baseDn: BASE_DN, upnSuffix: 'contoso.com' };
    entries.push(...generatePopulation(options));
    server = await startSlapd({ baseDn: BASE_DN, entries });
    ca = await readFile(server.ca, 'utf8');
  });

  afterAll(async () => {
    await server.stop();
  });

  it('serves 1,000 generated entries in pages over TLS', async () => {
    expect(entries).toHaveLength(1002);
    const client = await bind();
    const pages: number[] = [];
    const found = new Set<string>();
    for await (const page of client.searchPaginated(BASE_DN, { paged: { pageSize: 100 }, attributes: ['cn'] })) {
      pages.push(page.searchEntries.length);
      for (const { dn } of page.searchEntries) found.add(dn);
    }
    await client.unbind();
    expect(found.size).toBe(entries.length + 1);
    expect(Math.max(...pages)).toBe(100);
  });

  it('holds what was generated, identity and members included', async () => {
    const group = entries.findLast(({ attributes }) => (attributes['member']?.length ?? 0) > 20);
    const client = await bind();
    const { searchEntries } = await client.search(group?.dn ?? '', {
      scope: 'base',
      attributes: ['objectGUID', 'member', 'groupType'],
      explicitBufferAttributes: ['objectGUID'],
    });
    await client.unbind();
    const [found] = searchEntries;
    expect(found?.['objectGUID']).toEqual(encodeGuid(group?.attributes['objectGUID']?.[0] ?? ''));
    expect(found?.['groupType']).toBe(group?.attributes['groupType']?.[0]);
    expect(found?.['member']).toHaveLength(group?.attributes['member']?.length ?? -1);
  });

  it('refuses a simple bind without TLS, and takes one after StartTLS', async () => {
    const clear = new Client({ url: server.ldapUrl });
    await expect(clear.bind(server.bindDn, server.password)).rejects.toThrow(/confidentiality/i);
    await clear.unbind();
    const upgraded = new Client({ url: server.ldapUrl });
    await upgraded.startTLS({ ca, host: '127.0.0.1' });
    await upgraded.bind(server.bindDn, server.password);
    await upgraded.unbind();
  });

  it('names the entry that cannot be loaded', async () => {
    const orphan = { dn: `CN=x,OU=Nowhere,${BASE_DN}`, attributes: { objectClass: ['top', 'nonsense'] } };
    await expect(startSlapd({ baseDn: BASE_DN, entries: [orphan] })).rejects.toThrow(
      /slapadd failed.*cn=x,ou=Nowhere/is,
    );
  });

  async function bind(): Promise<Client> {
    const client = new Client({ url: server.url, tlsOptions: { ca } });
    await client.bind(server.bindDn, server.password);
    return client;
  }
});
