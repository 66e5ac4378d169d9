import { describe, expect, test } from 'vitest';
import { endpointsOf, entraSection } from './config.ts';

const SECRET = { clientSecret: { env: 'S' } };
const BASE = { tenant: 'contoso.onmicrosoft.com', clientId: '00000000-0000-0000-0000-000000000000', ...SECRET };
const messages = (section: unknown) =>
  entraSection.safeParse(section).error?.issues.map((issue) => issue.message) ?? [];

test('the least configuration leads to the public cloud by way of Graph', () => {
  const section = entraSection.parse(BASE);
  expect(section).toMatchObject({ via: 'graph', cloud: 'public' });
  expect(endpointsOf(section)).toEqual({
    graph: 'https://graph.microsoft.com/v1.0',
    authority: 'https://login.microsoftonline.com/contoso.onmicrosoft.com',
    scope: 'https://graph.microsoft.com/.default',
    isCustom: false,
  });
});

test('national clouds have addresses and an audience of their own', () => {
  expect(endpointsOf(entraSection.parse({ ...BASE, cloud: 'usgov' }))).toMatchObject({
    graph: 'https://graph.microsoft.us/v1.0',
    authority: expect.stringContaining('login.microsoftonline.us'),
    scope: 'https://graph.microsoft.us/.default',
  });
  expect(endpointsOf(entraSection.parse({ ...BASE, cloud: 'china' })).graph).toBe(
    'https://microsoftgraph.chinacloudapi.cn/v1.0',
  );
});

test('own URLs may, but need not, name version and tenant', () => {
  const at = (graph: string, authority: string) => endpointsOf(entraSection.parse({ ...BASE, graph, authority }));
  const expected = { graph: 'http://127.0.0.1:1/v1.0', authority: 'http://127.0.0.1:1/contoso.onmicrosoft.com' };
  expect(at('http://127.0.0.1:1', 'http://127.0.0.1:1')).toMatchObject(expected);
  expect(at('http://127.0.0.1:1/v1.0/', 'http://127.0.0.1:1/contoso.onmicrosoft.com/')).toMatchObject(expected);
});

describe('what is refused', () => {
  test('a way to the tenant that there is none of', () => {
    expect(messages({ ...BASE, via: 'powershell' })).toHaveLength(1);
  });

  test('an address of the provisioning service beyond https, and headers that HTTP cannot carry', () => {
    const url = 'http://adminwebservice.example.com/provisioningservice.svc';
    expect(messages({ ...BASE, provisioning: { url } })).toEqual([expect.stringContaining('only on loopback')]);
    expect(messages({ ...BASE, provisioning: { buildNumber: '2.4\r\nx: y' } })).toEqual([
      expect.stringContaining('printable ASCII'),
    ]);
  });

  test('a secret that stands in the file', () => {
    expect(messages({ ...BASE, clientSecret: 'hunter2' })).toEqual([expect.stringContaining('{ file: PATH }')]);
  });

  test('neither or both of secret and certificate', () => {
    const { clientSecret: _, ...bare } = BASE;
    expect(messages(bare)).toEqual(['give either clientSecret or certificate']);
    expect(messages({ ...BASE, certificate: { file: 'a.pem' } })).toEqual(['give either clientSecret or certificate']);
  });

  test('http beyond loopback, and one URL without the other', () => {
    const urls = { graph: 'http://graph.example.com', authority: 'https://login.example.com' };
    expect(messages({ ...BASE, ...urls })).toEqual([expect.stringContaining('only on loopback')]);
    expect(messages({ ...BASE, graph: 'https://graph.example.com' })).toEqual([
      expect.stringContaining('belong together'),
    ]);
  });

  test('keys that do not exist', () => {
    expect(messages({ ...BASE, secret: 'x' })).toHaveLength(1);
  });
});
