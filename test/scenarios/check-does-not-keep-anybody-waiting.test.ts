import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App, readConfig } from '../../src/app.ts';
import type { CheckLine } from '../../src/connectors/connector.ts';
import { SILENT_LOG } from '../../src/log.ts';

/** A tenant as it is when nobody gets through to it. */
let folder: string;
let server: Server;
let asked: string[];
/** Milliseconds that requests were given. */
let limits: number[];
let answer: (path: string, response: ServerResponse) => void;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-check-'));
  asked = [];
  server = createServer((request: IncomingMessage, response) => {
    const path = new URL(request.url ?? '/', 'http://tenant').pathname;
    asked.push(path);
    request.resume();
    answer(path, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const inTime = AbortSignal.timeout;
  limits = [];
  // What is waited for in seconds takes hundredths of them here.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    limits.push(milliseconds);
    return inTime.call(AbortSignal, milliseconds / 100);
  });
});

afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

async function checkTenant(passwords: string): Promise<readonly CheckLine[]> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(join(folder, 'secret'), 'secret', { mode: 0o600 });
  writeFileSync(join(folder, 'corp.csv'), 'objectClass,sourceAnchor\n');
  const file = join(folder, 'dirbridge.yaml');
  const ids = 'tenant: contoso.onmicrosoft.com, clientId: 00000000-0000-4000-8000-000000000001';
  writeFileSync(
    file,
    `sources:
  - { name: corp, kind: ad, servers: ["ldaps://127.0.0.1:1"], user: reader, password: { file: ./secret } }
target: { kind: entra, ${ids}, clientSecret: { file: ./secret }, graph: "${url}", authority: "${url}" }
passwords: { method: ${passwords} }
`,
  );
  const app = new App(readConfig(file), { log: SILENT_LOG, progress: () => undefined, command: 'check' });
  const lines = await Array.fromAsync(app.check());
  return lines.filter(({ what }) => what.startsWith('tenant'));
}

const signsIn = (response: ServerResponse) =>
  response
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify({ token_type: 'Bearer', expires_in: 3600, access_token: 'e30.e30.e30' }));

test('a sign-in that says nothing is told after two tries of ten seconds', async () => {
  answer = () => undefined;
  const [line, ...more] = await checkTenant('off');
  expect(more).toEqual([]);
  expect(line).toMatchObject({ what: 'tenant: sign-in', state: 'error', code: 'tenant-unreachable' });
  expect(line?.detail).toContain('no answer within 10 s');
  expect(asked).toHaveLength(2);
  expect(limits).toEqual([10_000, 10_000]);
});

test('a tenant that says nothing is told once, not for every question', async () => {
  answer = (path, response) => (path.endsWith('/token') ? signsIn(response) : undefined);
  const lines = await checkTenant('off');
  expect(lines.map(({ what, state }) => [what, state])).toEqual([
    ['tenant: sign-in', 'ok'],
    ['tenant: organization', 'error'],
  ]);
  expect(lines[1]?.detail).toBe('Microsoft Graph did not answer: GET /v1.0/organization: no answer within 10 s.');
  expect(asked.filter((path) => !path.endsWith('/token'))).toHaveLength(2);
});

test('a tenant that wants to be left alone for minutes is told at once', async () => {
  answer = (path, response) => {
    if (path.endsWith('/token')) signsIn(response);
    else response.writeHead(429, { 'retry-after': '120' }).end();
  };
  const lines = await checkTenant('off');
  expect(lines.at(-1)).toMatchObject({ what: 'tenant: organization', code: 'tenant-unreachable' });
  expect(lines.at(-1)?.detail).toContain('429');
  expect(asked.filter((path) => !path.endsWith('/token'))).toHaveLength(1);
});

test('nor does the provisioning service keep anybody waiting', async () => {
  answer = (path, response) => {
    if (path.endsWith('/token')) signsIn(response);
  };
  const lines = await checkTenant('hash');
  const service = lines.find(({ what }) => what === 'tenant: provisioning service');
  expect(service).toMatchObject({ state: 'error', code: 'tenant-unreachable' });
  expect(service?.detail).toContain('no answer within 10 s');
  expect(asked.filter((path) => path.endsWith('.svc'))).toHaveLength(2);
});
