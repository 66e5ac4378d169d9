import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { TargetWrite } from '../connector.ts';

let tenant: EntraTenant;

beforeEach(async () => {
  tenant = await startEntraTenant();
});
afterEach(() => tenant.close());

type Values = Readonly<Record<string, string | boolean>>;

function newUser(name: string, more: Values = {}): TargetWrite {
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
  const attributes = { sourceAnchor: `group-${name}/+='`, displayName: name, alias: name };
  return { id: name, action: 'create', type: 'group', anchor: attributes.sourceAnchor, attributes };
}

async function make(...writes: readonly TargetWrite[]): Promise<(name: string) => string> {
  const results = await tenant.write(writes);
  return (name) => {
    const result = results.get(name);
    if (result?.outcome !== 'done') throw new Error(`${name} was not made: ${JSON.stringify(result)}`);
    return result.targetId;
  };
}

function change(targetId: string, attributes: Readonly<Record<string, string | boolean | null>>): TargetWrite {
  return { id: 'change', action: 'update', type: 'user', anchor: 'a', targetId, attributes };
}

function members(targetId: string, add: readonly string[], remove: readonly string[] = []): TargetWrite {
  return { id: 'members', action: 'members', type: 'group', anchor: 'g', targetId, attribute: 'member', add, remove };
}

function removal(action: 'delete' | 'restore', targetId: string, type: 'user' | 'group' = 'user'): TargetWrite {
  return { id: action, action, type, anchor: 'a', targetId };
}

const find = async (id: string) => (await tenant.dump()).find((object) => object['id'] === id);
const membersOf = async (id: string): Promise<readonly string[]> => {
  const listed = ((await find(id))?.['members'] ?? []) as readonly (string | { readonly id: string })[];
  return listed.map((one) => (typeof one === 'string' ? one : one.id)).sort();
};

describe('a creation', () => {
  test('of a user carries all attributes and a password that nobody sees', async () => {
    const id = await make(
      newUser('anna', { title: 'Boss', telephoneNumber: '+49 1', extensionAttribute15: 'x', accountEnabled: false }),
    );
    expect(await find(id('anna'))).toMatchObject({
      onPremisesImmutableId: 'anchor-anna/+=',
      userPrincipalName: 'anna@contoso.com',
      accountEnabled: false,
      jobTitle: 'Boss',
      businessPhones: ['+49 1'],
      onPremisesExtensionAttributes: { extensionAttribute15: 'x' },
      hasPassword: true,
    });
  });

  test('of a group makes a security group that carries its anchor', async () => {
    const id = await make(newGroup('team'));
    expect(await find(id('team'))).toMatchObject({
      uniqueName: "group-team/+='",
      mailEnabled: false,
      securityEnabled: true,
      groupTypes: [],
    });
  });

  test('of many objects answers each once', async () => {
    const writes = Array.from({ length: 205 }, (_, at) => (at % 3 === 0 ? newGroup(`g${at}`) : newUser(`u${at}`)));
    const results = await tenant.write(writes);
    expect(results.size).toBe(205);
    expect([...results.values()].every((result) => result.outcome === 'done')).toBe(true);
    expect(await tenant.dump()).toHaveLength(205);
  });

  test.each([
    ['userPrincipalName', { userPrincipalName: 'ANNA@contoso.com' }, 'userPrincipalName'],
    ['mail', { mail: 'a@contoso.com' }, 'mail'],
  ])('whose %s is taken names attribute, value and the other object', async (_, values, attribute) => {
    const id = await make(newUser('anna', { mail: 'a@contoso.com' }));
    const results = await tenant.write([newUser('bert', values)]);
    expect(results.get('bert')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'value-conflict', attribute, value: Object.values(values)[0], otherTargetId: id('anna') },
    });
  });

  test('whose anchor lies in the recycle bin names the object there', async () => {
    const id = await make(newUser('anna'), newGroup('team'));
    await tenant.write([removal('delete', id('anna'))]);
    await tenant.write([removal('delete', id('team'), 'group')]);
    const results = await tenant.write([newUser('anna'), newGroup('team')]);
    expect(results.get('anna')).toMatchObject({
      outcome: 'failed',
      failure: { attribute: 'sourceAnchor', otherTargetId: id('anna') },
    });
    expect(results.get('team')).toMatchObject({
      outcome: 'failed',
      failure: { attribute: 'sourceAnchor', otherTargetId: id('team') },
    });
  });

  test('of an object that is there already with this anchor finds it instead of making a second one', async () => {
    const id = await make(newUser('anna'), newGroup('team'));
    const results = await tenant.write([newUser('anna'), newGroup('team')]);
    expect(results.get('anna')).toMatchObject({ outcome: 'done', targetId: id('anna') });
    expect(results.get('team')).toMatchObject({ outcome: 'done', targetId: id('team') });
    expect(await tenant.dump()).toHaveLength(2);
  });

  test('that the tenant refuses for a value names it, and the others go on', async () => {
    const results = await tenant.write([
      newUser('anna', { userPrincipalName: 'anna@elsewhere.com' }),
      newUser('bert', { preferredLanguage: '!' }),
      newUser('carl'),
    ]);
    expect(results.get('anna')).toMatchObject({
      outcome: 'failed',
      failure: {
        code: 'attribute-invalid',
        attribute: 'userPrincipalName',
        value: 'anna@elsewhere.com',
        message: expect.stringContaining('verified domain'),
      },
    });
    expect(results.get('bert')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'attribute-invalid', attribute: 'preferredLanguage', value: '!' },
    });
    expect(results.get('carl')?.outcome).toBe('done');
  });
});

describe('an update', () => {
  test('sets, clears with null and leaves the rest', async () => {
    const id = await make(
      newUser('anna', { title: 'Boss', telephoneNumber: '1', extensionAttribute1: 'one', extensionAttribute2: 'two' }),
    );
    await tenant.write([
      change(id('anna'), {
        title: null,
        telephoneNumber: null,
        extensionAttribute1: null,
        city: 'Bonn',
        accountEnabled: false,
      }),
    ]);
    const anna = await find(id('anna'));
    expect(anna).toMatchObject({ city: 'Bonn', accountEnabled: false, displayName: 'anna', businessPhones: [] });
    expect(anna?.['jobTitle'] ?? null).toBeNull();
    expect(anna?.['onPremisesExtensionAttributes']).toMatchObject({ extensionAttribute2: 'two' });
  });

  test('of an object that is not there any more says so', async () => {
    const results = await tenant.write([change('11111111-2222-3333-4444-555555555555', { city: 'Bonn' })]);
    expect(results.get('change')).toMatchObject({ outcome: 'gone' });
  });
});

describe('deletion and restoration', () => {
  test('put into the recycle bin and take out again', async () => {
    const id = await make(newUser('anna'));
    expect((await tenant.write([removal('delete', id('anna'))])).get('delete')?.outcome).toBe('done');
    expect((await tenant.write([removal('delete', id('anna'))])).get('delete')?.outcome).toBe('done');
    expect((await tenant.write([removal('restore', id('anna'))])).get('restore')).toMatchObject({
      outcome: 'done',
      targetId: id('anna'),
    });
    expect(await find(id('anna'))).toMatchObject({ userPrincipalName: 'anna@contoso.com' });
    expect((await tenant.write([removal('restore', id('anna'))])).get('restore')?.outcome).toBe('done');
  });

  test('into a name that is taken meanwhile is refused', async () => {
    const id = await make(newUser('anna'));
    await tenant.write([removal('delete', id('anna'))]);
    await make(newUser('bert', { userPrincipalName: 'anna@contoso.com' }));
    const results = await tenant.write([removal('restore', id('anna'))]);
    expect(results.get('restore')).toMatchObject({
      outcome: 'failed',
      failure: { code: 'restore-refused', attribute: 'userPrincipalName' },
    });
  });

  test('of what never was is refused', async () => {
    const results = await tenant.write([removal('restore', '11111111-2222-3333-4444-555555555555')]);
    expect(results.get('restore')?.outcome).toBe('failed');
  });
});

describe('a manager', () => {
  const refer = (targetId: string, to: string | null): TargetWrite => ({
    id: 'refer',
    action: 'refer',
    type: 'user',
    anchor: 'a',
    targetId,
    attribute: 'manager',
    to,
  });

  test('is set and cleared, also twice', async () => {
    const id = await make(newUser('anna'), newUser('bert'));
    for (const to of [id('bert'), id('bert'), null, null]) {
      expect((await tenant.write([refer(id('anna'), to)])).get('refer')?.outcome).toBe('done');
    }
    expect((await find(id('anna')))?.['manager']).toBeNull();
  });

  test('that does not exist is a failure; a user that does not exist is gone', async () => {
    const id = await make(newUser('anna'));
    const nobody = '11111111-2222-3333-4444-555555555555';
    expect((await tenant.write([refer(id('anna'), nobody)])).get('refer')?.outcome).toBe('failed');
    expect((await tenant.write([refer(nobody, id('anna'))])).get('refer')?.outcome).toBe('gone');
    expect((await tenant.write([refer(nobody, null)])).get('refer')?.outcome).toBe('gone');
  });
});

describe('memberships', () => {
  test('come and go in one write; those that are so already count as done', async () => {
    const id = await make(newUser('anna'), newUser('bert'), newUser('carl'), newGroup('team'));
    await tenant.write([members(id('team'), [id('anna'), id('bert')])]);
    const results = await tenant.write([
      members(id('team'), [id('bert'), id('carl')], [id('anna'), '11111111-2222-3333-4444-555555555555']),
    ]);
    expect(results.get('members')).toEqual({ id: 'members', outcome: 'done', targetId: id('team') });
    expect(await membersOf(id('team'))).toEqual([id('bert'), id('carl')].sort());
    expect(await find(id('anna'))).not.toHaveProperty('deletedDateTime');
  });

  test('that cannot be are named while the others are done', async () => {
    const id = await make(newUser('anna'), newUser('bert'), newGroup('team'));
    const nobody = '11111111-2222-3333-4444-555555555555';
    const results = await tenant.write([members(id('team'), [id('anna'), nobody, id('bert')])]);
    expect(results.get('members')).toMatchObject({ outcome: 'done', failedReferences: [{ to: nobody }] });
    expect(await membersOf(id('team'))).toEqual([id('anna'), id('bert')].sort());
  });

  test('of a group that does not exist are gone', async () => {
    const id = await make(newUser('anna'));
    const results = await tenant.write([members('11111111-2222-3333-4444-555555555555', [id('anna')])]);
    expect(results.get('members')?.outcome).toBe('gone');
  });
});

test('the writes of a chunk are asked for only when the ones before could be sent', async () => {
  let asked = 0;
  async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
    for (let chunk = 0; chunk < 4; chunk++) {
      asked++;
      yield [newUser(`u${chunk}`)];
    }
  }
  const slow = tenant.connect({ concurrency: 1 });
  for await (const page of slow.write(chunks())) {
    expect(page.length).toBe(1);
    expect(asked).toBeLessThanOrEqual(4);
  }
  expect(asked).toBe(4);
});

test('results come though the next chunk waits for them', async () => {
  let seen: (() => void) | undefined;
  const first = new Promise<void>((resolve) => {
    seen = resolve;
  });
  async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
    yield [newUser('anna')];
    await first;
    yield [newUser('bert')];
  }
  const order: string[] = [];
  for await (const page of tenant.target.write(chunks())) {
    for (const result of page) order.push(result.id);
    seen?.();
  }
  expect(order).toEqual(['anna', 'bert']);
});

test('who stops listening stops the writing', async () => {
  let asked = 0;
  async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
    for (; asked < 500; asked++) yield [newUser(`u${asked}`)];
  }
  for await (const _ of tenant.connect({ concurrency: 1 }).write(chunks())) break;
  expect(asked).toBeLessThan(500);
});

test('an error of the caller comes back to him after what was sent has been answered', async () => {
  async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
    yield [newUser('anna')];
    throw new Error('the store is full');
  }
  const drain = async (): Promise<void> => {
    for await (const _ of tenant.target.write(chunks()));
  };
  await expect(drain()).rejects.toThrow('the store is full');
});
