import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PasswordReadEvent, PasswordSource, PasswordTarget } from '../../src/connectors/connector.ts';
import { DirbridgeError } from '../../src/errors.ts';
import { overriding } from '../faults/deadly-store.ts';
import { anchorOf, container, guid, PEOPLE, ROOT_DN, user } from '../memory/memory-lab.ts';
import { PasswordLab } from './password-lab.ts';

const ANN = `CN=ann,OU=People,${ROOT_DN}`;
const AWAY = new DirbridgeError('tenant-unreachable', 'the tenant did not answer');

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

describe('a temporary password of somebody who comes back opens nothing in a tenant that takes no demand:', () => {
  let lab: PasswordLab;
  beforeEach(async () => {
    lab = await PasswordLab.begin({ scope: { include: [`OU=People,${ROOT_DN}`], exclude: [], groups: [] } });
    lab.source.put(container('elsewhere', 'Elsewhere'));
    lab.hire('ann', 'Sommer-2030');
    await lab.syncBoth();
  });
  afterEach(() => lab.end());

  test.each<[string, () => void | Promise<void>, () => void]>([
    [
      'disabled and enabled',
      () => lab.edit('ann', { userAccountControl: 514n }),
      () => lab.edit('ann', { userAccountControl: 512n }),
    ],
    [
      'out of the scope and in it again',
      () => lab.source.edit(guid('ann'), { place: { parent: guid('elsewhere'), rdn: 'CN=ann' } }),
      () => lab.source.edit(guid('ann'), { place: { parent: PEOPLE, rdn: 'CN=ann' } }),
    ],
    [
      'left out by the configuration for a while',
      () => {
        lab.options = { except: [ANN] };
      },
      () => {
        lab.options = {};
      },
    ],
    ['deleted in the office and restored', () => lab.source.remove(guid('ann')), () => lab.source.put(user('ann'))],
    ['deleted in the tenant and restored by a run', () => lab.deleteInTenant('ann'), () => undefined],
  ])('%s', async (_what, leave, comeBack) => {
    const before = lab.idOf('ann');
    await leave();
    await lab.syncBoth();
    comeBack();
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    expect(await lab.syncBoth()).toMatchObject({ sent: 0 });
    expect(lab.idOf('ann')).toBe(before);
    expect([lab.signIn('ann', 'Temporary-1'), lab.signIn('ann', 'Sommer-2030')]).toEqual(['wrong', 'welcome']);
    expect(await lab.state('ann')).toBe('waiting temporary');
    expect(await lab.lab.findings('password-temporary')).toHaveLength(1);
    lab.setPassword('ann', 'Herbst-2030');
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Herbst-2030')).toBe('welcome');
    expect(await lab.lab.findings('password-temporary')).toEqual([]);
  });
});

describe('a temporary password is withheld where the tenant may have had a password already', () => {
  let lab: PasswordLab;
  beforeEach(async () => {
    lab = await PasswordLab.begin();
  });
  afterEach(() => lab.end());

  test('as it may of a user who had been there before us', async () => {
    lab.lab.target.seed('user', { sourceAnchor: anchorOf('ann'), userPrincipalName: 'ann@contoso.com' });
    lab.hire('ann', 'Temporary-1', {}, { mustChange: true });
    expect(await lab.syncBoth()).toMatchObject({ sent: 0 });
    expect([await lab.state('ann'), lab.signIn('ann', 'Temporary-1')]).toEqual(['waiting temporary', 'no-password']);
  });

  test('and as it may when it never answered for the first one', async () => {
    lab.hire('ann', 'Anfang-1', {}, { mustChange: true });
    await lab.sync();
    lab.target.breakAfter(1, AWAY);
    await expect(lab.cycle()).rejects.toThrow('did not answer');
    expect(lab.signIn('ann', 'Anfang-1')).toBe('must-change');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
    expect([await lab.state('ann'), lab.signIn('ann', 'Anfang-1')]).toEqual(['waiting temporary', 'must-change']);
  });

  test('and as it has when the user gets another one while everybody is read, and the first is sent before that one', async () => {
    // So many that some have to be sent before all are taken over.
    const [some, others] = [namesFrom(0), namesFrom(600)];
    for (const name of ['ann', ...some, ...others]) lab.hire(name, `Sommer-${name}`);
    await lab.sync();
    const { passwords } = lab.source;
    const told = async (names: readonly string[]) => (await Array.fromAsync(passwords.fetch(names.map(guid)))).flat();
    async function* read(): AsyncGenerator<PasswordReadEvent> {
      yield { kind: 'begin', mode: 'full', reason: null };
      yield { kind: 'page', passwords: await told(['ann', ...some]) };
      lab.setPassword('ann', 'Temporary-1', { mustChange: true });
      yield { kind: 'page', passwords: await told([...others, 'ann']) };
      yield { kind: 'end', watermark: '' };
    }
    const source: PasswordSource = {
      check: () => passwords.check(),
      fetch: (anchors) => passwords.fetch(anchors),
      read,
    };
    await lab.cycleWith({ ...(await lab.context()), sources: [{ name: 'corp', passwords: source }] });
    expect([lab.signIn('ann', 'Temporary-1'), lab.signIn('ann', 'Sommer-ann')]).toEqual(['wrong', 'welcome']);
    await lab.cycle();
    expect([lab.signIn('ann', 'Temporary-1'), await lab.state('ann')]).toEqual(['wrong', 'waiting temporary']);
  });

  test('so that the first one is marked as one that may not be sent twice, and no other', async () => {
    lab.hire('ann', 'Anfang-1', {}, { mustChange: true });
    lab.hire('bob', 'Sommer-2030');
    await lab.sync();
    const written: string[] = [];
    const { target, ...context } = await lab.context();
    const write: PasswordTarget['write'] = (writes) => {
      written.push(...writes.map(({ anchor, isOnce }) => `${anchor === anchorOf('ann') ? 'ann' : 'bob'} ${isOnce}`));
      return target.write(writes);
    };
    const watched = overriding<PasswordTarget>(target, { write });
    await lab.cycleWith({ ...context, target: watched });
    lab.target.setFeatures({ mayForceChange: true });
    lab.setPassword('ann', 'Temporary-2', { mustChange: true });
    await lab.cycleWith({ ...context, target: watched });
    expect(written.toSorted()).toEqual(['ann false', 'ann true', 'bob false']);
  });

  test('but not of a user whose creation was never answered: a run has found that it is ours', async () => {
    lab.hire('ann', 'Anfang-1', {}, { mustChange: true });
    lab.lab.target.breakAfter(1, AWAY);
    await expect(lab.sync()).rejects.toThrow('did not answer');
    expect(await lab.syncBoth()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Anfang-1')).toBe('must-change');
  });

  test('but not when the tenant has only refused the first one', async () => {
    lab.hire('ann', 'Anfang-1', {}, { mustChange: true });
    await lab.sync();
    lab.target.refuse(() => true, { code: '2', message: 'not now' });
    expect(await lab.cycle()).toMatchObject({ failed: 1 });
    expect(await lab.cycle()).toMatchObject({ sent: 1 });
    expect(lab.signIn('ann', 'Anfang-1')).toBe('must-change');
  });
});

function namesFrom(first: number): readonly string[] {
  return Array.from({ length: 600 }, (_, at) => `user${first + at}`);
}
