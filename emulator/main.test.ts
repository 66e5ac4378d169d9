import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createSelfSignedCertificate } from './self-signed-certificate.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

function start(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function readyLine(child: ChildProcess): Promise<Record<string, string>> {
  if (!child.stdout) throw new Error('no standard output');
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Record<string, string>;
  throw new Error('ended without a line');
}

async function exitCode(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

test.each([
  'SIGINT',
  'SIGTERM',
] as const)('prints one line when it is ready and stops cleanly on %s', async (signal) => {
  const child = start('--port', '0', '--tenant', 'fabrikam.onmicrosoft.com');
  const line = await readyLine(child);
  expect(Object.keys(line)).toEqual(['url', 'tenantId', 'tenant', 'clientId', 'clientSecret']);
  expect(line['tenant']).toBe('fabrikam.onmicrosoft.com');
  expect((await fetch(`${line['url']}/emulator/stats`)).status).toBe(200);
  child.kill(signal);
  expect(await exitCode(child)).toBe(0);
});

test('wrong use ends with 2 and a sentence', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-'));
  const seed = join(folder, 'seed.json');
  writeFileSync(seed, '{"groups":[{"displayName":"Team","members":["nobody"]}]}');
  for (const args of [
    ['--throttle', 'sometimes'],
    ['--seed', '/nowhere/seed.json'],
    ['--seed', seed],
    ['--certificate', seed],
    ['--tls', `${seed},${seed}`],
    ['--port', '70000'],
    ['--state', '/nowhere/state.json'],
    ['--tenant', 'contoso.com'],
    ['--unknown'],
  ]) {
    const child = start(...args);
    let text = '';
    child.stderr?.on('data', (piece) => {
      text += String(piece);
    });
    expect([args, await exitCode(child)]).toEqual([args, 2]);
    expect(text).not.toContain('    at ');
  }
  rmSync(folder, { recursive: true });
});

test('serves HTTPS for every host name with --tls, and links keep the name that was used', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-tls-'));
  const { certificate, privateKey } = createSelfSignedCertificate('localhost', {
    hosts: ['127.0.0.1', 'login.microsoftonline.com'],
  });
  writeFileSync(join(folder, 'cert.pem'), certificate);
  writeFileSync(join(folder, 'key.pem'), privateKey);
  const child = start('--tls', `${join(folder, 'cert.pem')},${join(folder, 'key.pem')}`);
  const line = await readyLine(child);
  const url = new URL(line['url'] ?? '');
  expect(url.protocol).toBe('https:');
  const path = `/${line['tenant']}/v2.0/.well-known/openid-configuration`;
  const document = await new Promise<string>((resolve, reject) => {
    const headers = { host: 'login.microsoftonline.com' };
    get(
      { host: url.hostname, port: url.port, path, headers, ca: certificate, servername: 'login.microsoftonline.com' },
      (response) => {
        let text = '';
        response.on('data', (piece) => {
          text += String(piece);
        });
        response.on('end', () => resolve(text));
      },
    ).on('error', reject);
  });
  expect(JSON.parse(document)).toMatchObject({
    token_endpoint: `https://login.microsoftonline.com/${line['tenantId']}/oauth2/v2.0/token`,
  });
  child.kill('SIGTERM');
  expect(await exitCode(child)).toBe(0);
  rmSync(folder, { recursive: true });
});
