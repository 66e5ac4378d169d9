import { afterEach, describe, expect, test } from 'vitest';
import type { PasswordSource, PasswordTarget } from '../../src/connectors/connector.ts';
import { DirbridgeError } from '../../src/errors.ts';
import { createDirectory, guid, user, WHOLE_DIRECTORY } from '../memory/memory-lab.ts';
import { PasswordLab } from './password-lab.ts';

const AWAY = new DirbridgeError('tenant-unreachable', 'the tenant did not answer');
const MANY = Array.from({ length: 130 }, (_, index) => `user${String(index).padStart(3, '0')}`);

describe('no password is lost', () => {
  let lab: PasswordLab;
  afterEach(() => lab.end());

  async function begin(names: readonly string[]): Promise<void> {
    lab = await PasswordLab.begin();
    for (const name of names) lab.hire(name, `Sommer-${name}`);
    await lab.sync();
  }

  function signIns(names: readonly string[], word: string): readonly string[] {
    return names.map((name) => `${name} ${lab.signIn(name, `${word}-${name}`)}`);
  }

  function welcome(names: readonly string[]): readonly string[] {
    return names.map((name) => `${name} welcome`);
  }

  test('that was changed while the tenant was away: it is told as waiting, and sent when the tenant is back', async () => {
    await begin(['ann', 'bob']);
    await lab.cycle();
    lab.target.breakDown(AWAY);
    lab.setPassword('ann', 'Herbst-ann');
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    expect(await lab.state('ann')).toBe('waiting to-send');
    lab.setPassword('bob', 'Herbst-bob');
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    expect(await lab.state('bob')).toBe('waiting to-send');
    lab.target.breakDown(null);
    expect(await lab.cycle()).toMatchObject({ sent: 2 });
    expect(signIns(['ann', 'bob'], 'Herbst')).toEqual(welcome(['ann', 'bob']));
  });

  test('of everybody, when the tenant is away at the first cycle', async () => {
    await begin(MANY);
    lab.target.breakDown(AWAY);
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    lab.target.breakDown(null);
    await lab.cycle();
    expect(signIns(MANY, 'Sommer')).toEqual(welcome(MANY));
  });

  test.each([0, 1, 49, 50, 51, 99, 129])('when the tenant breaks down after it took %d of them', async (taken) => {
    await begin(MANY);
    lab.target.breakAfter(taken, AWAY);
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    await lab.cycle();
    expect(signIns(MANY, 'Sommer')).toEqual(welcome(MANY));
    expect(await lab.cycle()).toMatchObject({ sent: 0, read: 0 });
  });

  test.each([0, 1])('when reading breaks off after %d pages', async (pages) => {
    await begin(MANY);
    lab.source.passwords.failNextRead(pages);
    await expect(lab.cycle()).rejects.toThrow('broke off');
    await lab.cycle();
    expect(signIns(MANY, 'Sommer')).toEqual(welcome(MANY));
  });

  test('when reading breaks off: the cycle ends after what it has sent, so that nothing of it comes after a newer one', async () => {
    await begin([...MANY, ...Array.from({ length: 500 }, (_, index) => `more${index}`)]);
    const inner = lab.source.passwords;
    inner.failNextRead(6);
    const { target, ...context } = await lab.context();
    const hold = Promise.withResolvers<void>();
    const order: string[] = [];
    const slow: PasswordTarget = {
      passwordsPerWrite: target.passwordsPerWrite,
      check: () => target.check(),
      readFeatures: () => target.readFeatures(),
      write: async (writes) => {
        await hold.promise;
        const results = await target.write(writes);
        order.push('written');
        return results;
      },
    };
    const broken: PasswordSource = {
      check: () => inner.check(),
      fetch: (anchors) => inner.fetch(anchors),
      async *read(request) {
        try {
          yield* inner.read(request);
        } finally {
          // Long enough for a cycle that waits for nothing to be over.
          let turns = 500;
          const turn = (): unknown => (turns-- > 0 ? setImmediate(turn) : hold.resolve());
          turn();
        }
      },
    };
    const sources = [{ name: 'corp', passwords: broken }];
    await expect(lab.cycleWith({ ...context, target: slow, sources })).rejects.toThrow('broke off');
    order.push('over');
    expect(order.length).toBeGreaterThan(1);
    expect(order.indexOf('over')).toBe(order.length - 1);
    expect(inner.hashes.every((hash) => hash.every((byte) => byte === 0))).toBe(true);
    await lab.cycle();
    expect(order.indexOf('over')).toBe(order.length - 1);
    expect(signIns(MANY, 'Sommer')).toEqual(welcome(MANY));
  });

  test('of one directory, when another one cannot be read: that one is told all the same', async () => {
    await begin(['ann']);
    const other = createDirectory('other', { now: () => new Date(lab.clock.now) });
    const { context } = lab.lab;
    lab.lab.context = { ...context, sources: [...context.sources, { connector: other, scope: WHOLE_DIRECTORY }] };
    other.put(user('eve'));
    other.passwords.setPassword(guid('eve'), 'Sommer-eve');
    await lab.sync();
    lab.source.passwords.failNextRead(0);
    await expect(lab.cycle()).rejects.toThrow('the passwords of corp broke off');
    expect(signIns(['ann', 'eve'], 'Sommer')).toEqual(['ann no-password', 'eve welcome']);
    await lab.cycle();
    expect(signIns(['ann', 'eve'], 'Sommer')).toEqual(welcome(['ann', 'eve']));
  });

  test('of somebody whom the domain controller that is asked has not heard of yet: it is asked again, later and later', async () => {
    await begin(['bob']);
    await lab.cycle();
    lab.hire('ann', 'Sommer-ann');
    // Before the sync nobody knows that the password will be needed; what tells of changes never tells of it again.
    await lab.cycle();
    await lab.sync();
    const inner = lab.source.passwords;
    let asked = 0;
    const behind: PasswordSource = {
      check: () => inner.check(),
      read: (request) => inner.read(request),
      async *fetch() {
        asked++;
        yield [];
      },
    };
    const cycleBehind = async () =>
      lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords: behind }] });
    await cycleBehind();
    expect(await lab.state('ann')).toBe('excluded no-password');
    for (let cycle = 0; cycle < 180; cycle++) await cycleBehind();
    expect(asked).toBe(8);
    lab.clock.now = Date.parse((await lab.account('ann'))?.nextAt ?? '');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    expect(await lab.account('ann')).toMatchObject({ attempts: 0, nextAt: null });
  });

  test('when somebody stops the cycle: what the tenant took before is not sent again', async () => {
    await begin(MANY);
    const progress = (): never => {
      throw new Error('stopped');
    };
    await expect(lab.cycleWith({ ...(await lab.context()), progress })).rejects.toThrow('stopped');
    expect(lab.target.requests).toEqual([50]);
    expect(await lab.cycle()).toMatchObject({ sent: 80 });
    expect(signIns(MANY, 'Sommer')).toEqual(welcome(MANY));
  });

  test('nor sent by a server that has lost its right to write in the middle: all that is left waits', async () => {
    await begin(MANY);
    let asked = 0;
    const requireRight = async (): Promise<void> => {
      if (++asked === 2) throw new DirbridgeError('standby-only', 'the other server writes');
    };
    await expect(lab.cycleWith({ ...(await lab.context()), requireRight })).rejects.toThrow('the other server');
    expect(lab.target.requests).toEqual([50]);
    expect(await lab.store.passwords.counts()).toMatchObject([
      { state: 'synchronized', count: 50 },
      { state: 'waiting', reason: 'to-send', count: 80 },
    ]);
    expect(lab.target.credentials.every((credential) => credential.every((byte) => byte === 0))).toBe(true);
  });

  test('when the directory refuses the watermark: everybody is read again, and nobody sent again', async () => {
    await begin(MANY);
    await lab.cycle();
    lab.source.passwords.refuseWatermarks('another domain controller');
    lab.setPassword('user007', 'Herbst-user007');
    expect(await lab.cycle()).toMatchObject({ mode: 'full', read: 130, sent: 1 });
    expect(lab.signIn('user007', 'Herbst-user007')).toBe('welcome');
  });

  test('and an older one of a domain controller that is behind never takes the place of a newer', async () => {
    await begin(['ann']);
    lab.setPassword('ann', 'Herbst-ann');
    await lab.cycle();
    const older = lab.source.passwords;
    lab.source.remove('nobody');
    older.remove((await lab.account('ann'))?.anchor ?? '');
    const changedAt = new Date(lab.clock.now - 86_400_000).toISOString();
    older.setPassword((await lab.account('ann'))?.anchor ?? '', 'Sommer-ann', { changedAt });
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    expect(lab.signIn('ann', 'Herbst-ann')).toBe('welcome');
    expect(await lab.cycle({ full: true })).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
  });

  test('and one bad account stops no other; it is tried again later and later, and at once when it changes', async () => {
    await begin(['ann', 'bob']);
    const failure = { code: '2', message: 'not this one' };
    lab.target.refuse(({ targetId }) => targetId === lab.idOf('ann'), failure, 3);
    expect(await lab.cycle()).toMatchObject({ sent: 1, failed: 1 });
    expect(lab.signIn('bob', 'Sommer-bob')).toBe('welcome');
    expect(await lab.cycle()).toMatchObject({ failed: 1 });
    for (let cycle = 0; cycle < 1; cycle++) expect(await lab.cycle()).toMatchObject({ failed: 0, sent: 0 });
    expect(await lab.account('ann')).toMatchObject({ state: 'failing', attempts: 2, failure: 'not this one (2)' });
    lab.setPassword('ann', 'Herbst-ann');
    expect(await lab.cycle()).toMatchObject({ failed: 1 });
    lab.pass(60 * 60_000);
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Herbst-ann')).toBe('welcome');
    expect(await lab.lab.findings('password-refused')).toEqual([]);
  });

  test('of a user whom the tenant does not show yet', async () => {
    await begin(['ann']);
    const { directory } = lab.lab.target.tenant;
    const held = directory.get(lab.idOf('ann'));
    directory.remove(lab.idOf('ann'));
    expect(await lab.cycle()).toMatchObject({ sent: 0, gone: 1 });
    expect(await lab.state('ann')).toBe('waiting not-shown');
    if (held !== undefined) directory.put({ ...held, references: {} });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
  });

  test('whenever the process is killed between two writes to the store', async () => {
    for (let survived = 0; ; survived++) {
      await begin(MANY.slice(0, 60));
      const whole = await countTransactions(survived);
      expect(signIns(MANY.slice(0, 60), 'Sommer')).toEqual(welcome(MANY.slice(0, 60)));
      if (whole < survived) return;
      await lab.end();
    }
  });

  /** One cycle that dies before its transaction of that number, then another one; answers how many the first began. */
  async function countTransactions(survived: number): Promise<number> {
    let begun = 0;
    const context = await lab.context();
    const store = new Proxy(context.store, {
      get: (inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (property !== 'transaction') return typeof value === 'function' ? value.bind(inner) : value;
        return (work: () => Promise<unknown>) => {
          if (begun++ >= survived) throw new Error('killed');
          return inner.transaction(work);
        };
      },
    });
    await lab.cycleWith({ ...context, store }).catch(() => undefined);
    await lab.cycle();
    return begun;
  }
});
