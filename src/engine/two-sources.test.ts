import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  group,
  guid,
  type MemoryLab,
  user,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import { guidToBytes } from '../model/anchor.ts';
import { explainObject } from './explain.ts';

interface Forests extends MemoryLab {
  readonly other: MemoryConnector;
}

/** Ann has an account in both forests, joined by the anchor of the first. */
async function forests(): Promise<Forests> {
  const lab = await createMemoryLab();
  const other = createDirectory('other');
  lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
  const anchor = guidToBytes(guid('ann')) ?? new Uint8Array(16);
  lab.source.put(user('ann', { title: 'Boss' }));
  other.put(user('ann2', { 'mS-DS-ConsistencyGuid': anchor, title: 'Chief', department: 'Sales', displayName: 'ann' }));
  other.put(group('staff', ['ann2']));
  await lab.sync();
  return Object.assign(lab, { other });
}

async function expectComplete(lab: MemoryLab): Promise<void> {
  expect(await lab.operations(await lab.plan())).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe('one person with accounts in two forests', () => {
  test('is one user with the values of both, the first by precedence before the second', async () => {
    const lab = await forests();
    expect(lab.tenant()).toMatchObject({
      'user ann': { title: 'Boss', department: 'Sales', userPrincipalName: 'ann@contoso.com' },
      'group staff': { member: ['ann'] },
    });
    await expectComplete(lab);
  });

  test('goes on with the other account when one is deleted, and leaves the groups of that one', async () => {
    const lab = await forests();
    lab.other.remove(guid('ann2'));
    await lab.sync();
    expect(lab.tenant()['user ann']).not.toHaveProperty('department');
    expect(lab.tenant()['group staff']).not.toHaveProperty('member');
    await expectComplete(lab);
  });

  test('leaves the groups of an account that is filtered out, and comes back with it', async () => {
    const lab = await forests();
    lab.other.edit(guid('ann2'), { attributes: { isCriticalSystemObject: true } });
    await lab.sync();
    expect(lab.tenant()['group staff']).not.toHaveProperty('member');
    await expectComplete(lab);
    lab.other.edit(guid('ann2'), { attributes: { isCriticalSystemObject: null } });
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann'] });
    await expectComplete(lab);
  });

  test('leaves the groups of an account that goes while the other one comes', async () => {
    const lab = await forests();
    lab.source.remove(guid('ann'));
    lab.source.put(user('bob'));
    await lab.sync();
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann'] });
    lab.other.remove(guid('ann2'));
    lab.source.put(user('ann'));
    await lab.sync();
    expect(lab.tenant()['user ann']).toBeDefined();
    expect(lab.tenant()['group staff']).not.toHaveProperty('member');
    await expectComplete(lab);
  });

  test('is explained value by value', async () => {
    const lab = await forests();
    const [explanation] = await explainObject(lab.context, 'ann@contoso.com');
    expect(explanation?.verdict).toContain('it is there');
    expect(explanation?.objects.map((one) => one.source).sort()).toEqual(['corp', 'other']);
    const department = explanation?.values.find((one) => one.attribute === 'department');
    expect(department).toMatchObject({
      value: 'Sales',
      inTenant: 'Sales',
      from: {
        source: 'other',
        object: 'CN=ann2,OU=People,DC=corp,DC=example,DC=com',
        attributes: { department: 'Sales' },
      },
      inbound: { rule: 'In from AD - User Common' },
      outbound: { rule: 'Out to AAD - User ExchangeOnline' },
    });
    expect(department?.lastWritten).not.toBeNull();
  });
});

describe('a member from another forest', () => {
  const SID = 'S-1-5-21-1-2-3-1104';

  test.each(['first', 'later'])('is found behind its stand-in, whose account comes %s', async (when) => {
    const lab = await createMemoryLab();
    const other = createDirectory('other');
    lab.context = { ...lab.context, sources: [...lab.context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
    const account = user('ann', { objectSid: SID });
    if (when === 'first') {
      other.put(account);
      await lab.sync();
    }
    const place = { parent: guid('people'), rdn: `CN=${SID}` };
    lab.source.put({ anchor: guid('stand-in'), type: 'foreignSecurityPrincipal', place, attributes: { cn: SID } });
    lab.source.put({ ...group('staff'), references: { member: [guid('stand-in')] } });
    await lab.sync();
    if (when === 'later') {
      other.put(account);
      await lab.sync();
    }
    expect(lab.tenant()['group staff']).toMatchObject({ member: ['ann'] });
    await expectComplete(lab);
    other.remove(guid('ann'));
    other.put(user('bob'));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['group staff', 'user bob']);
    await expectComplete(lab);
  });
});

describe('a contact with the mail address of an account of the same source', () => {
  const contact = (name: string) => {
    const {
      userPrincipalName: _,
      userAccountControl: __,
      sAMAccountName: ___,
      ...attributes
    } = user(name).attributes ?? {};
    return { ...user(name), type: 'contact', attributes: { ...attributes, mail: 'info@contoso.com' } };
  };

  test.each([
    ['first', ['one', 'two', 'ann']],
    ['last', ['ann', 'two', 'one']],
  ])('stands beside it in whatever order they come: contacts %s', async (_when, order) => {
    const lab = await createMemoryLab();
    for (const name of order)
      lab.source.put(name === 'ann' ? user('ann', { mail: 'info@contoso.com' }) : contact(name));
    await lab.sync();
    const told = (await lab.findings()).map((one) => `${one.code} ${one.object?.name}`).sort();
    expect(told).toEqual(['target-cannot-carry-object one', 'target-cannot-carry-object two']);
    expect(Object.keys(lab.tenant())).toEqual(['user ann']);
    await expectComplete(lab);
  });
});

describe('two objects of one source with the same anchor', () => {
  test('are not joined to one person: the second is a finding until the first is gone', async () => {
    const lab = await createMemoryLab();
    const anchor = guidToBytes(guid('ann')) ?? new Uint8Array(16);
    lab.source.put(user('ann'));
    lab.source.put(user('ann2', { 'mS-DS-ConsistencyGuid': anchor, displayName: 'ann two' }));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann']);
    expect(await lab.findings('join-conflict')).toMatchObject([
      { object: { name: 'ann2@contoso.com' }, otherObject: { name: 'ann@contoso.com' } },
    ]);
    lab.source.remove(guid('ann'));
    await lab.sync();
    expect(Object.keys(lab.tenant())).toEqual(['user ann two']);
    expect(await lab.findings()).toEqual([]);
    await expectComplete(lab);
  });
});
