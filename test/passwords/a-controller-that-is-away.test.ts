import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App, readConfig } from '../../src/app.ts';
import { adSource } from '../../src/connectors/ad/connector.ts';
import { SILENT_LOG } from '../../src/log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-away-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Neither directory nor tenant are there. */
function newApp(): App {
  writeFileSync(join(folder, 'secret'), 'secret', { mode: 0o600 });
  const ids = 'tenant: contoso.onmicrosoft.com, clientId: 00000000-0000-4000-8000-000000000001';
  const url = 'http://127.0.0.1:1';
  const file = join(folder, 'dirbridge.yaml');
  writeFileSync(
    file,
    `sources:
  - { name: corp, kind: ad, servers: ["ldaps://127.0.0.1:1"], user: reader, password: { file: ./secret } }
target: { kind: entra, ${ids}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
passwords: { method: hash }
`,
  );
  return new App(readConfig(file), { log: SILENT_LOG, progress: () => undefined, command: 'serve' });
}

test('what one password cycle learns of the domain controllers is not forgotten by the next one of the process', async () => {
  const create = vi.spyOn(adSource, 'create');
  const app = newApp();
  // Before the first import there is nobody whose password could be read.
  for (let cycle = 0; cycle < 2; cycle++) await app.syncPasswords({ full: false, users: [] });
  expect(create).toHaveBeenCalledTimes(1);
});
