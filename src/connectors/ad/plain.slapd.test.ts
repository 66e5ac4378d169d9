import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DirectoryEntry } from '../../../test/lab/directory-entry.ts';
import { directoryServersAvailable } from '../../../test/lab/directory-servers-available.ts';
import { type SlapdServer, startSlapd } from '../../../test/lab/slapd.ts';
import { SILENT_LOG } from '../../log.ts';
import { ContractSpace } from '../connector.contract.ts';
import type { CheckLine, Connector, ReadRequest } from '../connector.ts';
import { adSource } from './connector.ts';
import { childDn } from './trial/domain-editor.ts';

const BASE = 'DC=corp,DC=example,DC=com';
const PEOPLE = childDn('People', BASE, 'OU');
const NAMES = ['early', 'Doe, Jane', '#1 "quoted"', '山田 太郎', 'late'];
const anchors = new Map([...NAMES, 'People', 'staff', 'inner'].map((name) => [name, randomUUID()]));

function anchorOf(name: string): string {
  return anchors.get(name) ?? '';
}

function entryOf(name: string, kind: string, attributes: DirectoryEntry['attributes']): DirectoryEntry {
  const common = { objectClass: ['top', kind], cn: [name], objectGUID: [anchorOf(name)] };
  return { dn: childDn(name, PEOPLE), attributes: { ...common, ...attributes } };
}

/** The group and the first user refer to entries that come after them, and the group to one that does not exist. */
function* entries(): Generator<DirectoryEntry> {
  const ou = { objectClass: ['top', 'organizationalUnit'], objectGUID: [anchorOf('People')] };
  yield { dn: PEOPLE, attributes: ou };
  const member = [...NAMES, 'inner', 'nobody'].map((name) => childDn(name, PEOPLE));
  yield entryOf('staff', 'group', { sAMAccountName: ['staff'], groupType: ['-2147483646'], member });
  for (const name of NAMES)
    yield entryOf(name, 'user', {
      sn: ['Näme'],
      userAccountControl: ['512'],
      pwdLastSet: ['133000000000000000'],
      proxyAddresses: ['SMTP:a@b.c', 'smtp:d@e.f'],
      // Another spelling of the same name: servers keep what was written.
      ...(name === 'early' ? { manager: [childDn('LATE', PEOPLE).replace(',OU=', ', ou=')] } : {}),
    });
  yield entryOf('inner', 'group', { sAMAccountName: ['inner'], groupType: ['2'], member: [childDn('early', PEOPLE)] });
}

describe.skipIf(!directoryServersAvailable())('an OpenLDAP server with the schema of Active Directory', () => {
  let server: SlapdServer;
  let connector: Connector;

  beforeAll(async () => {
    server = await startSlapd({ baseDn: BASE, entries: entries() });
    const section = adSource.section.parse({
      servers: [server.url],
      tls: { ca: server.ca },
      user: server.bindDn,
      password: { env: 'PASSWORD' },
      pageSize: 3,
    });
    connector = adSource.create(section, {
      name: 'bench',
      log: SILENT_LOG,
      now: () => new Date(),
      readSecret: () => server.password,
      resolvePath: (path) => path,
    });
  });
  afterAll(async () => {
    await connector?.close();
    await server?.stop();
  });

  const request: ReadRequest = {
    watermark: null,
    attributes: ['cn', 'sn', 'userAccountControl', 'pwdLastSet', 'proxyAddresses', 'groupType', 'member', 'manager'],
    references: ['member', 'manager'],
  };

  it('is read whole each time, with references and parents resolved from DNs', async () => {
    const space = new ContractSpace();
    const { begin, problems } = await space.read(connector, request);
    expect(begin).toMatchObject({ mode: 'full', method: 'paged search', reason: expect.stringMatching(/no Active/) });
    expect(begin.parameters).toMatchObject({ 'Domain.FQDN': 'corp.example.com', 'Domain.Netbios': 'CORP' });
    expect(problems).toEqual([]);
    for (const name of NAMES) {
      const held = space.objects.get(anchorOf(name));
      expect(held).toMatchObject({
        type: 'user',
        place: { parent: anchorOf('People') },
        attributes: { cn: name, sn: 'Näme', userAccountControl: 512n, pwdLastSet: 133000000000000000n },
      });
      expect(held?.attributes['proxyAddresses']).toEqual(['SMTP:a@b.c', 'smtp:d@e.f']);
      expect(space.pathOf(anchorOf(name)).toLowerCase()).toMatch(/,ou=people,dc=corp,dc=example,dc=com$/);
    }
    const targets = (name: string, reference: string) => [
      ...(space.objects.get(anchorOf(name))?.references[reference] ?? []),
    ];
    expect(targets('staff', 'member').sort()).toEqual([...NAMES, 'inner'].map(anchorOf).sort());
    expect(targets('inner', 'member')).toEqual([anchorOf('early')]);
    expect(targets('early', 'manager')).toEqual([anchorOf('late')]);
    expect(space.objects.get(anchorOf('staff'))?.attributes).toMatchObject({ groupType: -2147483646n });
  });

  it('is read whole again from a watermark', async () => {
    const first = await new ContractSpace().read(connector, request);
    const second = await new ContractSpace().read(connector, { ...request, watermark: first.watermark });
    expect(second.begin.mode).toBe('full');
    expect(second.changes).toEqual(first.changes);
  });

  it('gives single objects', async () => {
    const space = new ContractSpace();
    const gone = randomUUID();
    const changes = [];
    for await (const page of connector.fetch([anchorOf('inner'), anchorOf('early'), gone], request))
      changes.push(...page);
    await space.apply(changes, connector, request);
    expect(changes.find((change) => change.anchor === gone)?.kind).toBe('delete');
    expect([...(space.objects.get(anchorOf('inner'))?.references['member'] ?? [])]).toEqual([anchorOf('early')]);
    expect(space.objects.get(anchorOf('early'))?.place?.parent).toBe(anchorOf('People'));
  });

  it('is named in the check as what it is', async () => {
    const lines: CheckLine[] = [];
    for await (const line of connector.check()) lines.push(line);
    expect(lines.at(-1)).toMatchObject({ state: 'warning', detail: expect.stringMatching(/no Active Directory/) });
  });
});
