import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from '../../../test/lab/temporary-folder.ts';
import { adSource } from './connector.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The lines of a check whose tls.ca names that file. */
async function checkWith(ca: string) {
  const section = adSource.section.parse({
    servers: ['ldaps://dc1.corp.example.com'],
    tls: { ca },
    user: 'svc@corp.example.com',
    password: { env: 'PASSWORD' },
  });
  const context = {
    name: 'corp',
    log: SILENT,
    now: () => new Date(),
    readSecret: () => '',
    resolvePath: (p: string) => p,
  };
  return Array.fromAsync(adSource.create(section, context).check());
}

describe('a certificate file that cannot be used', () => {
  it('is a mistake of the configuration, not of the server', async () => {
    const folder = await makeTemporaryFolder('dirbridge-ca-');
    const der = join(folder, 'ca.der');
    writeFileSync(der, Buffer.from([0x30, 0x82, 0x01, 0x0a]));
    const missing = join(folder, 'nowhere.pem');
    for (const [file, why] of [
      [der, 'holds no certificate in PEM form'],
      [missing, 'cannot be read'],
    ] as const) {
      const [line] = await checkWith(file);
      expect(line).toMatchObject({ state: 'error', code: 'config-invalid' });
      expect(line?.detail).toContain(`tls.ca: ${file} ${why}`);
    }
    await removeTemporaryFolder(folder);
  });
});
