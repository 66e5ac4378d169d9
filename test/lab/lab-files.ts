import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LabEmulator } from './lab-emulator.ts';
import type { LabForest } from './lab-forest.ts';

const STORE_FILES = ['dirbridge.db', 'dirbridge.db-wal', 'dirbridge.db-shm', 'dirbridge.db.lock'] as const;

/** Makes the folder, without what an earlier lab left there: its store describes another tenant. */
export async function prepareLabFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of [...STORE_FILES, 'emulator.log']) await rm(join(folder, name), { force: true });
}

/** Writes dirbridge.yaml with what it refers to, and two commands for each forest that are bound to it. */
export async function writeLabFiles(
  folder: string,
  forests: readonly LabForest[],
  emulator: LabEmulator,
): Promise<string> {
  for (const forest of forests) await writeForestFiles(folder, forest);
  await writeSecret(join(folder, 'client-secret'), emulator.clientSecret);
  const file = join(folder, 'dirbridge.yaml');
  await writeFile(file, stringify(describeConfiguration(forests, emulator), { lineWidth: 0 }));
  return file;
}

function describeConfiguration(forests: readonly LabForest[], emulator: LabEmulator): object {
  return {
    sources: forests.map(({ name, domain, service, container }) => ({
      name,
      kind: 'ad',
      servers: [domain.ldapsUrl],
      tls: { ca: `./${name}-ca.pem` },
      user: service.user,
      password: { file: `./${name}-password` },
      scope: { include: [container] },
    })),
    target: {
      kind: 'entra',
      tenant: emulator.tenant,
      clientId: emulator.clientId,
      clientSecret: { file: './client-secret' },
      graph: emulator.url,
      authority: emulator.url,
    },
    store: 'sqlite:./dirbridge.db',
    rules: ['standard'],
  };
}

async function writeForestFiles(folder: string, { name, domain, service }: LabForest): Promise<void> {
  await copyFile(domain.ca, join(folder, `${name}-ca.pem`));
  await writeSecret(join(folder, `${name}-password`), service.password);
  const bind = `-x -H ${domain.ldapsUrl} -D ${domain.admin.user} -y '${domain.admin.passwordFile}'`;
  const commands = {
    'samba-tool': `exec samba-tool "$@" -s '${domain.smbConf}'`,
    ldapmodify: `LDAPTLS_CACERT='${domain.ca}' exec ldapmodify ${bind} "$@"`,
    ldapsearch: `LDAPTLS_CACERT='${domain.ca}' exec ldapsearch -LLL -o ldif-wrap=no ${bind} -b ${domain.baseDn} "$@"`,
  };
  for (const [command, line] of Object.entries(commands)) {
    const file = join(folder, `${name}-${command}`);
    await writeFile(
      file,
      `#!/bin/sh\n# ${command} as the administrator of ${domain.realm}; works while the lab runs.\n${line}\n`,
      {
        mode: 0o755,
      },
    );
  }
}

async function writeSecret(file: string, secret: string): Promise<void> {
  await rm(file, { force: true });
  await writeFile(file, secret, { mode: 0o600 });
}
