import { describe, expect, test } from 'vitest';
import { createMemoryLab, group, guid, user } from '../../test/memory/memory-lab.ts';

describe('a plan', () => {
  test('is carried out as it was stored', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const plan = await lab.plan();
    expect(lab.target.written.create).toBe(0);
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'done', done: { create: 1 }, failed: 0 });
    expect(await lab.store.apply.plan(plan.plan.id)).toMatchObject({ state: 'applied' });
  });

  test('is refused as stale when an import has seen a change since', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const old = await lab.plan();
    lab.source.put(user('bob'));
    await lab.plan();
    expect(await lab.apply(old)).toMatchObject({ outcome: 'stale' });
    expect(lab.target.written.create).toBe(0);
  });

  test('stays valid as long as nothing has changed', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const old = await lab.plan();
    const same = await lab.plan();
    expect(same.plan.hash).toBe(old.plan.hash);
    expect(await lab.apply(old)).toMatchObject({ outcome: 'done' });
  });

  test('is refused as stale when another plan has been carried out since', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const old = await lab.plan();
    await lab.apply(await lab.plan());
    expect(await lab.apply(old)).toMatchObject({ outcome: 'stale' });
    expect(lab.target.written.create).toBe(1);
  });

  test('is never carried out twice', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const plan = await lab.plan();
    await lab.apply(plan);
    expect(await lab.apply(plan)).toMatchObject({ outcome: 'stale' });
  });

  test('whose details were thrown away is refused, though nothing has changed', async () => {
    const lab = await createMemoryLab();
    lab.source.put(user('ann'));
    const old = await lab.plan();
    for (let count = 0; count < 21; count++) await lab.plan();
    expect(await lab.apply(old)).toMatchObject({ outcome: 'stale' });
    expect(lab.target.written.create).toBe(0);
  });
});

describe('the same input gives the same plan', () => {
  const entries = [
    group('staff', ['ann', 'bob', 'inner']),
    group('inner', ['staff', 'cem']),
    user('ann', { mail: 'x@contoso.com' }, { manager: 'bob' }),
    user('bob', { mail: 'x@contoso.com' }, { manager: 'ann' }),
    user('cem', { title: 'Boss' }, { manager: 'bob' }),
    user('dan', { userPrincipalName: 'cem@contoso.com' }),
  ];

  test('in whatever order the objects came, by hash and operation for operation', async () => {
    const plans: { readonly hash: string; readonly operations: string }[] = [];
    for (let turn = 0; turn < entries.length; turn++) {
      const lab = await createMemoryLab();
      for (const entry of [...entries.slice(turn), ...entries.slice(0, turn)]) lab.source.put(entry);
      const result = await lab.plan();
      plans.push({ hash: result.plan.hash, operations: JSON.stringify(await lab.allOperations(result)) });
    }
    for (const plan of plans) expect(plan).toEqual(plans[0]);
  });

  test('also where names go round in circles', async () => {
    const plans: string[] = [];
    for (const names of [
      ['ann', 'bob', 'cem'],
      ['cem', 'ann', 'bob'],
      ['bob', 'cem', 'ann'],
    ]) {
      const lab = await createMemoryLab();
      for (const name of names) lab.source.put(user(name, { mail: `${name}@contoso.com` }));
      await lab.sync();
      for (const [name, next] of [
        ['ann', 'bob'],
        ['bob', 'cem'],
        ['cem', 'ann'],
      ] as const)
        lab.source.edit(guid(name), {
          attributes: { userPrincipalName: `${next}@contoso.com`, mail: `${next}@contoso.com` },
        });
      const result = await lab.plan();
      const operations = (await lab.allOperations(result)).map((one) => ({ ...one, targetId: null }));
      plans.push(`${result.plan.hash} ${JSON.stringify(operations)}`);
    }
    expect(new Set(plans).size).toBe(1);
  });
});

test('a plan that was broken off leaves nothing behind that disturbs the next', async () => {
  const lab = await createMemoryLab();
  lab.source.put(user('ann', {}, { manager: 'bob' }));
  lab.source.put(user('bob'));
  const { context } = lab;
  const { types } = context.target.schema;
  let left = 1;
  const schema = {
    ...context.target.schema,
    types,
    shape: (...args: Parameters<typeof context.target.schema.shape>) => {
      if (left-- === 0) throw new Error('killed');
      return context.target.schema.shape(...args);
    },
  };
  const readRoleHolders = (): ReturnType<typeof lab.target.readRoleHolders> => lab.target.readRoleHolders();
  const properties = { schema: { value: schema }, readRoleHolders: { value: readRoleHolders } };
  const target = Object.create(context.target, properties) as typeof context.target;
  lab.context = { ...context, target };
  await expect(lab.plan()).rejects.toThrow('killed');
  expect(await lab.store.apply.plan()).toBeNull();
  lab.context = context;
  const result = await lab.sync();
  expect(await lab.operations(result)).toEqual(['create user bob', 'create user ann']);
  expect(lab.tenant()['user ann']).toMatchObject({ manager: ['bob'] });
});
