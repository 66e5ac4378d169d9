import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anchorOf, container, guid, PEOPLE, ROOT_DN, user } from '../memory/memory-lab.ts';
import { MINUTE, PasswordLab } from './password-lab.ts';

const NAMES = ['ann', 'bob', 'cid'];
const DISABLED = { userAccountControl: 514n };
const ENABLED = { userAccountControl: 512n };

describe('whoever comes back can sign in with the office password at once, without changing it:', () => {
  let lab: PasswordLab;
  beforeEach(async () => {
    const scope = { include: [`OU=People,${ROOT_DN}`], exclude: [], groups: [] };
    lab = await PasswordLab.begin({ scope });
    lab.source.put(container('elsewhere', 'Elsewhere'));
    for (const name of NAMES) lab.hire(name, `Sommer-${name}`);
    await lab.syncBoth();
    expect(lab.takeSent(NAMES).toSorted()).toEqual(NAMES);
  });
  afterEach(() => lab.end());

  async function expectSentAgain(name: string, password = `Sommer-${name}`): Promise<void> {
    expect(await lab.cycle()).toMatchObject({ sent: 1, failed: 0 });
    expect(lab.takeSent(NAMES)).toEqual([name]);
    expect(lab.signIn(name, password)).toBe('welcome');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
  }

  test('an account that left the scope and came back', async () => {
    lab.source.edit(guid('ann'), { place: { parent: guid('elsewhere'), rdn: 'CN=ann' } });
    await lab.syncBoth();
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('unknown');
    lab.source.edit(guid('ann'), { place: { parent: PEOPLE, rdn: 'CN=ann' } });
    await lab.sync();
    await expectSentAgain('ann');
  });

  test('also when no password cycle saw that it was away', async () => {
    lab.source.edit(guid('ann'), { place: { parent: guid('elsewhere'), rdn: 'CN=ann' } });
    await lab.sync();
    lab.source.edit(guid('ann'), { place: { parent: PEOPLE, rdn: 'CN=ann' } });
    await lab.sync();
    await expectSentAgain('ann');
  });

  test('an account that was disabled and enabled again', async () => {
    lab.edit('ann', DISABLED);
    expect(await lab.syncBoth()).toMatchObject({ sent: 0 });
    lab.edit('ann', ENABLED);
    await lab.sync();
    await expectSentAgain('ann');
  });

  test('also when no password cycle saw that it was disabled', async () => {
    lab.edit('ann', DISABLED);
    await lab.sync();
    lab.edit('ann', ENABLED);
    await lab.sync();
    await expectSentAgain('ann');
  });

  test('an account whose password was changed while it was disabled', async () => {
    lab.edit('ann', DISABLED);
    await lab.syncBoth();
    lab.setPassword('ann', 'Herbst-ann');
    expect(await lab.cycle()).toMatchObject({ read: 1, sent: 0 });
    lab.edit('ann', ENABLED);
    await lab.sync();
    await expectSentAgain('ann', 'Herbst-ann');
  });

  test('a user who was deleted in the office and restored', async () => {
    lab.source.remove(guid('ann'));
    await lab.syncBoth();
    lab.source.put(user('ann'));
    lab.setPassword('ann', 'Zurück-ann');
    await lab.sync();
    await expectSentAgain('ann', 'Zurück-ann');
  });

  test('a user whom somebody deleted in the tenant, and a run restored', async () => {
    const before = lab.idOf('ann');
    await lab.deleteInTenant('ann');
    expect(await lab.sync()).toMatchObject({ done: { restore: 1 } });
    expect(lab.idOf('ann')).toBe(before);
    await expectSentAgain('ann');
  });

  test.each([
    ['restored in the tenant', async () => lab.deleteInTenant('ann')],
    ['disabled and enabled again', async () => void lab.edit('ann', DISABLED)],
  ])('one whose password the tenant refused for hours is sent at once after he was %s', async (_what, leave) => {
    lab.target.refuse(({ targetId }) => targetId === lab.idOf('ann'), { code: '2', message: 'not now' }, 6);
    lab.setPassword('ann', 'Herbst-ann');
    for (let time = 0; time < 6; time++) {
      expect(await lab.cycle()).toMatchObject({ failed: 1 });
      lab.clock.now = Date.parse((await lab.account('ann'))?.nextAt ?? '');
    }
    lab.clock.now -= 90 * MINUTE;
    expect(await lab.cycle()).toMatchObject({ failed: 0, sent: 0 });
    await leave();
    await lab.sync();
    lab.edit('ann', ENABLED);
    await lab.sync();
    await expectSentAgain('ann', 'Herbst-ann');
  });

  test('and one who was renamed and moved within the scope needs nothing', async () => {
    lab.source.put({ ...container('deeper', 'Deeper'), place: { parent: PEOPLE, rdn: 'OU=Deeper' } });
    lab.edit('ann', { userPrincipalName: 'anna@contoso.com', displayName: 'Anna' });
    lab.source.edit(guid('ann'), { place: { parent: guid('deeper'), rdn: 'CN=anna' } });
    expect(await lab.syncBoth()).toMatchObject({ sent: 0 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    expect(lab.lab.target.find(anchorOf('ann'))?.attributes).toMatchObject({ userPrincipalName: 'anna@contoso.com' });
  });
});

test('a user who has got another object in the tenant can sign in at once, without a change of the password', async () => {
  const lab = await PasswordLab.begin({ tenant: { restorableTypes: [] } });
  lab.hire('ann', 'Sommer-ann');
  await lab.syncBoth();
  const before = lab.idOf('ann');
  await lab.deleteInTenant('ann');
  await lab.sync();
  expect(await lab.sync()).toMatchObject({ failed: 0 });
  expect(lab.idOf('ann')).not.toBe(before);
  expect(await lab.cycle()).toMatchObject({ sent: 1 });
  expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
  await lab.end();
});
