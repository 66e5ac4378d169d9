import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { SILENT_LOG } from '../../src/app.ts';
import { ServerPair } from '../../src/scheduler/standby/server-pair.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';

describe('a server that works', () => {
  let folder: string;
  let now: number;

  beforeEach(async () => {
    folder = await makeTemporaryFolder('dirbridge-signs-');
    await mkdir(join(folder, 'shared'));
    now = Date.parse('2030-03-01T08:00:00Z');
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });

  afterEach(async () => {
    vi.useRealTimers();
    await removeTemporaryFolder(folder);
  });

  test.each([
    ['3h', 10_800_000, 10_000],
    ['20s', 20_000, 5_000],
    ['3s', 3_000, 1_000],
  ])('gives signs of life often enough for a deadAfter of %s', async (_, deadAfter, beat) => {
    const store = await openSqliteStore(join(folder, 'dirbridge.db'), { command: 'test' });
    const pair = await ServerPair.open(store, {
      folder: join(folder, 'shared'),
      server: 'first',
      host: 'host1',
      version: '1.0.0',
      every: 1_800_000,
      deadAfter,
      isStaging: false,
      now: () => new Date(now),
      log: SILENT_LOG,
    });
    await pair.begin();
    for (let sign = 1; sign <= 4; sign++) {
      now += beat;
      vi.advanceTimersByTime(beat);
      await vi.waitFor(async () => expect(await pair.presenceOf('first')).toMatchObject({ seen: seen(now) }));
    }
    await pair.end();
    now += beat;
    vi.advanceTimersByTime(beat);
    expect(await pair.presenceOf('first')).toMatchObject({ state: 'idle', seen: seen(now - beat) });
    await store.close();
  });
});

function seen(now: number): string {
  return new Date(now).toISOString();
}
