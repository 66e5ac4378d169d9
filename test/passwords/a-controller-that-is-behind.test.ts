import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AccountPassword, PasswordSource } from '../../src/connectors/connector.ts';
import { DirbridgeError } from '../../src/errors.ts';
import type { PasswordCycleOptions } from '../../src/passwords/cycle.ts';
import { guid } from '../memory/memory-lab.ts';
import { PasswordLab } from './password-lab.ts';

const AWAY = new DirbridgeError('tenant-unreachable', 'the tenant did not answer');

describe('a domain controller that has not heard of the last password', () => {
  let lab: PasswordLab;
  /** What it knows of ann. */
  let known: AccountPassword;

  beforeEach(async () => {
    lab = await PasswordLab.begin();
    lab.hire('ann', 'Sommer');
    await lab.syncBoth();
    known = await tellOf('ann');
  });
  afterEach(() => lab.end());

  async function tellOf(name: string): Promise<AccountPassword> {
    for await (const [password] of lab.source.passwords.fetch([guid(name)])) if (password) return password;
    throw new Error(`${name} has no password`);
  }

  /** Stands in, and tells in a full read and of single accounts what it knows. */
  async function cycleBehind(options: PasswordCycleOptions = {}): Promise<void> {
    const tell = () => ({ ...known, ntHash: Uint8Array.from(known.ntHash ?? []) });
    const behind: PasswordSource = {
      check: () => lab.source.passwords.check(),
      async *read() {
        yield { kind: 'begin', mode: 'full', reason: 'another domain controller' };
        yield { kind: 'page', passwords: [tell()] };
        yield { kind: 'end', watermark: 'behind' };
      },
      async *fetch() {
        yield [tell()];
      },
    };
    await lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords: behind }] }, options);
  }

  test('does not make us forget it: it is asked for again, and sent when it is told', async () => {
    lab.setPassword('ann', 'Herbst');
    lab.target.breakDown(AWAY);
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    lab.target.breakDown(null);
    await cycleBehind();
    expect([await lab.state('ann'), lab.signIn('ann', 'Sommer')]).toEqual(['waiting to-send', 'welcome']);
    await lab.store.setMeta('passwords read corp', '');
    await lab.cycle();
    expect(lab.signIn('ann', 'Herbst')).toBe('welcome');
    expect(await lab.state('ann')).toBe('synchronized');
  });

  test('and that does not even know the account does not make us take it for one without a password', async () => {
    lab.setPassword('ann', 'Herbst');
    lab.target.breakDown(AWAY);
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    lab.target.breakDown(null);
    const watermark = (await lab.store.meta('passwords read corp')) ?? '';
    const unknowing: PasswordSource = {
      check: () => lab.source.passwords.check(),
      async *read() {
        yield { kind: 'begin', mode: 'delta', reason: null };
        yield { kind: 'end', watermark };
      },
      fetch: async function* () {},
    };
    await lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords: unknowing }] });
    expect([await lab.state('ann'), lab.signIn('ann', 'Sommer')]).toEqual(['waiting to-send', 'welcome']);
    // Whoever told of it before tells of it no more: it has to be asked for.
    lab.pass(2 * 60_000);
    await lab.cycle();
    expect(lab.signIn('ann', 'Herbst')).toBe('welcome');
  });

  test('does not put the older one back, for a user who is named either', async () => {
    lab.setPassword('ann', 'Herbst');
    await lab.cycle();
    await cycleBehind();
    await cycleBehind({ accounts: [{ space: (await lab.account('ann'))?.space ?? 0, anchor: guid('ann') }] });
    expect(lab.signIn('ann', 'Herbst')).toBe('welcome');
  });

  test('is believed where everybody is sent again: the domain was put back from a backup', async () => {
    lab.setPassword('ann', 'Herbst');
    await lab.cycle();
    await cycleBehind({ full: true });
    expect(lab.signIn('ann', 'Sommer')).toBe('welcome');
  });

  test('is not taken for one that was put back from a backup, and where a password was set since', async () => {
    lab.setPassword('ann', 'Herbst');
    lab.setPassword('ann', 'Winter');
    await lab.cycle();
    lab.pass(60_000);
    known = { ...known, version: 2, changedAt: new Date(lab.clock.now).toISOString() };
    await cycleBehind();
    expect(lab.signIn('ann', 'Sommer')).toBe('welcome');
  });

  test('and whose clock was ahead when the older one was set puts it back, until whoever is asked has heard of the newer one', async () => {
    lab.setPassword('ann', 'Herbst');
    lab.setPassword('ann', 'Winter');
    await lab.cycle();
    // Nothing tells it from a controller that was restored: the number is smaller, and the time is later.
    known = { ...known, version: 2, changedAt: new Date(lab.clock.now + 90 * 60_000).toISOString() };
    await cycleBehind();
    expect(lab.signIn('ann', 'Sommer')).toBe('welcome');
    await lab.store.setMeta('passwords read corp', '');
    await lab.cycle();
    expect(lab.signIn('ann', 'Winter')).toBe('welcome');
  });

  test('and counts as another one did that is lost gives the same number to another password: the later one is sent', async () => {
    // Set on the one that is lost, and sent from there; on this one, which never heard of it, the helpdesk sets another.
    lab.setPassword('ann', 'Verloren');
    await lab.cycle();
    const { version = 0 } = (await lab.account('ann'))?.sent ?? {};
    lab.source.passwords.setPassword(guid('ann'), 'Vom Helpdesk');
    known = { ...(await tellOf('ann')), version, changedAt: new Date(lab.clock.now).toISOString() };
    await cycleBehind();
    expect(lab.signIn('ann', 'Vom Helpdesk')).toBe('welcome');
    expect(lab.signIn('ann', 'Verloren')).toBe('wrong');
    const sent = lab.target.taken.length;
    await cycleBehind();
    expect(lab.target.taken).toHaveLength(sent);
  });

  test('and that goes on with a read which a newer one began does not put the older in its place', async () => {
    lab.hire('bob', 'Sommer');
    await lab.sync();
    const older = await tellOf('bob');
    lab.setPassword('bob', 'Herbst');
    const newer = await tellOf('bob');
    const both: PasswordSource = {
      check: () => lab.source.passwords.check(),
      async *read() {
        yield { kind: 'begin', mode: 'full', reason: null };
        yield { kind: 'page', passwords: [newer] };
        yield { kind: 'page', passwords: [older] };
        yield { kind: 'end', watermark: 'both' };
      },
      async *fetch() {
        yield [];
      },
    };
    await lab.store.setMeta('passwords read corp', '');
    await lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords: both }] });
    expect(lab.signIn('bob', 'Herbst')).toBe('welcome');
    expect(older.ntHash?.every((byte) => byte === 0)).toBe(true);
  });

  test('gives way where both set one at the same time: the later one stays, whichever was told first', async () => {
    const earlier = { ...known, version: 2, changedAt: new Date(lab.clock.now).toISOString() };
    lab.setPassword('ann', 'Herbst');
    await lab.cycle();
    known = earlier;
    await cycleBehind();
    expect(lab.signIn('ann', 'Herbst')).toBe('welcome');
    expect(await lab.state('ann')).toBe('synchronized');
  });
});
