import { afterEach, describe, expect, test } from 'vitest';
import { guid } from '../memory/memory-lab.ts';
import { DAY, PasswordLab, type PasswordLabOptions } from './password-lab.ts';

describe('the password of an account', () => {
  let lab: PasswordLab;
  afterEach(() => lab.end());

  async function begin(options: PasswordLabOptions = {}): Promise<void> {
    lab = await PasswordLab.begin(options);
    lab.hire('ann', 'Sommer-2030');
    await lab.syncBoth();
  }

  function expire(inMilliseconds: number): void {
    lab.editPassword('ann', { expiresAt: new Date(lab.clock.now + inMilliseconds).toISOString() });
  }

  /** How often it is told that the tenant still takes an old password. */
  async function told(): Promise<number> {
    return (await lab.lab.findings('password-without-hash')).length;
  }

  test('that has expired is sent as ever, unless the configuration says otherwise', async () => {
    await begin();
    expire(-DAY);
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1, blocked: 0 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
  });

  test('that expires opens nothing any more, from the next cycle on, although nobody touched it', async () => {
    await begin({ expiredAccounts: 'block' });
    expire(DAY);
    expect(await lab.cycle()).toMatchObject({ sent: 0, blocked: 0 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
    lab.pass(DAY);
    expect(await lab.cycle()).toMatchObject({ sent: 0, blocked: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
    expect(await lab.state('ann')).toBe('excluded expired');
    expect(await lab.cycle()).toMatchObject({ sent: 0, blocked: 0 });
  });

  test('that expires opens nothing any more, also while its temporary password waits and the tenant has the one before', async () => {
    await begin({ expiredAccounts: 'block' });
    expire(DAY);
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    await lab.cycle();
    expect([await lab.state('ann'), lab.signIn('ann', 'Sommer-2030')]).toEqual(['waiting temporary', 'welcome']);
    lab.pass(DAY);
    expect(await lab.cycle()).toMatchObject({ sent: 0, blocked: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
    expect(await lab.state('ann')).toBe('excluded expired');
    expect(await lab.lab.findings('password-temporary')).toEqual([]);
    lab.setPassword('ann', 'Herbst-2030');
    lab.editPassword('ann', { expiresAt: null });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
  });

  test('that had expired and is extended opens the tenant again, without being changed', async () => {
    await begin({ expiredAccounts: 'block' });
    expire(-DAY);
    expect(await lab.cycle()).toMatchObject({ blocked: 1 });
    lab.editPassword('ann', { expiresAt: null });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
  });

  test('that is blocked is sent when the configuration says so again', async () => {
    await begin({ expiredAccounts: 'block' });
    expire(-DAY);
    await lab.cycle();
    lab.options = { ...lab.options, expiredAccounts: 'send' };
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
  });

  test('that needs a smart card is sent: the random one of the directory takes the place of the old', async () => {
    await begin();
    lab.setPassword('ann', 'x7Q-of-nobody', { isSmartCardRequired: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
  });

  test('that has none is left out until it has one', async () => {
    lab = await PasswordLab.begin();
    lab.hire('ann', 'Sommer-2030');
    lab.source.passwords.clearPassword(guid('ann'));
    await lab.sync();
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    expect(await lab.state('ann')).toBe('excluded no-password');
    expect(await lab.lab.findings('password-without-hash')).toEqual([]);
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
  });

  test('that was changed and of which the directory stores no hash fails, because the one before still opens the tenant', async () => {
    await begin();
    lab.source.passwords.clearPassword(guid('ann'));
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
    expect([await lab.state('ann'), await told()]).toEqual(['failing no-hash', 1]);
    // Asked for again by itself, by name, and with everybody: still told.
    lab.pass(DAY);
    await lab.cycle();
    await lab.cycle({ accounts: [{ space: (await lab.account('ann'))?.space ?? 0, anchor: guid('ann') }] });
    await lab.cycle({ full: true });
    expect([await lab.state('ann'), await told()]).toEqual(['failing no-hash', 1]);
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect([await lab.state('ann'), await told()]).toEqual(['synchronized', 0]);
    expect([lab.signIn('ann', 'Sommer-2030'), lab.signIn('ann', 'Herbst-2030')]).toEqual(['wrong', 'welcome']);
  });

  test('without a hash fails no more when its user has left the tenant: there the old one opens nothing', async () => {
    await begin();
    lab.source.passwords.clearPassword(guid('ann'));
    await lab.cycle();
    await lab.deleteInTenant('ann');
    await lab.lab.plan();
    await lab.cycle();
    expect([await lab.state('ann'), await told()]).toEqual(['waiting not-in-tenant', 0]);
  });

  test('that was disabled in the directory, which no sync has seen yet, is sent: a reset by the helpdesk counts at once', async () => {
    await begin();
    lab.setPassword('ann', 'Locked-out-1', { isDisabled: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
  });
});
