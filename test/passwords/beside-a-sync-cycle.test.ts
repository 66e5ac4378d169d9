import { afterEach, describe, expect, test } from 'vitest';
import { PasswordLab } from './password-lab.ts';

const NAMES = Array.from({ length: 300 }, (_, index) => `user${index}`);

describe('beside a sync cycle on the same store', () => {
  let lab: PasswordLab;
  afterEach(() => lab.end());

  test('password cycles do their work, and neither disturbs the other', async () => {
    lab = await PasswordLab.begin();
    for (const name of NAMES) lab.hire(name, `Sommer-${name}`);
    let isSynchronizing = true;
    const sync = lab.sync().finally(() => {
      isSynchronizing = false;
    });
    let cycles = 0;
    while (isSynchronizing) {
      await lab.cycle();
      cycles++;
    }
    expect(await sync).toMatchObject({ outcome: 'done', failed: 0, done: { create: NAMES.length } });
    expect(cycles).toBeGreaterThan(1);
    await lab.cycle();
    expect(NAMES.map((name) => lab.signIn(name, `Sommer-${name}`))).toEqual(NAMES.map(() => 'welcome'));
    expect(await lab.lab.operations(await lab.lab.plan({ full: true }))).toEqual([]);
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
  });
});
