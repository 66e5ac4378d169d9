import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PasswordReadEvent } from '../../src/connectors/connector.ts';
import { user } from '../memory/memory-lab.ts';
import { CapturedLab, HOLD } from './captured-lab.ts';

const DISABLED = { userAccountControl: '514' };
const ENABLED = { userAccountControl: '512' };

describe('a password that was handed over', () => {
  let lab: CapturedLab;
  beforeEach(async () => {
    lab = await CapturedLab.begin();
    for (const name of ['ann', 'bob']) {
      lab.inner.source.put(user(name));
      lab.change(name, 'Before-us-1', { isHandedOver: false });
    }
    await lab.inner.sync();
    await lab.cycle();
  });
  afterEach(async () => {
    // Whatever happened: after its time nothing is left of any password.
    lab.inner.pass(HOLD);
    lab.held.expire();
    for (const buffer of [...lab.buffers, ...lab.tenant.buffers]) expect(buffer.every((byte) => byte === 0)).toBe(true);
    await lab.inner.end();
  });

  const hasPasswordFinding = async () =>
    (await lab.inner.lab.findings()).map(({ code }) => code).filter((code) => code.startsWith('password-'));

  test('is set by the next cycle, and held no longer', async () => {
    expect(await lab.inner.state('ann')).toBe('waiting next-change');
    lab.change('ann', 'Second-2');
    expect(await lab.cycle()).toMatchObject({ sent: 1, failed: 0 });
    expect([lab.passwordOf('ann'), lab.held.size]).toEqual(['Second-2', 0]);
    expect([await lab.inner.state('ann'), await lab.inner.state('bob')]).toEqual([
      'synchronized',
      'waiting next-change',
    ]);
    expect(await lab.cycle()).toMatchObject({ sent: 0, read: 0 });
  });

  test('needs no other one after another server wrote, nor after a restoration: nobody could hand it over again', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    await lab.inner.store.transaction(() => lab.inner.store.passwords.distrustSent());
    await lab.inner.sync({ full: true });
    lab.inner.source.put(user('cid'));
    await lab.inner.sync();
    expect(await lab.cycle()).toMatchObject({ sent: 0, failed: 0 });
    expect([await lab.inner.state('ann'), lab.passwordOf('ann')]).toEqual(['synchronized', 'Second-2']);
    lab.change('ann', 'Third-3');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('ann')).toBe('Third-3');
  });

  test('is set though the directory told of the change before', async () => {
    lab.change('ann', 'Second-2');
    const held = lab.held.taken('corp');
    expect(held).toHaveLength(1);
    await lab.cycle();
    lab.change('ann', 'Third-3', { isHandedOver: false });
    await lab.cycle();
    expect(await lab.inner.state('ann')).toBe('waiting next-change');
    lab.change('ann', 'Fourth-4');
    await lab.cycle();
    expect(lab.passwordOf('ann')).toBe('Fourth-4');
  });

  test('is never set when the domain did not take it', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    lab.change('ann', 'Refused-3', { isTaken: false });
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([lab.passwordOf('ann'), await lab.inner.state('ann')]).toEqual(['Second-2', 'synchronized']);
  });

  test('is not set any more when another one has taken its place that nobody handed over', async () => {
    lab.change('ann', 'Second-2');
    lab.change('ann', 'Elsewhere-3', { isHandedOver: false });
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([lab.passwordOf('ann'), await lab.inner.state('ann')]).toEqual([undefined, 'waiting next-change']);
  });

  test('of a user who is not in the tenant yet is set as soon as it is', async () => {
    lab.inner.source.put(user('cid'));
    lab.change('cid', 'First-1');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    await lab.inner.sync();
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('cid')).toBe('First-1');
  });

  test('of a user who comes too late waits for the next change', async () => {
    lab.inner.source.put(user('cid'));
    lab.change('cid', 'First-1');
    lab.inner.pass(HOLD);
    await lab.cycle();
    await lab.inner.sync();
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([lab.passwordOf('cid'), await lab.inner.state('cid')]).toEqual([undefined, 'waiting next-change']);
  });

  test('is set when the tenant is back within its time', async () => {
    lab.tenant.answer = () => {
      throw new Error('away');
    };
    lab.change('ann', 'Second-2');
    await expect(lab.cycle()).rejects.toThrow('away');
    await expect(lab.cycle()).rejects.toThrow('away');
    expect(await lab.inner.state('ann')).toBe('waiting to-send');
    lab.tenant.answer = () => 'done';
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('ann')).toBe('Second-2');
  });

  test('waits for the next change when the tenant is back too late', async () => {
    lab.tenant.answer = () => {
      throw new Error('away');
    };
    lab.change('ann', 'Second-2');
    await expect(lab.cycle()).rejects.toThrow('away');
    lab.inner.pass(HOLD);
    lab.tenant.answer = () => 'done';
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(await lab.inner.state('ann')).toBe('waiting next-change');
  });

  test('that the tenant refuses is a finding until it takes another one', async () => {
    lab.tenant.answer = () => 'failed';
    lab.change('ann', 'weak');
    expect(await lab.cycle()).toMatchObject({ failed: 1 });
    expect([await lab.inner.state('ann'), await hasPasswordFinding()]).toEqual(['failing', ['password-refused']]);
    lab.inner.pass(HOLD);
    await lab.cycle();
    expect([await lab.inner.state('ann'), await hasPasswordFinding()]).toEqual([
      'waiting next-change',
      ['password-refused'],
    ]);
    lab.tenant.answer = () => 'done';
    lab.change('ann', 'Strong-enough-3');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect([lab.passwordOf('ann'), await hasPasswordFinding()]).toEqual(['Strong-enough-3', []]);
  });

  test('of an account that is disabled is not set, and that of one that comes back counts on', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    lab.inner.edit('ann', DISABLED);
    await lab.inner.sync();
    lab.change('ann', 'While-off-3');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    lab.inner.edit('ann', ENABLED);
    await lab.inner.sync();
    // Still held: it is the password of the account.
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('ann')).toBe('While-off-3');
  });

  test('of an account that was disabled for a while counts as unknown from then on', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    lab.inner.edit('ann', DISABLED);
    await lab.inner.sync();
    await lab.cycle();
    lab.inner.edit('ann', ENABLED);
    await lab.inner.sync();
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(await lab.inner.state('ann')).toBe('waiting next-change');
  });

  test('of a user whose object in the tenant is another one waits for the next change', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    await lab.inner.deleteInTenant('ann');
    await lab.inner.sync();
    await lab.inner.sync();
    await lab.cycle();
    expect(await lab.inner.state('ann')).toBe('waiting next-change');
  });

  test('that has to be changed is withheld, or set with the demand where that is asked for', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    lab.change('ann', 'For-now-3', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([await lab.inner.state('ann'), await hasPasswordFinding()]).toEqual([
      'waiting temporary',
      ['password-temporary'],
    ]);
    lab.mayForce = true;
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect([lab.passwordOf('ann'), await hasPasswordFinding()]).toEqual(['For-now-3 (to be changed)', []]);
  });

  test('that has to be changed is set with the demand when it is the first one, and withheld from who had one and comes back', async () => {
    lab.inner.source.put(user('cid'));
    await lab.inner.sync();
    lab.change('cid', 'For-now-1', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('cid')).toBe('For-now-1 (to be changed)');
    lab.change('cid', 'Second-2');
    await lab.cycle();
    lab.inner.edit('cid', { userAccountControl: 514n });
    await lab.inner.sync();
    await lab.cycle();
    lab.inner.edit('cid', { userAccountControl: 512n });
    await lab.inner.sync();
    lab.change('cid', 'For-now-3', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([lab.passwordOf('cid'), await lab.inner.state('cid')]).toEqual(['Second-2', 'waiting temporary']);
  });

  test('is waited for no longer where hashes are read from now on', async () => {
    for (const name of ['ann', 'bob']) lab.inner.setPassword(name, `Sommer-${name}`);
    expect(await lab.inner.state('bob')).toBe('waiting next-change');
    // Everybody has been read once before passwords were captured: nothing is told of anybody now.
    const { passwords } = lab.inner.source;
    const read = async function* (): AsyncGenerator<PasswordReadEvent> {
      yield { kind: 'begin', mode: 'delta', reason: null };
      yield { kind: 'end', watermark: 'hashes' };
    };
    const fetch = (anchors: readonly string[]) => passwords.fetch(anchors);
    const source = { name: 'corp', passwords: { check: () => passwords.check(), fetch, read } };
    await lab.inner.store.transaction(() => lab.inner.store.setMeta('passwords read corp', 'hashes'));
    const context = { ...(await lab.inner.context()), fingerprint: 'hashes', sources: [source] };
    expect(await lab.inner.cycleWith(context)).toMatchObject({ sent: 2 });
    expect(lab.inner.signIn('bob', 'Sommer-bob')).toBe('welcome');
    expect(await lab.inner.cycleWith(context)).toMatchObject({ sent: 0 });
  });

  test('is not set again on demand once it is not held any more', async () => {
    lab.change('ann', 'Second-2');
    await lab.cycle();
    const account = await lab.inner.account('ann');
    const accounts = account === null ? [] : [account];
    expect(await lab.cycle({ accounts })).toMatchObject({ sent: 0 });
    expect(await lab.inner.state('ann')).toBe('synchronized');
    expect(await lab.cycle({ full: true })).toMatchObject({ sent: 0, read: 2 });
  });
});

test('a password of somebody who is left out is not set', async () => {
  const lab = await CapturedLab.begin({ except: ['CN=ann,OU=People,DC=corp,DC=example,DC=com'] });
  lab.inner.source.put(user('ann'));
  await lab.inner.sync();
  lab.change('ann', 'Second-2');
  expect(await lab.cycle()).toMatchObject({ sent: 0 });
  expect(await lab.inner.state('ann')).toBe('excluded not-selected');
  await lab.inner.end();
});

describe('a user whom the tenant keeps failing over', () => {
  const NAMES = Array.from({ length: 20 }, (_, index) => `u${String(index).padStart(2, '0')}`);
  let lab: CapturedLab;
  beforeEach(async () => {
    lab = await CapturedLab.begin();
    for (const name of NAMES) {
      lab.inner.source.put(user(name));
      lab.change(name, 'Before-us-1', { isHandedOver: false });
    }
    await lab.inner.sync();
    await lab.cycle();
    const id = lab.inner.idOf('u00');
    lab.tenant.answer = ({ targetId }) => (targetId === id ? 'undecided' : 'done');
  });
  afterEach(() => lab.inner.end());

  test('holds up nobody else, and is tried again later and later', async () => {
    for (const name of NAMES) lab.change(name, `Second-2-${name}`);
    expect(await lab.cycle()).toMatchObject({ sent: 19, failed: 1 });
    expect(NAMES.filter((name) => lab.passwordOf(name) === undefined)).toEqual(['u00']);
    expect([await lab.inner.state('u00'), lab.held.size]).toEqual(['failing', 1]);
    // Now alone, and the cycle is a good one all the same: the tenant has answered for others.
    const failed: number[] = [];
    for (let cycle = 0; cycle < 6; cycle++) failed.push((await lab.cycle()).failed);
    expect(failed).toEqual([1, 0, 1, 0, 0, 0]);
    lab.tenant.answer = () => 'done';
    lab.inner.pass(8 * 60_000);
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect([lab.passwordOf('u00'), lab.held.size]).toEqual(['Second-2-u00', 0]);
  });

  test('is tried again soon, too, when there was no password for long', async () => {
    lab.inner.source.put(user('new'));
    await lab.inner.sync();
    for (let cycle = 0; cycle < 20; cycle++) await lab.cycle();
    expect(await lab.inner.state('new')).toBe('excluded no-password');
    const id = lab.inner.idOf('new');
    lab.tenant.answer = ({ targetId }) => (targetId === id ? 'undecided' : 'done');
    for (const name of ['new', 'u01']) lab.change(name, 'Second-2');
    expect(await lab.cycle()).toMatchObject({ sent: 1, failed: 1 });
    lab.tenant.answer = () => 'done';
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.passwordOf('new')).toBe('Second-2');
  });

  test('ends the cycle as long as it may be the tenant: nobody is answered, and nobody was before', async () => {
    lab.change('u00', 'Second-2');
    await expect(lab.cycle()).rejects.toThrow('kept failing');
    await expect(lab.cycle()).rejects.toThrow('kept failing');
    expect(await lab.inner.state('u00')).toBe('waiting to-send');
    lab.change('u01', 'Second-2');
    expect(await lab.cycle()).toMatchObject({ sent: 1, failed: 1 });
    expect([lab.passwordOf('u01'), await lab.inner.state('u00')]).toEqual(['Second-2', 'failing']);
  });
});
