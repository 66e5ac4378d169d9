import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EntraTenant, readAll, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { CheckLine, TargetConnector } from '../connector.ts';

interface Pem {
  readonly certificate: string;
  readonly key: string;
  readonly encryptedKey: string;
}

function makeCertificate(folder: string, name: string): Pem {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const subject = ['-subj', `/CN=${name}`, '-days', '90', '-newkey', 'rsa:2048', '-nodes'];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', at('key'), '-out', at('crt')], { stdio: 'ignore' });
  const lock = ['pkcs8', '-topk8', '-in', at('key'), '-out', at('enc'), '-passout', 'pass:open sesame'];
  execFileSync('openssl', lock, { stdio: 'ignore' });
  const [certificate = '', key = '', encryptedKey = ''] = ['crt', 'key', 'enc'].map((file) =>
    readFileSync(at(file), 'utf8'),
  );
  return { certificate, key, encryptedKey };
}

let folder: string;
let registered: Pem;
let stranger: Pem;
let tenant: EntraTenant;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dirbridge-sign-in-'));
  registered = makeCertificate(folder, 'registered');
  stranger = makeCertificate(folder, 'stranger');
  tenant = await startEntraTenant({ certificates: [registered.certificate] });
});

afterAll(async () => {
  await tenant.close();
  rmSync(folder, { recursive: true });
});

const signInOf = (target: TargetConnector) => readAll(target, null).then((read) => read.begin.mode);

describe('with a secret', () => {
  test('the application signs in', async () => {
    await expect(signInOf(tenant.target)).resolves.toBe('full');
  });

  test('that is wrong the refusal names number, meaning and remedy, and never the secret', async () => {
    const target = tenant.connect({}, {}, { SECRET: 'Tr0ub4dor&3' });
    const refusal = await signInOf(target).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'tenant-sign-in', remedy: expect.stringContaining('client secret') });
    expect(String(refusal)).toContain('AADSTS7000215');
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain('Tr0ub4dor&3');
  });

  test('an application that the tenant does not know is told so', async () => {
    const target = tenant.connect({ clientId: '11111111-2222-3333-4444-555555555555' });
    await expect(signInOf(target)).rejects.toThrow(/AADSTS700016.*not known in this tenant/);
  });

  test('a tenant that does not exist is told so', async () => {
    await expect(signInOf(tenant.connect({ tenant: 'nowhere.onmicrosoft.com' }))).rejects.toThrow(/AADSTS90002/);
  });

  test('a token that has run out in the middle is renewed', async () => {
    const target = tenant.connect();
    const { watermark } = await readAll(target, null);
    tenant.emulator.advanceClock(2 * 3_600_000);
    const { begin } = await readAll(target, watermark);
    expect(begin.mode).toBe('delta');
  });
});

describe('with a certificate', () => {
  const connect = (pem: string, more: Readonly<Record<string, unknown>> = {}) =>
    tenant.connect(
      { clientSecret: undefined, certificate: { file: 'app.pem', ...more } },
      {},
      { 'app.pem': pem, PASS: 'open sesame' },
    );

  test('the application signs in', async () => {
    await expect(signInOf(connect(registered.key + registered.certificate))).resolves.toBe('full');
  });

  test('whose key is encrypted the passphrase opens it', async () => {
    const target = connect(registered.encryptedKey + registered.certificate, { passphrase: { env: 'PASS' } });
    await expect(signInOf(target)).resolves.toBe('full');
  });

  test('whose key is encrypted and has no passphrase the file is named', async () => {
    const target = connect(registered.encryptedKey + registered.certificate);
    await expect(signInOf(target)).rejects.toMatchObject({
      code: 'config-secret',
      message: expect.stringContaining('app.pem'),
    });
  });

  test('that is not registered is refused', async () => {
    await expect(signInOf(connect(stranger.key + stranger.certificate))).rejects.toThrow(/AADSTS700027/);
  });

  test('whose key belongs to another one is found out before anything is sent', async () => {
    await expect(signInOf(connect(stranger.key + registered.certificate))).rejects.toMatchObject({
      code: 'config-secret',
    });
  });

  test('the check tells until when it is good', async () => {
    const lines: CheckLine[] = [];
    for await (const line of connect(registered.key + registered.certificate).check()) lines.push(line);
    expect(lines[0]).toMatchObject({
      what: 'certificate',
      state: 'ok',
      detail: expect.stringMatching(/valid until \d{4}-/),
    });
  });
});

test('a sign-in that is told to wait waits that long', async () => {
  await tenant.control('faults', [{ match: 'POST /*/oauth2/v2.0/token', fault: '429', times: 2, retryAfter: 17 }]);
  const waits: number[] = [];
  const delay = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const target = tenant.connect({}, { pace: { now: () => 0, delay, random: () => 0.5 } });
  await expect(signInOf(target)).resolves.toBe('full');
  expect(waits).toEqual([17_000, 17_000]);
});

test('a sign-in that nobody answers is no refusal', async () => {
  const target = tenant.connect({ authority: 'http://127.0.0.1:1', graph: tenant.emulator.url });
  await expect(signInOf(target)).rejects.toMatchObject({ code: 'tenant-unreachable' });
});
