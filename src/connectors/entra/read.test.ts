import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { ObjectChange } from '../../model/change.ts';
import type { TargetWrite } from '../connector.ts';

let tenant: EntraTenant;

async function start(options: Parameters<typeof startEntraTenant>[0] = {}): Promise<void> {
  tenant = await startEntraTenant(options);
}

beforeEach(() => start());
afterEach(() => tenant.close());

function newUser(name: string, more: Readonly<Record<string, string | boolean>> = {}): TargetWrite {
  const attributes = {
    sourceAnchor: `anchor-${name}/+=`,
    userPrincipalName: `${name}@contoso.com`,
    accountEnabled: true,
    displayName: name,
    alias: name,
    ...more,
  };
  return { id: name, action: 'create', type: 'user', anchor: attributes.sourceAnchor, attributes };
}

function newGroup(name: string): TargetWrite {
  const attributes = { sourceAnchor: `group-${name}/+=`, displayName: name, alias: name };
  return { id: name, action: 'create', type: 'group', anchor: attributes.sourceAnchor, attributes };
}

/** Creates the objects and gives their ids by name. */
async function make(...writes: readonly TargetWrite[]): Promise<Readonly<Record<string, string>>> {
  const results = await tenant.write(writes);
  return Object.fromEntries(
    [...results].map(([name, result]) => {
      if (result.outcome !== 'done') throw new Error(`${name}: ${result.failure.message}`);
      return [name, result.targetId];
    }),
  );
}

const graph: EntraTenant['graph'] = (method, path, body) => tenant.graph(method, path, body);

const of = (changes: readonly ObjectChange[], anchor: string | undefined) =>
  changes.filter((change) => change.anchor === anchor);

describe('a full read', () => {
  test('gives users and groups under neutral names, with the facts of the tenant', async () => {
    const more = { telephoneNumber: '+49 1', extensionAttribute3: 'x', title: 'Boss', mail: 'anna@contoso.com' };
    const ids = await make(newUser('anna', more), newGroup('team'));
    const { begin, changes } = await tenant.read();
    expect(begin).toMatchObject({
      mode: 'full',
      reason: null,
      parameters: {
        'Tenant.Id': tenant.emulator.tenantId,
        'Tenant.InitialDomain': 'contoso.onmicrosoft.com',
        'Tenant.VerifiedDomains': 'contoso.com contoso.onmicrosoft.com',
      },
    });
    expect(changes).toHaveLength(2);
    expect(of(changes, ids['anna'])).toMatchObject([
      {
        kind: 'put',
        type: 'user',
        place: null,
        attributes: {
          sourceAnchor: 'anchor-anna/+=',
          alias: 'anna',
          accountEnabled: true,
          ...more,
          proxyAddresses: ['SMTP:anna@contoso.com'],
        },
      },
    ]);
    expect(of(changes, ids['team'])).toMatchObject([
      {
        kind: 'put',
        type: 'group',
        attributes: { sourceAnchor: 'group-team/+=', securityEnabled: true, mailEnabled: false },
      },
    ]);
  });

  test('gives managers, and members of our groups only', async () => {
    const ids = await make(newUser('anna'), newUser('bert'), newGroup('team'));
    await graph('POST', '/groups', {
      displayName: 'cloud',
      mailEnabled: false,
      mailNickname: 'cloud',
      securityEnabled: true,
      'members@odata.bind': [`${tenant.emulator.url}/v1.0/directoryObjects/${ids['anna']}`],
    });
    await tenant.write([
      {
        id: '1',
        action: 'refer',
        type: 'user',
        anchor: 'a',
        targetId: ids['anna'] ?? '',
        attribute: 'manager',
        to: ids['bert'] ?? '',
      },
      {
        id: '2',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: ids['team'] ?? '',
        attribute: 'member',
        add: [ids['anna'] ?? ''],
        remove: [],
      },
    ]);
    const { changes } = await tenant.read();
    expect(of(changes, ids['anna'])).toMatchObject([
      { references: { manager: { kind: 'complete', targets: [ids['bert']] } } },
    ]);
    expect(of(changes, ids['team'])).toMatchObject([
      { references: { member: { kind: 'complete', targets: [ids['anna']] } } },
    ]);
    const cloud = changes.find((change) => change.kind === 'put' && change.attributes['displayName'] === 'cloud');
    expect(cloud).toMatchObject({ references: {} });
  });

  test('gives what lies in the recycle bin with the time of its deletion and its own name', async () => {
    const ids = await make(newUser('anna'), newGroup('team'));
    await graph('DELETE', `/users/${ids['anna']}`);
    await graph('DELETE', `/groups/${ids['team']}`);
    const { changes } = await tenant.read();
    expect(of(changes, ids['anna'])).toMatchObject([
      {
        kind: 'put',
        deletedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        attributes: { sourceAnchor: 'anchor-anna/+=', userPrincipalName: 'anna@contoso.com' },
      },
    ]);
    expect(of(changes, ids['team'])).toMatchObject([{ kind: 'put', deletedAt: expect.any(String) }]);
  });

  test('joins groups whose members do not fit into one page', async () => {
    await tenant.close();
    await start({ deltaPageSize: 7, deltaLinkPageSize: 9 });
    const names = Array.from({ length: 45 }, (_, at) => `user${at}`);
    const ids = await make(newGroup('team'), ...names.map((name) => newUser(name)));
    const members = names.map((name) => ids[name] ?? '');
    await tenant.write(
      [0, 20, 40].map((from) => ({
        id: `m${from}`,
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: ids['team'] ?? '',
        attribute: 'member',
        add: members.slice(from, from + 20),
        remove: [],
      })),
    );
    const { changes } = await tenant.read();
    const parts = of(changes, ids['team']);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts[0]?.kind).toBe('put');
    const told = parts.flatMap((part) => {
      const member = 'references' in part ? part.references['member'] : undefined;
      return member?.kind === 'complete' ? member.targets : (member?.add ?? []);
    });
    expect([...told].sort()).toEqual([...members].sort());
    expect(changes.filter((change) => change.kind === 'put')).toHaveLength(46);
  });
});

describe('a delta read', () => {
  test('without any change gives nothing', async () => {
    await make(newUser('anna'));
    const { watermark } = await tenant.read();
    const again = await tenant.read(watermark);
    expect(again.begin.mode).toBe('delta');
    expect(again.changes).toEqual([]);
  });

  test('gives only what changed: set and cleared values, manager, members', async () => {
    const ids = await make(
      newUser('anna', { title: 'Boss', extensionAttribute1: 'one' }),
      newUser('bert'),
      newUser('carl'),
      newGroup('team'),
    );
    const on = (id: string, action: 'refer', to: string | null): TargetWrite => ({
      id,
      action,
      type: 'user',
      anchor: 'a',
      targetId: ids['anna'] ?? '',
      attribute: 'manager',
      to,
    });
    const members = (id: string, add: readonly string[], remove: readonly string[]): TargetWrite => ({
      id,
      action: 'members',
      type: 'group',
      anchor: 'g',
      targetId: ids['team'] ?? '',
      attribute: 'member',
      add: add.map((name) => ids[name] ?? ''),
      remove: remove.map((name) => ids[name] ?? ''),
    });
    await tenant.write([on('1', 'refer', ids['bert'] ?? ''), members('2', ['bert'], [])]);
    const { watermark } = await tenant.read();
    await tenant.write([
      {
        id: '3',
        action: 'update',
        type: 'user',
        anchor: 'a',
        targetId: ids['anna'] ?? '',
        attributes: { title: null, city: 'Bonn', extensionAttribute1: null },
      },
      on('4', 'refer', ids['carl'] ?? ''),
      members('5', ['carl'], ['bert']),
    ]);
    const { changes } = await tenant.read(watermark);
    const anna = of(changes, ids['anna']);
    expect(anna).toMatchObject([
      { kind: 'patch', set: { city: 'Bonn' }, references: { manager: { kind: 'complete', targets: [ids['carl']] } } },
    ]);
    expect(anna[0]?.kind === 'patch' && anna[0].clear).toEqual(
      expect.arrayContaining(['title', 'extensionAttribute1']),
    );
    expect(anna[0]?.kind === 'patch' && anna[0].set).not.toHaveProperty('displayName');
    expect(of(changes, ids['team'])).toMatchObject([
      { kind: 'patch', references: { member: { kind: 'delta', add: [ids['carl']], remove: [ids['bert']] } } },
    ]);
    expect(of(changes, ids['bert'])).toEqual([]);
  });

  test('tells a cleared manager', async () => {
    const ids = await make(newUser('anna'), newUser('bert'));
    const refer = (id: string, to: string | null): TargetWrite => ({
      id,
      action: 'refer',
      type: 'user',
      anchor: 'a',
      targetId: ids['anna'] ?? '',
      attribute: 'manager',
      to,
    });
    await tenant.write([refer('1', ids['bert'] ?? '')]);
    const { watermark } = await tenant.read();
    await tenant.write([refer('2', null)]);
    const { changes } = await tenant.read(watermark);
    expect(changes).toMatchObject([{ references: { manager: { kind: 'delta', add: [], remove: [ids['bert']] } } }]);
  });

  test('tells deletions apart: into the recycle bin, and for good', async () => {
    const ids = await make(newUser('anna'), newUser('bert'));
    const { watermark } = await tenant.read();
    await graph('DELETE', `/users/${ids['anna']}`);
    await graph('DELETE', `/users/${ids['bert']}`);
    await graph('DELETE', `/directory/deletedItems/${ids['bert']}`);
    const { changes } = await tenant.read(watermark);
    expect(of(changes, ids['anna'])).toEqual([
      { kind: 'delete', anchor: ids['anna'], restorable: true, deletedAt: expect.stringMatching(/^\d{4}-/) },
    ]);
    expect(of(changes, ids['bert'])).toEqual([{ kind: 'delete', anchor: ids['bert'] }]);
  });

  test('goes on at another address of the same tenant', async () => {
    const { watermark } = await tenant.read();
    expect(watermark).not.toContain(tenant.emulator.url);
  });
});

describe('a watermark that is of no more use leads to a full read, which says why', () => {
  const spoil = (watermark: string, change: (parts: Record<string, unknown>) => void): string => {
    const parts = JSON.parse(watermark) as Record<string, unknown>;
    change(parts);
    return JSON.stringify(parts);
  };

  test('because the token has run out', async () => {
    const ids = await make(newUser('anna'));
    const { watermark } = await tenant.read();
    tenant.emulator.advanceClock(40 * 86_400_000);
    const { begin, changes } = await tenant.read(watermark);
    expect(begin).toMatchObject({ mode: 'full', reason: expect.stringMatching(/delta token of users \(410/) });
    expect(of(changes, ids['anna'])).toMatchObject([{ kind: 'put' }]);
  });

  test.each([
    [
      'because the token is damaged',
      (parts: Record<string, unknown>) => {
        parts['groups'] = `${String(parts['groups'])}x`;
      },
      /delta token of groups \(400/,
    ],
    [
      'because it asked for other attributes',
      (parts: Record<string, unknown>) => {
        parts['select'] = 'id';
      },
      /other attributes/,
    ],
    [
      'because it is of another tenant',
      (parts: Record<string, unknown>) => {
        parts['tenant'] = 'x';
      },
      /another tenant/,
    ],
    [
      'because the streams are mixed up',
      (parts: Record<string, unknown>) => {
        parts['users'] = parts['groups'];
      },
      /not of this version/,
    ],
  ])('%s', async (_, change, reason) => {
    const { watermark } = await tenant.read();
    const { begin } = await tenant.read(spoil(watermark, change));
    expect(begin.mode).toBe('full');
    expect(begin.reason).toMatch(reason);
  });

  test('because it is no watermark at all', async () => {
    expect((await tenant.read('garbage')).begin).toMatchObject({ mode: 'full', reason: expect.any(String) });
  });
});

describe('disturbances', () => {
  test('throttling, short outages and broken connections are read through', async () => {
    const ids = await make(newUser('anna'));
    await tenant.control('faults', [
      { match: 'GET /v1.0/users/delta', fault: '429', retryAfter: 2, times: 2 },
      { match: 'GET /v1.0/groups/delta', fault: '503', times: 2 },
      { match: 'GET /v1.0/organization', fault: 'reset', times: 2 },
    ]);
    const { changes } = await tenant.read();
    expect(of(changes, ids['anna'])).toHaveLength(1);
  });

  test('that last end the read with an error, before its end', async () => {
    await tenant.control('faults', [{ match: 'GET /v1.0/groups/delta', fault: '503', times: 100 }]);
    await expect(tenant.read()).rejects.toMatchObject({ code: 'tenant-unreachable' });
  });

  test('a place that the tenant has lost is read anew from the start, and what went meanwhile is told', async () => {
    await tenant.close();
    await start({ deltaPageSize: 5 });
    const names = Array.from({ length: 12 }, (_, at) => `user${at}`);
    const ids = await make(...names.map((name) => newUser(name)));
    const changes: ObjectChange[] = [];
    let isLost = false;
    for await (const event of tenant.target.read({ watermark: null, attributes: [], references: [] })) {
      if (event.kind !== 'page') continue;
      changes.push(...event.changes);
      if (isLost) continue;
      isLost = true;
      await graph('DELETE', `/users/${ids['user0']}`);
      await graph('DELETE', `/directory/deletedItems/${ids['user0']}`);
      tenant.emulator.advanceClock(40 * 86_400_000);
    }
    const left = new Set<string>();
    for (const change of changes) {
      if (change.kind === 'put') left.add(change.anchor);
      if (change.kind === 'delete') left.delete(change.anchor);
    }
    expect(left).toEqual(new Set(names.slice(1).map((name) => ids[name])));
  });

  test('a missing permission is named by the words of the tenant', async () => {
    await tenant.close();
    await start({ roles: ['User.ReadBasic.All'] });
    await expect(tenant.read()).rejects.toMatchObject({
      code: 'tenant-refused',
      message: expect.stringContaining('Authorization_RequestDenied'),
    });
  });
});

describe('fetching single objects', () => {
  const fetchAll = async (...anchors: readonly (string | undefined)[]): Promise<readonly ObjectChange[]> => {
    const changes: ObjectChange[] = [];
    const request = { watermark: null, attributes: [], references: [] };
    for await (const page of tenant.target.fetch(
      anchors.map((anchor) => anchor ?? ''),
      request,
    ))
      changes.push(...page);
    return changes;
  };

  test('gives them whole, with whoever refers to them', async () => {
    const ids = await make(newUser('anna'), newUser('bert'), newUser('carl'), newGroup('team'), newGroup('all'));
    const id = (name: string) => ids[name] ?? '';
    await tenant.write([
      {
        id: '1',
        action: 'refer',
        type: 'user',
        anchor: 'a',
        targetId: id('anna'),
        attribute: 'manager',
        to: id('bert'),
      },
      {
        id: '2',
        action: 'refer',
        type: 'user',
        anchor: 'a',
        targetId: id('carl'),
        attribute: 'manager',
        to: id('anna'),
      },
      {
        id: '3',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: id('team'),
        attribute: 'member',
        add: [id('anna'), id('carl')],
        remove: [],
      },
      {
        id: '4',
        action: 'members',
        type: 'group',
        anchor: 'g',
        targetId: id('all'),
        attribute: 'member',
        add: [id('team')],
        remove: [],
      },
    ]);
    const changes = await fetchAll(id('anna'), id('team'));
    expect(of(changes, id('anna'))).toMatchObject([
      {
        kind: 'put',
        attributes: { displayName: 'anna' },
        references: { manager: { kind: 'complete', targets: [id('bert')] } },
      },
    ]);
    expect(of(changes, id('carl'))).toMatchObject([
      { kind: 'patch', references: { manager: { kind: 'complete', targets: [id('anna')] } } },
    ]);
    expect(of(changes, id('all'))).toMatchObject([
      { kind: 'patch', references: { member: { kind: 'delta', add: [id('team')] } } },
    ]);
    const added = of(changes, id('team')).flatMap((change) => {
      const member = 'references' in change ? change.references['member'] : undefined;
      return member?.kind === 'delta' ? member.add : [];
    });
    expect(new Set(added)).toEqual(new Set([id('anna'), id('carl')]));
  });

  test('tells what is gone, and never that it is gone for good: that only a delta knows', async () => {
    const ids = await make(newUser('anna'));
    await graph('DELETE', `/users/${ids['anna']}`);
    const nobody = '11111111-2222-3333-4444-555555555555';
    const changes = await fetchAll(ids['anna'], nobody);
    expect(changes).toEqual([
      { kind: 'delete', anchor: ids['anna'], restorable: true, deletedAt: expect.any(String) },
      { kind: 'delete', anchor: nobody, restorable: true, deletedAt: expect.any(String) },
    ]);
  });

  test('looks again for an object that some replica does not know yet', async () => {
    const ids = await make(newUser('anna'));
    const fetchReally = globalThis.fetch;
    let left = 3;
    vi.stubGlobal('fetch', async (...given: Parameters<typeof fetch>) => {
      const response = await fetchReally(...given);
      if (!String(given[0]).endsWith('/$batch') || left-- <= 0) return response;
      const { responses } = (await response.json()) as { readonly responses: readonly object[] };
      const unknown = { status: 404, body: { error: { code: 'Request_ResourceNotFound', message: 'Unknown.' } } };
      return Response.json({ responses: responses.map((one) => ({ ...one, ...unknown })) });
    });
    const changes = await fetchAll(ids['anna']).finally(() => vi.unstubAllGlobals());
    expect(changes[0]).toMatchObject({ kind: 'put', anchor: ids['anna'] });
  });
});
