import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { syncPasswords } from '../../src/app/password-cycles.ts';
import { type Config, readConfig } from '../../src/app.ts';
import { ntHashOf } from '../../src/connectors/memory/md4.ts';
import { readCycles } from '../../src/passwords/cycle-record.ts';
import { deriveCredential } from '../../src/passwords/derive-credential.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { anchorOf, guid } from '../memory/memory-lab.ts';
import { PasswordLab } from './password-lab.ts';

describe('an administrator has passwords sent again', () => {
  let folder: string;
  let lab: PasswordLab;

  beforeEach(async () => {
    folder = await makeTemporaryFolder('dirbridge-again-');
    lab = await PasswordLab.begin();
    for (const name of ['ann', 'bob']) lab.hire(name, `Sommer-${name}`);
    await lab.sync();
  });
  afterEach(async () => {
    await lab.end();
    await removeTemporaryFolder(folder);
  });

  function configure(passwords: string): Config {
    const file = join(folder, 'dirbridge.yaml');
    const target =
      '{ kind: entra, tenant: t.onmicrosoft.com, clientId: 00000000-0000-4000-8000-000000000000, clientSecret: { env: S } }';
    writeFileSync(
      file,
      `sources: [{ name: corp, kind: ldif, path: x.ldif }]\ntarget: ${target}\npasswords: ${passwords}\n`,
    );
    return readConfig(file);
  }

  function again(users: readonly string[], passwords = '{ method: hash }', full = false) {
    return syncPasswords(lab.lab.context, configure(passwords), { full, users }, undefined);
  }

  /** Somebody sets another password in the tenant. */
  async function forgetInTenant(name: string): Promise<void> {
    const credential = await deriveCredential(ntHashOf('Set-in-the-cloud'));
    const changedAt = new Date(lab.clock.now).toISOString();
    await lab.target.write([
      { anchor: anchorOf(name), targetId: lab.idOf(name), credential, changedAt, forceChange: false },
    ]);
    expect(lab.signIn(name, `Sommer-${name}`)).toBe('wrong');
  }

  test('of one user, by any name, whatever was sent before', async () => {
    await again([]);
    for (const name of ['ann@contoso.com', `CN=ann,OU=People,DC=corp,DC=example,DC=com`, guid('ann')]) {
      const { cycle, users } = await again([name]);
      expect(cycle).toMatchObject({ mode: 'accounts', sent: 1, read: 1 });
      expect(users).toMatchObject([{ asked: name, state: 'synchronized', object: { name: 'ann@contoso.com' } }]);
    }
  });

  test('of everybody', async () => {
    expect((await again([])).cycle).toMatchObject({ sent: 2 });
    expect((await again([])).cycle).toMatchObject({ sent: 0 });
    expect((await again([], '{ method: hash }', true)).cycle).toMatchObject({ mode: 'full', sent: 2 });
  });

  test('also one of which only the demand to change it is new, which the tenant does not take', async () => {
    await again([]);
    lab.editPassword('ann', { mustChange: true });
    expect((await again([])).cycle).toMatchObject({ read: 1, sent: 0 });
    await forgetInTenant('ann');
    expect(await again(['ann@contoso.com'])).toMatchObject({ cycle: { sent: 1 }, users: [{ state: 'synchronized' }] });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    await forgetInTenant('ann');
    expect((await again([], '{ method: hash }', true)).cycle).toMatchObject({ sent: 2 });
    expect(lab.signIn('ann', 'Sommer-ann')).toBe('welcome');
    expect((await again([])).cycle).toMatchObject({ sent: 0 });
  });

  test('but not one that the tenant has with a demand which it would take no more', async () => {
    lab.target.setFeatures({ mayForceChange: true });
    lab.setPassword('ann', 'Temporary-1', { mustChange: true });
    await again([]);
    lab.target.setFeatures({ mayForceChange: false });
    expect(await again(['ann@contoso.com'])).toMatchObject({ cycle: { sent: 0 }, users: [{ state: 'synchronized' }] });
    expect(lab.signIn('ann', 'Temporary-1')).toBe('must-change');
  });

  test('and is told when one is left out, fails, or is not known', async () => {
    const except = `{ method: hash, except: ["CN=ann,OU=People,DC=corp,DC=example,DC=com"] }`;
    expect(await again(['ann@contoso.com'], except)).toMatchObject({
      cycle: { sent: 0 },
      users: [{ state: 'excluded', reason: 'not-selected' }],
    });
    lab.target.refuse(({ targetId }) => targetId === lab.idOf('bob'), { code: '2', message: 'not this one' });
    expect(await again(['bob@contoso.com'])).toMatchObject({
      cycle: { failed: 1 },
      users: [{ state: 'failing', failure: 'not this one (2)' }],
    });
    await expect(again(['nobody'])).rejects.toMatchObject({ code: 'object-not-found' });
  });

  test('and a cycle that cannot begin is the last one, and has failed', async () => {
    await again([]);
    await expect(again([], '{ method: hash, except: ["CN=ann,OU=Typo,DC=corp,DC=example,DC=com"] }')).rejects.toThrow(
      'except[0]',
    );
    expect(await readCycles(lab.store)).toMatchObject({
      last: { outcome: 'failed', message: expect.stringContaining('passwords.except[0] names'), sent: 0 },
      lastSent: { outcome: 'done', sent: 2 },
    });
    await expect(again(['nobody'])).rejects.toThrow('nobody');
    await again([]);
    expect(await readCycles(lab.store)).toMatchObject({ last: { outcome: 'done' } });
  });

  test('only where the configuration says how passwords are synchronized', async () => {
    await expect(again([], '{ method: off }')).rejects.toMatchObject({ code: 'usage' });
    await expect(again([], '{ method: capture, socket: /run/a.sock }')).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('no source has domain controllers that could hand passwords over'),
    });
  });
});
