import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ntHashOf } from '../../src/connectors/memory/md4.ts';
import { markRestored } from '../../src/engine/mark-restored.ts';
import { deriveCredential } from '../../src/passwords/derive-credential.ts';
import { noteTerm } from '../../src/passwords/judge-everybody.ts';
import { anchorOf } from '../memory/memory-lab.ts';
import { PasswordLab } from './password-lab.ts';

describe('what the tenant was sent without our knowing of it', () => {
  let lab: PasswordLab;

  beforeEach(async () => {
    lab = await PasswordLab.begin();
    for (const name of ['ann', 'bob', 'cid']) lab.hire(name, `Sommer-${name}`);
    await lab.sync();
    await noteTerm(lab.store, 1);
    expect(await lab.cycle()).toMatchObject({ sent: 3 });
    lab.setPassword('cid', 'Temporary-cid', { mustChange: true });
    await lab.cycle();
    // A random one, say, in the place of that of an account which had expired, and has been extended since.
    const credential = await deriveCredential(ntHashOf('Known-to-nobody'));
    const user = { anchor: anchorOf('ann'), targetId: lab.idOf('ann') };
    const changedAt = new Date(lab.clock.now).toISOString();
    await lab.target.write([{ ...user, credential, changedAt, forceChange: false }]);
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('wrong');
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
  });
  afterEach(() => lab.end());

  async function expectAllSentOnce(): Promise<void> {
    expect(await lab.cycle()).toMatchObject({ sent: 2, failed: 0 });
    expect(['ann', 'bob'].map((name) => lab.signIn(name, `Sommer-${name}`))).toEqual(['welcome', 'welcome']);
    // He is no new user because of that: what the tenant takes of temporary passwords holds as ever.
    expect([await lab.state('cid'), lab.signIn('cid', 'Sommer-cid')]).toEqual(['waiting temporary', 'welcome']);
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
  }

  test('by another server is made good once this one writes again', async () => {
    await noteTerm(lab.store, 3);
    await expectAllSentOnce();
    await noteTerm(lab.store, 3);
    expect(await lab.cycle()).toMatchObject({ sent: 0 });
  });

  test('after a backup was made is made good when it is put back', async () => {
    await markRestored(lab.store, 'restore', new Date(lab.clock.now).toISOString());
    await lab.sync();
    await expectAllSentOnce();
  });
});
