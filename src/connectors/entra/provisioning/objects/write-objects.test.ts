import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EmulatorOptions } from '../../../../../emulator/options.ts';
import { type EntraTenant, readAll, startEntraTenant, writeAll } from '../../../../../test/lab/entra-tenant.ts';
import { ServiceInBetween } from '../../../../../test/lab/service-in-between.ts';
import { DirbridgeError } from '../../../../errors.ts';
import type { SettledWrite, TargetConnector, TargetWrite, WriteResult } from '../../../connector.ts';
import { createEntraConnector } from '../../connector.ts';
import { textOf } from '../nbfx/xml-reading.ts';
import { contextFor, sectionFor } from '../trial/scripted-service.ts';

let tenant: EntraTenant;
let target: TargetConnector;

async function start(options: EmulatorOptions = {}): Promise<void> {
  tenant = await startEntraTenant({ synchronization: true, ...options });
  target = tenant.connect({ via: 'provisioning' });
}
beforeEach(() => start());
afterEach(() => tenant.close());

type Attributes = Extract<TargetWrite, { action: 'create' }>['attributes'];

function create(type: TargetWrite['type'], name: string, attributes: Attributes = {}): TargetWrite {
  const anchor = `${name}==`;
  const user = { userPrincipalName: `${name}@contoso.com`, accountEnabled: true };
  const own = { sourceAnchor: anchor, displayName: name, ...(type === 'user' ? user : {}) };
  return { id: name, action: 'create', type, anchor, attributes: { ...own, ...attributes } } as TargetWrite;
}

async function write(...writes: readonly TargetWrite[]): Promise<readonly WriteResult[]> {
  const results = await writeAll(target, writes);
  return writes.map(
    (one) => results.get(one.id) ?? { id: one.id, outcome: 'failed', failure: { code: 'none', message: '' } },
  );
}

async function make(...writes: readonly TargetWrite[]): Promise<readonly string[]> {
  const results = await write(...writes);
  return results.map((result) => {
    if (result.outcome !== 'done') throw new Error(JSON.stringify(result));
    return result.targetId;
  });
}

async function held(anchor: string): Promise<Readonly<Record<string, unknown>>> {
  const { changes } = await readAll(target, null);
  const found = changes.find((change) => change.anchor === anchor);
  if (found?.kind !== 'put') throw new Error(`${anchor} is not there`);
  const references = Object.entries(found.references).map(([name, one]) => [
    name,
    one.kind === 'complete' ? one.targets : one,
  ]);
  return { type: found.type, ...found.attributes, ...Object.fromEntries(references) };
}

function failureOf(result: WriteResult | undefined): unknown {
  return result?.outcome === 'done' ? null : result?.failure;
}

describe('what Microsoft Graph cannot carry', () => {
  test('addresses of mail', async () => {
    const proxyAddresses = ['SMTP:ann@contoso.com', 'smtp:a.n@contoso.com', 'x500:/o=Contoso/cn=ann'];
    const [ann = ''] = await make(create('user', 'ann', { proxyAddresses, mail: 'ann@contoso.com' }));
    expect(await held(ann)).toMatchObject({ type: 'user', proxyAddresses });
  });

  test('contacts', async () => {
    const [eve = ''] = await make(
      create('contact', 'eve', { mail: 'eve@example.com', proxyAddresses: ['SMTP:eve@example.com'] }),
    );
    expect(await held(eve)).toMatchObject({ type: 'contact', displayName: 'eve', mail: 'eve@example.com' });
  });

  test('mail-enabled groups, and their members of all kinds', async () => {
    const [ann = '', eve = '', inner = ''] = await make(
      create('user', 'ann'),
      create('contact', 'eve', { mail: 'eve@example.com' }),
      create('group', 'inner', { securityEnabled: true }),
    );
    const [list = ''] = await make(
      create('group', 'list', {
        securityEnabled: false,
        mail: 'list@contoso.com',
        proxyAddresses: ['SMTP:list@contoso.com'],
      }),
    );
    const head = { action: 'members', type: 'group', anchor: 'list==', targetId: list, attribute: 'member' } as const;
    const types = { [eve]: 'contact', [inner]: 'group' } as const;
    await make({ ...head, id: 'm', add: [ann, eve, inner], remove: [], types });
    expect(await held(list)).toMatchObject({
      mail: 'list@contoso.com',
      member: expect.arrayContaining([ann, eve, inner]),
    });
    await make({ ...head, id: 'm', add: [], remove: [eve, ann], types });
    expect(await held(list)).toMatchObject({ member: [inner] });
    const objects = await tenant.dump();
    expect(objects.find((one) => one['displayName'] === 'list')).toMatchObject({ mailEnabled: true });
  });

  test('devices, with binary values', async () => {
    const deviceId = 'EBESExQVFhcYGRobHB0eHw==';
    const [pc = ''] = await make(
      create('device', 'pc', {
        deviceId,
        deviceTrustType: 'ServerAd',
        accountEnabled: true,
        userCertificate: ['AAEC', 'AwQF'],
      }),
    );
    expect(await held(pc)).toMatchObject({
      type: 'device',
      deviceId,
      userCertificate: ['AAEC', 'AwQF'],
      accountEnabled: true,
    });
  });

  test('objects that count as synchronized, which Graph then leaves alone', async () => {
    const [ann = ''] = await make(create('user', 'ann', { countryCode: '276' }));
    await expect(tenant.graph('PATCH', `/users/${ann}`, { displayName: 'other' })).rejects.toThrow(/on-premises/i);
    expect(await held(ann)).toMatchObject({ displayName: 'ann', countryCode: '276' });
  });
});

describe('a change', () => {
  test('sets, clears and leaves values', async () => {
    const [ann = ''] = await make(create('user', 'ann', { city: 'Berlin', department: 'Sales', title: 'Boss' }));
    const attributes = { city: null, department: 'IT' };
    await make({ id: 'u', action: 'update', type: 'user', anchor: 'ann==', targetId: ann, attributes });
    const now = await held(ann);
    expect([now['city'], now['department'], now['title']]).toEqual([undefined, 'IT', 'Boss']);
  });

  test('gives a manager, another one, and none', async () => {
    const [ann = '', bob = '', cid = ''] = await make(
      create('user', 'ann'),
      create('user', 'bob'),
      create('user', 'cid'),
    );
    const refer = (to: string | null) =>
      make({ id: 'r', action: 'refer', type: 'user', anchor: 'ann==', targetId: ann, attribute: 'manager', to });
    await refer(bob);
    expect((await held(ann))['manager']).toEqual([bob]);
    await refer(cid);
    expect((await held(ann))['manager']).toEqual([cid]);
    await refer(null);
    expect((await held(ann))['manager'] ?? []).toEqual([]);
  });

  test('of an object that is not there any more is told as gone, and makes nothing', async () => {
    const [ann = ''] = await make(create('group', 'ann', { mail: 'x@contoso.com' }));
    await tenant.close();
    await start();
    const head = { type: 'group', anchor: 'ann==', targetId: ann } as const;
    const results = await write(
      { ...head, id: 'u', action: 'update', attributes: { description: 'x' } },
      { ...head, id: 'd', action: 'delete' },
      { ...head, id: 'm', action: 'members', attribute: 'member', add: [ann], remove: [] },
    );
    expect(results.map((one) => one.outcome)).toEqual(['gone', 'gone', 'gone']);
    expect(
      (await readAll(target, null)).changes.filter((change) => change.kind === 'put' && change.type === 'group'),
    ).toEqual([]);
  });

  test('of members is done but for those that cannot be', async () => {
    const users = await make(...[...Array(9).keys()].map((at) => create('user', `u${at}`)));
    const [group = ''] = await make(create('group', 'staff', { securityEnabled: true }));
    const missing = '00000000-0000-4000-8000-000000000000';
    const add = [...users.slice(0, 4), missing, ...users.slice(4)];
    const [result] = await write({
      id: 'm',
      action: 'members',
      type: 'group',
      anchor: 'staff==',
      targetId: group,
      attribute: 'member',
      add,
      remove: [],
    });
    expect(result).toMatchObject({
      outcome: 'done',
      failedReferences: [{ to: missing, failure: { isMissing: true } }],
    });
    expect(new Set((await held(group))['member'] as readonly string[])).toEqual(new Set(users));
  });

  test('that comes twice for one object in one chunk is carried out in both parts', async () => {
    const [ann = ''] = await make(create('user', 'ann'));
    const head = { action: 'update', type: 'user', anchor: 'ann==', targetId: ann } as const;
    await make({ ...head, id: '1', attributes: { city: 'Bonn' } }, { ...head, id: '2', attributes: { title: 'Boss' } });
    expect(await held(ann)).toMatchObject({ city: 'Bonn', title: 'Boss' });
  });
});

describe('a deletion and a return', () => {
  test('give the same object back', async () => {
    const [ann = ''] = await make(create('user', 'ann', { city: 'Bonn' }));
    const { watermark } = await readAll(target, null);
    await make({ id: 'd', action: 'delete', type: 'user', anchor: 'ann==', targetId: ann });
    const gone = await readAll(target, watermark);
    expect(gone.changes).toMatchObject([{ kind: 'delete', anchor: ann, restorable: true }]);
    const attributes = { city: 'Köln' };
    expect(
      await make({ id: 'r', action: 'restore', type: 'user', anchor: 'ann==', targetId: ann, attributes }),
    ).toEqual([ann]);
    expect(await held(ann)).toMatchObject({ city: 'Köln', userPrincipalName: 'ann@contoso.com' });
  });
});

describe('a refusal', () => {
  test('of one object stops no other, and names attribute, value and holder', async () => {
    const sid = 'AQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAUgQAAA==';
    const [ann = ''] = await make(create('user', 'ann', { onPremiseSecurityIdentifier: sid }));
    const [bad, good] = await write(create('user', 'bob', { onPremiseSecurityIdentifier: sid }), create('user', 'cid'));
    expect(good?.outcome).toBe('done');
    expect(failureOf(bad)).toMatchObject({
      code: 'value-conflict',
      attribute: 'onPremiseSecurityIdentifier',
      otherTargetId: ann,
    });
  });

  test('is told in the words of our findings', async () => {
    await tenant.close();
    await start({
      seed: {
        users: [
          { userPrincipalName: 'root@contoso.com', displayName: 'root', adminRoles: ['Global Administrator'] },
          { userPrincipalName: 'own@contoso.com', displayName: 'own', onPremisesImmutableId: 'OTHER==' },
        ],
      },
    });
    const results = await write(
      create('user', 'root'),
      create('user', 'own'),
      create('user', 'many', {
        userCertificate: [...Array(16).keys()].map((at) => Buffer.from([at]).toString('base64')),
      }),
    );
    expect(results.map((one) => (failureOf(one) as { code?: string } | null)?.code)).toEqual([
      'match-privileged',
      'match-other-anchor',
      'attribute-too-long',
    ]);
  });
});

describe('a server that was killed', () => {
  test('learns what became of its creations and deletions', async () => {
    const [ann = '', bob = ''] = await make(create('user', 'ann'), create('user', 'bob'));
    await make({ id: 'd', action: 'delete', type: 'user', anchor: 'bob==', targetId: bob });
    const settled: SettledWrite[] = [];
    const asked: readonly TargetWrite[] = [
      create('user', 'ann'),
      create('user', 'nobody'),
      { id: 'd1', action: 'delete', type: 'user', anchor: '', targetId: ann },
      { id: 'd2', action: 'delete', type: 'user', anchor: '', targetId: bob },
      { id: 'u', action: 'update', type: 'user', anchor: '', targetId: ann, attributes: {} },
    ];
    for await (const page of target.settle(asked)) settled.push(...page);
    expect(settled.map((one) => [one.id, one.outcome, one.targetId])).toEqual([
      ['ann', 'done', ann],
      ['nobody', 'not-done', undefined],
      ['d1', 'not-done', ann],
      ['d2', 'done', bob],
      ['u', 'unknown', undefined],
    ]);
  });

  test.each([
    'appliedThenReset',
    'busy',
    '503',
    'reset',
    'bindingRedirect',
  ])('or met %s makes nobody twice', async (fault) => {
    await tenant.control('faults', [
      { match: 'POST /provisioningservice.svc#ProvisionAzureADSyncObjects2', times: 2, fault },
    ]);
    await make(create('user', 'ann'), create('group', 'staff', { securityEnabled: true }));
    const { changes } = await readAll(target, null);
    const names = changes.map((change) => (change.kind === 'put' ? change.attributes['displayName'] : null));
    expect(names.filter((name) => name === 'ann' || name === 'staff').sort()).toEqual(['ann', 'staff']);
  });
});

test('the service is told at the end how many objects of all parts of a run went well', async () => {
  const told: string[] = [];
  const between = await ServiceInBetween.start(tenant.emulator.url);
  between.instead = (action, _count, body) => {
    if (action === 'FinalizeExport')
      told.push(`${textOf(body, 'successfulExportCount')} of ${textOf(body, 'totalExported')}`);
    return null;
  };
  const other = tenant.connect({ via: 'provisioning', provisioning: { url: between.url } });
  await writeAll(other, [create('user', 'ann'), create('user', 'bob')]);
  const nameless = { id: 'g', type: 'group', anchor: 'g==', attributes: { sourceAnchor: 'g==' } } as const;
  await writeAll(other, [create('contact', 'eve'), { ...nameless, action: 'create' }]);
  await between.close();
  expect(told).toEqual(['2 of 2', '3 of 4']);
});

test('nothing is sent by a server that may not write any more', async () => {
  const section = sectionFor(tenant.emulator.url, {
    tenant: tenant.emulator.tenant,
    clientId: tenant.emulator.clientId,
    via: 'provisioning',
  });
  const taken = () => Promise.reject(new DirbridgeError('server-replaced', 'Another one writes.'));
  const context = { ...contextFor(taken), readSecret: () => tenant.emulator.clientSecret };
  const replaced = createEntraConnector(section, context);
  await expect(writeAll(replaced, [create('user', 'ann')])).rejects.toMatchObject({ code: 'server-replaced' });
  expect((await readAll(target, null)).changes).toEqual([]);
});
