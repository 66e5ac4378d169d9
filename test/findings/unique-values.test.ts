import { afterAll, describe, expect, test } from 'vitest';
import type { Value } from '../../src/model/value.ts';
import { group, guid, user } from '../memory/memory-lab.ts';
import { endWorlds, FindingWorld } from './finding-world.ts';

afterAll(endWorlds);

type Values = Readonly<Record<string, Value>>;

function mail(name: string): { readonly mail: string } {
  return { mail: `${name}@contoso.com` };
}

function upn(name: string): { readonly userPrincipalName: string } {
  return { userPrincipalName: `${name}@contoso.com` };
}

async function company(people: Readonly<Record<string, Values>>): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  for (const [name, values] of Object.entries(people)) world.source.put(user(name, values));
  return world;
}

/** What the tenant refused: with everything found in the plan, nothing. */
async function refusals(world: FindingWorld): Promise<readonly string[]> {
  const { requests } = (await world.tenant.control('stats')) as {
    readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  };
  return requests
    .filter(({ method, status }) => method !== 'GET' && status >= 400)
    .map(({ method, path, status }) => `${method} ${path} ${status}`);
}

/** `ann mail x@contoso.com <- cloud`, without domains. */
async function conflicts(world: FindingWorld): Promise<readonly string[]> {
  const short = (text = ''): string => text.replaceAll('@contoso.com', '');
  return (await world.findings('value-conflict')).map(
    ({ object, attribute, value, otherObject }) =>
      `${short(object?.name)} ${attribute} ${short(value ?? '')} <- ${short(otherObject?.name)}`,
  );
}

/** A run in which the tenant refuses nothing. */
async function settle(world: FindingWorld): Promise<void> {
  expect(await world.run()).toMatchObject({ outcome: 'done', failed: 0 });
  expect(await refusals(world)).toEqual([]);
}

async function expectInStep(world: FindingWorld): Promise<void> {
  for (const full of [false, true]) expect(await world.run({ full })).toMatchObject({ done: {}, failed: 0 });
  expect(await refusals(world)).toEqual([]);
}

/** What we have made of an object in the tenant; undefined values where it has none. */
async function held(world: FindingWorld, name: string): Promise<readonly unknown[]> {
  const object = await world.findOurs(name);
  return [object?.['userPrincipalName'], object?.['mail'], object?.['jobTitle']];
}

describe('a value that somebody in the tenant holds', () => {
  test.each([
    ['a guest with the sign-in name', { users: [{ ...upn('ann'), displayName: 'guest', userType: 'Guest' }] }, 'guest'],
    [
      'a user with the address beside the own one',
      {
        users: [
          {
            ...upn('cloud'),
            ...mail('cloud'),
            displayName: 'cloud',
            proxyAddresses: ['SMTP:cloud@contoso.com', 'smtp:ann@contoso.com'],
          },
        ],
      },
      'cloud',
    ],
    [
      'a Microsoft 365 group with the address',
      {
        groups: [
          {
            displayName: 'team',
            groupTypes: ['Unified'],
            mailEnabled: true,
            mailNickname: 'ann',
            ...mail('ann'),
            proxyAddresses: ['SMTP:ann@contoso.com'],
          },
        ],
      },
      'team',
    ],
  ])('%s: everything else goes, and the value as soon as it is free', async (_, seed, holder) => {
    const world = await company({ ann: { ...mail('ann'), title: 'Boss' } });
    await world.seed(seed);
    await settle(world);
    const isName = holder === 'guest';
    const [found] = await world.findings('value-conflict');
    expect(found).toMatchObject({
      attribute: isName ? 'userPrincipalName' : 'mail',
      value: 'ann@contoso.com',
      otherObject: { space: 'tenant', type: holder === 'team' ? 'group' : 'user' },
    });
    expect(await held(world, 'ann')).toEqual([
      isName ? expect.stringMatching(/^ann\d{4}@contoso\.onmicrosoft\.com$/) : 'ann@contoso.com',
      isName ? 'ann@contoso.com' : undefined,
      'Boss',
    ]);
    await expectInStep(world);
    await world.deleteNamed(holder);
    await settle(world);
    expect(await held(world, 'ann')).toEqual(['ann@contoso.com', 'ann@contoso.com', 'Boss']);
    expect(await conflicts(world)).toEqual([]);
    await expectInStep(world);
  });

  test('is not taken by who is there already: it keeps the one that it has, and says which', async () => {
    const world = await company({ ann: mail('ann') });
    const proxyAddresses = ['SMTP:cloud@contoso.com', 'smtp:new@contoso.com'];
    await world.seedUser('cloud', { ...mail('cloud'), proxyAddresses });
    await settle(world);
    world.edit('ann', { ...mail('new'), title: 'Boss' });
    await settle(world);
    expect(await held(world, 'ann')).toEqual(['ann@contoso.com', 'ann@contoso.com', 'Boss']);
    expect(await world.findings('value-conflict')).toMatchObject([
      { cause: expect.stringContaining('ann@contoso.com keeps "ann@contoso.com"') },
    ]);
    world.edit('ann', mail('ann'));
    await settle(world);
    expect(await conflicts(world)).toEqual([]);
  });

  test('and another one that somebody else holds are two findings about one object', async () => {
    const world = await company({ bob: mail('shared'), cem: {} });
    await settle(world);
    world.source.put(user('ann', { ...mail('shared'), ...upn('cem'), title: 'Boss' }));
    await settle(world);
    expect(await conflicts(world)).toEqual(
      expect.arrayContaining(['cem mail shared <- bob', 'cem userPrincipalName cem <- cem']),
    );
    expect(await held(world, 'ann')).toEqual([expect.stringMatching(/^cem\d{4}@/), undefined, 'Boss']);
    world.edit('bob', { mail: null });
    await settle(world);
    expect(await conflicts(world)).toEqual(['cem userPrincipalName cem <- cem']);
    expect((await held(world, 'ann'))[1]).toBe('shared@contoso.com');
    world.source.remove(guid('cem'));
    await settle(world);
    expect(await conflicts(world)).toEqual([]);
    expect(await held(world, 'ann')).toEqual(['cem@contoso.com', 'shared@contoso.com', 'Boss']);
    await expectInStep(world);
  });
});

describe('values that go round among our own', () => {
  test('two new users with one name and one address: the first by its anchor gets both, and the other comes later', async () => {
    const world = await company({ ann: { ...upn('same'), ...mail('same') }, bob: { ...upn('same'), ...mail('same') } });
    await settle(world);
    expect(await held(world, 'ann')).toEqual(['same@contoso.com', 'same@contoso.com', undefined]);
    expect(await held(world, 'bob')).toEqual([expect.stringMatching(/^same\d{4}@/), undefined, undefined]);
    expect((await world.findings('value-conflict')).map(({ cause }) => cause)).toEqual([
      expect.stringContaining('the user CN=ann,OU=People,DC=corp,DC=example,DC=com, which wants it too, comes first'),
      expect.stringContaining('the user CN=ann,OU=People,DC=corp,DC=example,DC=com, which wants it too, comes first'),
    ]);
    await expectInStep(world);
    world.source.remove(guid('ann'));
    await settle(world);
    expect(await held(world, 'bob')).toEqual(['same@contoso.com', 'same@contoso.com', undefined]);
    expect(await conflicts(world)).toEqual([]);
  });

  test('two users swap names and addresses', async () => {
    const world = await company({ ann: mail('ann'), bob: mail('bob') });
    await settle(world);
    world.edit('ann', { ...upn('bob'), ...mail('bob') });
    world.edit('bob', { ...upn('ann'), ...mail('ann') });
    await settle(world);
    expect(await held(world, 'ann')).toEqual(['bob@contoso.com', 'bob@contoso.com', undefined]);
    expect(await held(world, 'bob')).toEqual(['ann@contoso.com', 'ann@contoso.com', undefined]);
    await expectInStep(world);
  });

  test.each([
    ['a chain', 'new'],
    ['a circle', 'ann'],
  ])('three users pass theirs on in %s', async (_, last) => {
    const world = await company({ ann: mail('ann'), bob: mail('bob'), cem: mail('cem') });
    await settle(world);
    for (const [from, to] of [
      ['ann', 'bob'],
      ['bob', 'cem'],
      ['cem', last],
    ] as const)
      world.edit(from, { ...upn(to), ...mail(to) });
    await settle(world);
    for (const [name, to] of Object.entries({ ann: 'bob', bob: 'cem', cem: last }))
      expect(await held(world, name)).toEqual([`${to}@contoso.com`, `${to}@contoso.com`, undefined]);
    expect(await conflicts(world)).toEqual([]);
    await expectInStep(world);
  });

  test('a chain whose last does not get what it wants stops there, link by link, and goes on when that is free', async () => {
    const world = await company({ ann: mail('ann'), bob: mail('bob'), cem: mail('cem') });
    const proxyAddresses = ['SMTP:cloud@contoso.com', 'smtp:new@contoso.com'];
    await world.seedUser('cloud', { ...mail('cloud'), proxyAddresses });
    await settle(world);
    world.edit('ann', mail('bob'));
    world.edit('bob', mail('cem'));
    world.edit('cem', mail('new'));
    await settle(world);
    expect(await conflicts(world)).toEqual(
      expect.arrayContaining(['ann mail bob <- bob', 'bob mail cem <- cem', 'cem mail new <- cloud']),
    );
    await expectInStep(world);
    await world.delete('cloud');
    await settle(world);
    for (const [name, to] of Object.entries({ ann: 'bob', bob: 'cem', cem: 'new' }))
      expect((await held(world, name))[1]).toBe(`${to}@contoso.com`);
    expect(await conflicts(world)).toEqual([]);
  });
});

describe('names of groups', () => {
  test('may be those of others: the tenant keeps only nicknames of Microsoft 365 groups apart', async () => {
    const world = await FindingWorld.begin();
    const team = { displayName: 'team', groupTypes: ['Unified'], mailEnabled: true, mailNickname: 'staff' };
    await world.seed({ groups: [team] });
    for (const name of ['one', 'two'])
      world.source.put(group(name, [], { displayName: 'Staff', mailNickname: 'staff' }));
    await settle(world);
    for (const name of ['one', 'two']) expect((await world.findOurs(name))?.['mailNickname']).toBe('staff');
    expect(await world.findings('value-conflict')).toEqual([]);
    await expectInStep(world);
  });

  test('that carry our anchor as uniqueName are taken for what we made', async () => {
    const world = await FindingWorld.begin();
    world.source.put(group('staff'));
    await settle(world);
    const made = await world.findOurs('staff');
    const second = await FindingWorld.begin();
    await second.seed({ groups: [{ displayName: 'old', mailNickname: 'old', uniqueName: made?.['uniqueName'] }] });
    second.source.put(group('staff'));
    await settle(second);
    expect((await second.findOurs('staff'))?.['displayName']).toBe('staff');
    expect((await second.tenant.dump()).filter((one) => one['uniqueName'] !== undefined)).toHaveLength(1);
  });
});

describe('a value that somebody takes after the plan was made', () => {
  test('is refused by the tenant and told with whoever has it; the next run knows, and links the two', async () => {
    const world = await company({ ann: { title: 'Boss' } });
    await world.applyLate(() => world.createUser('ann'));
    expect(await world.findings('value-conflict')).toMatchObject([
      {
        stage: 'apply',
        object: { space: 'corp', name: 'ann@contoso.com' },
        otherObject: { space: 'tenant' },
        attribute: 'userPrincipalName',
        value: 'ann@contoso.com',
      },
    ]);
    expect(await world.run()).toMatchObject({ done: { link: 1 }, failed: 0 });
    expect(await world.findings('value-conflict')).toEqual([]);
  });
});

describe('a value of users who come back together', () => {
  /** They leave, something changes in the directory, and they come back in one run. */
  async function leaveAndReturn(world: FindingWorld, changes: Readonly<Record<string, Values>>): Promise<void> {
    await settle(world);
    for (const name of Object.keys(changes)) world.edit(name, { isCriticalSystemObject: true });
    await settle(world);
    for (const [name, values] of Object.entries(changes)) world.edit(name, { ...values, isCriticalSystemObject: null });
    await settle(world);
    await expectInStep(world);
  }

  test.each([
    ['ann', 'bob'],
    ['bob', 'ann'],
  ])('that %s had goes to %s, without a refusal', async (from, to) => {
    const world = await company({ ann: mail('ann'), bob: mail('bob') });
    await leaveAndReturn(world, { [from]: mail('new'), [to]: mail(from) });
    expect(await held(world, from)).toEqual([`${from}@contoso.com`, 'new@contoso.com', undefined]);
    expect(await held(world, to)).toEqual([`${to}@contoso.com`, `${from}@contoso.com`, undefined]);
    expect(await conflicts(world)).toEqual([]);
    await world.end();
  });

  test('is exchanged with all others', async () => {
    const world = await company({ ann: mail('ann'), bob: mail('bob') });
    await leaveAndReturn(world, { ann: { ...mail('bob'), ...upn('bob') }, bob: { ...mail('ann'), ...upn('ann') } });
    expect(await held(world, 'ann')).toEqual(['bob@contoso.com', 'bob@contoso.com', undefined]);
    expect(await held(world, 'bob')).toEqual(['ann@contoso.com', 'ann@contoso.com', undefined]);
    await world.end();
  });
});
