import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { type Ended, runCommand } from '../lab/run-command.ts';
import { type SambaDomain, startSamba } from '../lab/samba.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';

describe.skipIf(!directoryServersAvailable())('an administrator who sets Dirbridge up', () => {
  let domain: SambaDomain;
  let emulator: Emulator;
  let folder: string;

  beforeAll(async () => {
    domain = await startSamba({ recycleBin: true });
    emulator = await startEmulator({ domains: ['corp.example.com'], throttle: 'off' });
    folder = await makeTemporaryFolder('dirbridge-set-up-');
    writeFileSync(join(folder, 'secret'), emulator.clientSecret, { mode: 0o600 });
  });
  afterAll(async () => {
    await domain?.stop();
    await emulator?.close();
    if (folder !== undefined) await removeTemporaryFolder(folder);
  });

  function writeConfig(user: string, passwordFile: string, more = ''): void {
    const { url, tenant, clientId } = emulator;
    writeFileSync(
      join(folder, 'dirbridge.yaml'),
      `sources:
  - { name: corp, kind: ad, servers: [${domain.ldapsUrl}], tls: { ca: ${domain.ca} }, user: ${user}, password: { file: ${passwordFile} } }
target: { kind: entra, tenant: ${tenant}, clientId: ${clientId}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
${more}`,
    );
  }

  function dirbridge(...args: readonly string[]): Promise<Ended> {
    return runCommand(args, { DIRBRIDGE_CONFIG: join(folder, 'dirbridge.yaml') });
  }

  const asAdmin = (): readonly string[] => [
    '--admin',
    domain.admin.user,
    '--admin-password-file',
    domain.admin.passwordFile,
  ];

  it('is told the command by check, has the account made by it, and is ready', async () => {
    const poor = await domain.addServiceAccount({ name: 'svc-dirbridge', replicationRights: false });
    writeFileSync(join(folder, 'corp-password'), poor.password, { mode: 0o600 });
    writeConfig(poor.user, './corp-password');
    const before = await dirbridge('check');
    expect(before.out).toMatch(
      /warning .*lacks the right "Replicating Directory Changes".*\n.*dirbridge account create/,
    );

    const made = await dirbridge('account', 'create', '--run', '--existing', ...asAdmin());
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain(`right: Replicating Directory Changes on ${domain.baseDn}: given\n`);
    expect(made.out).toContain('corp-password stays as it is');

    const after = await dirbridge('check');
    expect(after.out).toContain('changes are read by DirSync\n');
    expect(after.out).toContain('Ready.');
  });

  it('gets an account from nothing, whose password nobody sees, and a plan of what it reads', async () => {
    writeConfig('svc-new@corp.example.com', './new-password');
    const made = await dirbridge('account', 'create', '--run', '--json', ...asAdmin());
    expect(made.code).toBe(0);
    const password = readFileSync(join(folder, 'new-password'), 'utf8');
    for (const secret of [password, domain.admin.password]) expect(made.out + made.err).not.toContain(secret);
    expect(JSON.parse(made.out)).toMatchObject({ source: 'corp', user: 'svc-new@corp.example.com', ok: true });
    const planned = await dirbridge('plan');
    expect(planned.out).toMatch(/from corp: full, .*DirSync/);
    const again = await dirbridge('account', 'create', '--run', '--json', ...asAdmin());
    expect(again.code).toBe(2);
    expect(JSON.parse(again.out)).toMatchObject({ error: { code: 'account-exists' } });
    expect(readFileSync(join(folder, 'new-password'), 'utf8')).toBe(password);
  });

  it('gets an account for password hashes, which is tried with the one password that is no secret', async () => {
    writeConfig('svc-hashes@corp.example.com', './hashes-password', 'passwords: { method: hash }\n');
    const made = await dirbridge('account', 'create', '--run', ...asAdmin());
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toContain('changes are read by DirSync\n');
    expect(made.out).toContain('svc-hashes@corp.example.com may read passwords of');
    expect(made.out).toContain('its own was read and is right\n');
  });
});
