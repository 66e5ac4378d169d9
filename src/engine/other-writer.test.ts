import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  createTenant,
  guid,
  type MemoryLab,
  user,
} from '../../test/memory/memory-lab.ts';

/** Two servers that follow one directory into one tenant, both in step with it. */
async function twoServers(): Promise<readonly [MemoryLab, MemoryLab]> {
  const [source, target] = [createDirectory('corp'), createTenant()];
  source.put(user('ann'));
  const labs = [await createMemoryLab({ source, target }), await createMemoryLab({ source, target })] as const;
  for (const lab of labs) await lab.sync();
  return labs;
}

function warnings(lab: MemoryLab) {
  return lab.findings('another-server');
}

describe('a second server that writes to the same tenant', () => {
  test('is not suspected for what was there before we came', async () => {
    for (const lab of await twoServers()) expect(await warnings(lab)).toEqual([]);
  });

  test('is not suspected by a full run either, which looks at everything as if it had just come', async () => {
    for (const lab of await twoServers()) {
      await lab.sync({ full: true });
      expect(await warnings(lab)).toEqual([]);
    }
  });

  test('is noticed by each of the two when the other one creates somebody of ours', async () => {
    const [first, second] = await twoServers();
    first.source.put(user('bob'));
    await first.sync();
    await second.sync();
    expect(await warnings(first)).toEqual([]);
    const [found] = await warnings(second);
    expect(found).toMatchObject({ severity: 'warning', value: 'bob@contoso.com' });
    expect(found?.cause).toContain('an object in the tenant with the source anchor of our directory: bob@contoso.com');
    expect(found?.remedy).toContain('staging: true');

    first.source.put(user('eve'));
    await second.sync();
    expect(await first.sync()).toMatchObject({ outcome: 'done', failed: 0 });
    expect((await warnings(first)).map((one) => one.value)).toEqual(['eve@contoso.com']);
    expect(Object.keys(first.tenant())).toHaveLength(3);
  });

  test('is told for a day, and not for ever', async () => {
    const [first, second] = await twoServers();
    first.source.put(user('bob'));
    await first.sync();
    await second.sync();
    await second.sync();
    expect(await warnings(second)).toHaveLength(1);
    const { now } = second.context;
    second.context = { ...second.context, now: () => new Date(now().getTime() + 2 * 86_400_000) };
    await second.sync();
    expect(await warnings(second)).toEqual([]);
  });

  test('is told for a day from the last sign, not from the first', async () => {
    const [first, second] = await twoServers();
    let hours = 0;
    second.context = { ...second.context, now: () => new Date(Date.UTC(2030, 0, 1, hours)) };
    for (const [name, at] of [
      ['bob', 0],
      ['eve', 20],
    ] as const) {
      hours = at;
      first.source.put(user(name));
      await first.sync();
      await second.sync();
    }
    hours = 40;
    await second.sync();
    expect((await warnings(second)).map((one) => one.value)).toEqual(['eve@contoso.com']);
    hours = 45;
    await second.sync();
    expect(await warnings(second)).toEqual([]);
  });

  test('is not what we ourselves have made in a run that broke off', async () => {
    const [lab] = await twoServers();
    for (let at = 0; at < 30; at++) lab.source.put(user(`u${at}`));
    lab.target.breakAfter(7, new Error('broken off'));
    await expect(lab.sync()).rejects.toThrow('broken off');
    await lab.sync();
    lab.source.remove(guid('u3'));
    await lab.sync();
    lab.source.put(user('u3'));
    await lab.sync();
    expect(await warnings(lab)).toEqual([]);
    expect(lab.target.written.create).toBe(31);
  });
});
