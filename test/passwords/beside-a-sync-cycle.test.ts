import { afterEach, describe, expect, test } from 'vitest';
import type { PasswordSource } from '../../src/connectors/connector.ts';
import { guid, ROOT_DN } from '../memory/memory-lab.ts';
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

  /** A password cycle in the middle of which something happens: it has just begun to ask for those who are due. */
  async function cycleWhile(happen: () => Promise<unknown>): Promise<number> {
    const inner = lab.source.passwords;
    let asked = 0;
    const passwords: PasswordSource = {
      check: () => inner.check(),
      read: (request) => inner.read(request),
      async *fetch(anchors) {
        if (++asked > 3) throw new Error('it asks for ever');
        await happen();
        yield* inner.fetch(anchors);
      },
    };
    await lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords }] });
    return asked;
  }

  test('a password cycle ends though the sync cycle has taken somebody away whose password was due', async () => {
    lab = await PasswordLab.begin();
    lab.hire('bob', 'Sommer-bob');
    await lab.syncBoth();
    lab.hire('ann', 'Sommer-ann');
    await lab.cycle();
    await lab.sync();
    const asked = await cycleWhile(async () => {
      lab.source.remove(guid('ann'));
      await lab.sync();
    });
    expect(asked).toBe(1);
    expect(await lab.store.passwords.counts()).toMatchObject([{ state: 'synchronized', count: 1 }]);
  });

  test('and though somebody is left out by now', async () => {
    lab = await PasswordLab.begin({ except: [`CN=bob,OU=People,${ROOT_DN}`] });
    lab.hire('bob', 'Sommer-bob');
    await lab.syncBoth();
    lab.hire('ann', 'Sommer-ann');
    await lab.cycle();
    await lab.sync();
    const { judge, ...context } = await lab.context();
    let isLeftOut = false;
    const whyNot: typeof judge.whyNot = async (giver) => (isLeftOut ? 'rules' : judge.whyNot(giver));
    const nameOf: typeof judge.nameOf = (space, anchor) => judge.nameOf(space, anchor);
    lab.context = async () => ({ ...context, judge: { looksAtEverybody: true, whyNot, nameOf } });
    const asked = await cycleWhile(async () => {
      const account = await lab.account('ann');
      if (account !== null) await lab.store.passwords.save([{ ...account, judged: null }]);
      isLeftOut = true;
    });
    expect(asked).toBe(1);
    expect(await lab.state('ann')).toBe('excluded rules');
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('no-password');
  });
});
