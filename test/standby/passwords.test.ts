import { afterEach, expect, test } from 'vitest';
import { TwoServers } from './two-servers.ts';

const PASSWORDS = { passwords: { method: 'hash' } };

let company: TwoServers | null = null;
afterEach(async () => company?.stop());

test('passwords are sent by the server that writes, and the one that stands by says who that is', async () => {
  company = await TwoServers.start([{ name: 'anna' }]);
  const first = await company.server('first', PASSWORDS);
  const second = await company.server('second', PASSWORDS);
  await first.takeOver();
  await first.sync();
  await second.sync();
  await expect(second.app('passwords sync').syncPasswords({ full: false, users: [] })).rejects.toMatchObject({
    code: 'standby-only',
    message: expect.stringContaining('that is first, not second'),
  });
  // A file gives no passwords, which the server that may send them gets as far as to find.
  await expect(first.app('passwords sync').syncPasswords({ full: false, users: [] })).rejects.toMatchObject({
    code: 'config-invalid',
  });
});

test('a server that stands by serves without a word about passwords', async () => {
  company = await TwoServers.start([{ name: 'anna' }]);
  const first = await company.server('first', PASSWORDS);
  const second = await company.server('second', PASSWORDS);
  await first.takeOver();
  await first.sync();
  const stop = new AbortController();
  const failures: string[] = [];
  let cycles = 0;
  await second.app('serve').serve({
    signal: stop.signal,
    onSync: () => {
      if (++cycles === 2) stop.abort();
    },
    onPasswords: () => failures.push('a password cycle'),
    onFailure: (job, error) => failures.push(`${job}: ${String(error)}`),
    onNoPasswords: (why) => failures.push(why),
    clock: { now: () => Date.now(), wait: (_, signal) => (signal.aborted ? Promise.resolve() : nextTurn()) },
  });
  expect(failures).toEqual([]);
  expect(cycles).toBe(2);
});

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
