import { expect, test } from 'vitest';
import { DirbridgeError } from '../errors.ts';
import { openSqliteStore } from '../store/sqlite.ts';
import { LentStore } from './lent-store.ts';

function create(): { readonly lent: LentStore; readonly counts: { opened: number; closed: number } } {
  const counts = { opened: 0, closed: 0 };
  const lent = new LentStore(async () => {
    counts.opened++;
    const store = await openSqliteStore(':memory:', { command: 'serve' });
    const close = store.close.bind(store);
    store.close = async () => {
      counts.closed++;
      await close();
    };
    return store;
  });
  return { lent, counts };
}

test('a store is opened by the first who needs it, and closed by the last who gives it back', async () => {
  const { lent, counts } = create();
  const [first, second] = [await lent.take(), await lent.take()];
  await first.transaction(() => first.setMeta('key', 'value'));
  expect(await second.meta('key')).toBe('value');
  await first.close();
  await first.close();
  expect([await second.meta('key'), counts]).toEqual(['value', { opened: 1, closed: 0 }]);
  await second.close();
  expect(counts).toEqual({ opened: 1, closed: 1 });
  const third = await lent.take();
  expect([await third.meta('key'), counts.opened]).toEqual([null, 2]);
  await third.close();
});

test('a store that cannot be opened is tried again by the next', async () => {
  let isLocked = true;
  const lent = new LentStore(async () => {
    if (isLocked) throw new DirbridgeError('store-locked', 'in use by "dirbridge sync"');
    return openSqliteStore(':memory:', { command: 'serve' });
  });
  await expect(lent.take()).rejects.toMatchObject({ code: 'store-locked' });
  isLocked = false;
  const store = await lent.take();
  expect(await store.meta('key')).toBeNull();
  await store.close();
});

test('transactions of two who work beside each other wait for one another, and one that fails takes nothing of the other back', async () => {
  const { lent } = create();
  const [sync, passwords] = [await lent.take(), await lent.take()];
  const paused = Promise.withResolvers<void>();
  const order: string[] = [];
  const long = sync.transaction(async () => {
    await sync.setMeta('of sync', '1');
    await paused.promise;
    order.push('sync');
  });
  const failing = passwords
    .transaction(async () => {
      order.push('passwords');
      await passwords.setMeta('of passwords', '1');
      throw new Error('refused');
    })
    .catch(() => undefined);
  const next = sync.transaction(async () => {
    order.push('next');
    await sync.setMeta('of the next', '1');
  });
  paused.resolve();
  await Promise.all([long, failing, next]);
  expect(order).toEqual(['sync', 'passwords', 'next']);
  expect([await sync.meta('of sync'), await sync.meta('of passwords'), await sync.meta('of the next')]).toEqual([
    '1',
    null,
    '1',
  ]);
  await sync.close();
  await passwords.close();
});
