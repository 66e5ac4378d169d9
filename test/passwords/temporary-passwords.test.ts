import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PasswordLab } from './password-lab.ts';

describe('a temporary password, to be changed at the next logon,', () => {
  let lab: PasswordLab;
  beforeEach(async () => {
    lab = await PasswordLab.begin();
    lab.hire('ann', 'Sommer-2030');
  });
  afterEach(() => lab.end());

  test('of a new user is sent with the demand, whatever the tenant takes otherwise', async () => {
    lab.hire('bob', 'Anfang-1', {}, { mustChange: true });
    expect(await lab.syncBoth()).toMatchObject({ sent: 2 });
    expect(lab.signIn('bob', 'Anfang-1')).toBe('must-change');
    lab.setPassword('bob', 'Mein-Eigenes-1');
    await lab.cycle();
    expect(lab.signIn('bob', 'Mein-Eigenes-1')).toBe('welcome');
  });

  test('is not sent where the tenant takes none: the one before it stays, until the user has chosen another', async () => {
    await lab.syncBoth();
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
    expect(await lab.state('ann')).toBe('waiting temporary');
    expect(await lab.lab.findings('password-temporary')).toHaveLength(1);
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
    expect(await lab.lab.findings('password-temporary')).toEqual([]);
  });

  test('is sent with the demand where the tenant takes it', async () => {
    lab.target.setFeatures({ mayForceChange: true });
    await lab.syncBoth();
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Temporary-1')).toBe('must-change');
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('wrong');
  });

  test('that waited is sent when the tenant begins to take it', async () => {
    await lab.syncBoth();
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    await lab.cycle();
    lab.target.setFeatures({ mayForceChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Temporary-1')).toBe('must-change');
    expect(await lab.lab.findings('password-temporary')).toEqual([]);
  });

  test('that is only demanded of a password that the tenant has is demanded there, too, where it takes that', async () => {
    await lab.syncBoth();
    lab.editPassword('ann', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    expect(await lab.state('ann')).toBe('synchronized');
    lab.target.setFeatures({ mayForceChange: true });
    lab.editPassword('ann', { mustChange: true });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('must-change');
    lab.editPassword('ann', { mustChange: false });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Sommer-2030')).toBe('welcome');
  });
});
