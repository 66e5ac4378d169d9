import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { searchMemory } from '../lab/search-memory.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { describeCompany } from './describe-company.ts';
import { grantReplication, makePassword, PASSWORD_HASHES, signIn } from './office-passwords.ts';

const PROCESS = fileURLToPath(new URL('./synchronizing-process.ts', import.meta.url));
const USERS = 400;

interface Needle {
  readonly what: string;
  readonly bytes: Buffer;
}

/** The hash of a password, whole and by halves, since it is decrypted by halves, and as PBKDF2 takes it. */
function formsOfHash(hash: Buffer): readonly Needle[] {
  const digits = hash.toString('hex').toUpperCase();
  return [
    { what: 'first half of a hash', bytes: hash.subarray(0, 8) },
    { what: 'second half of a hash', bytes: hash.subarray(8) },
    { what: 'hash in hexadecimal', bytes: Buffer.from(digits, 'latin1') },
    { what: 'hash as PBKDF2 takes it', bytes: Buffer.from(digits, 'utf16le') },
  ];
}

describeCompany('the memory of the process', (lab) => {
  let child: ChildProcess | undefined;
  let folder = '';

  beforeAll(() => grantReplication(lab.company));
  afterEach(() => void child?.kill('SIGKILL'));
  // After the tenant, which writes into it when it ends.
  afterAll(() => removeTemporaryFolder(folder));

  it('holds no password hash any more, in any form, once all of them are in the tenant', async () => {
    const { company } = lab;
    const ou = await company.makeOu('Staff');
    const names = Array.from({ length: USERS }, (_, index) => `member${index}`);
    await company.makeUsers(ou, Object.fromEntries(names.map((name) => [name, { sAMAccountName: name }])));
    const passwords = new Map(names.map((name) => [name, makePassword()]));
    await company.domain.setPasswords(passwords);
    folder = await makeTemporaryFolder('dirbridge-memory-');
    const stateFile = join(folder, 'tenant.json');
    const tenant = await lab.follow({
      scope: { include: [ou] },
      config: PASSWORD_HASHES,
      emulator: { stateFile, seed: { tenant: { synchronization: { isEnabled: true } } } },
    });
    await tenant.changeTarget({ via: 'provisioning' });
    expect(await tenant.sync()).toMatchObject({ outcome: 'done', failed: 0 });

    child = spawn(process.execPath, [PROCESS, tenant.configFile], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (child.stdout === null) throw new Error('it did not start');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    expect(JSON.parse(line)).toMatchObject({ outcome: 'done', mode: 'full', sent: USERS, failed: 0 });
    expect(await signIn(tenant, 'member7', passwords.get('member7') ?? '')).toBe('ok');

    const hashes = [...(await company.domain.readHashes()).values()].filter((hash) => hash !== null);
    expect(hashes.length).toBeGreaterThan(USERS);
    tenant.emulator.advanceClock(0);
    const credentials = (await readFile(stateFile, 'utf8')).match(/v1;PPH1_MD4,[0-9a-f,]+;/g) ?? [];
    expect(credentials).toHaveLength(USERS);
    const needles = [
      ...hashes.flatMap((hash) => formsOfHash(Buffer.from(hash, 'hex'))),
      ...credentials.map((credential) => ({
        what: 'derived key',
        bytes: Buffer.from(credential.slice(-65, -1), 'latin1'),
      })),
    ];
    const known = Buffer.from('member7@contoso.com');
    const [public_, ...counts] = searchMemory(child.pid ?? 0, [known, ...needles.map(({ bytes }) => bytes)]);
    // The search finds what is there.
    expect(public_).toBeGreaterThan(0);
    expect(needles.flatMap(({ what }, index) => (counts[index] === 0 ? [] : [what]))).toEqual([]);
  });
});
