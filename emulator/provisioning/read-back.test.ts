import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';
import { type Node, nil, node } from './nbfx/encode-message.ts';
import type { XmlElement } from './nbfx/xml-element.ts';
import { ObjectClient } from './object-client.ts';
import { find, findAll, type ServiceReply, text } from './service-client.ts';
import { NAMESPACE } from './wire-names.ts';

let graph: GraphClient;
let objects: ObjectClient;

beforeEach(async () => {
  graph = await GraphClient.start({ synchronization: true });
  objects = new ObjectClient(graph);
});

afterEach(() => graph.close());

const person = (name: string): Record<string, string> => ({
  SourceAnchor: `${name}==`,
  displayName: name,
  userPrincipalName: `${name}@contoso.com`,
});

interface Read {
  readonly objects: readonly XmlElement[];
  readonly pages: number;
  readonly cookie: Buffer;
}

const ask = (cookie: Buffer | undefined, isFull: boolean, version: '' | '2'): Promise<ServiceReply> =>
  objects.service.call(`ReadBackAzureADSyncObjects${version}`, [
    node('includeLicenseInformation', false),
    cookie ? node('inputCookie', cookie) : nilCookie(),
    node('isFullSync', isFull),
  ]);

function nilCookie(): Node {
  return { ...nil('inputCookie'), namespaces: { i: NAMESPACE.instance } };
}

async function readAll(cookie: Buffer | undefined, isFull: boolean, version: '' | '2' = '2'): Promise<Read> {
  const found: XmlElement[] = [];
  let next = cookie;
  for (let pages = 1; ; pages++) {
    const { result } = await ask(next, isFull, version);
    found.push(...findAll(result, 'AzureADSyncObject'));
    next = find(result, 'OutputCookie')?.bytes ?? Buffer.alloc(0);
    if (text(result, 'MoreData') === 'false') return { objects: found, pages, cookie: next };
  }
}

/** Keys and texts of an object; several values are joined by commas. */
function propertiesOf(object: XmlElement | undefined): Readonly<Record<string, string>> {
  const pairs = findAll(object, 'KeyValueOfstringanyType').map((pair) => {
    const value = pair.children[1];
    const items = value?.children.map((item) => item.text) ?? [];
    return [text(pair, 'Key'), items.length > 0 ? items.join(',') : value?.text];
  });
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>;
}

test('a full read tells every object with what it came with and what the cloud made of it, in pages', async () => {
  for (let batch = 0; batch < 2; batch++) {
    await objects.send(Array.from({ length: 60 }, (_, at) => ['User', 'Set', person(`u${batch}-${at}`)] as const));
  }
  await objects.set('User', {
    ...person('ann'),
    title: 'Engineer',
    manager: 'u0-1==',
    onPremiseSecurityIdentifier: Buffer.from('010100000000000512000000', 'hex'),
    countryCode: 276,
  });
  await objects.set('Group', {
    SourceAnchor: 'G==',
    displayName: 'Team',
    mail: 'team@contoso.com',
    member: ['ann==', 'u0-0=='],
  });
  await graph.createUser('cloudy');
  const read = await readAll(undefined, true);
  expect([read.objects.length, read.pages]).toEqual([123, 3]);
  const all = read.objects.map(propertiesOf);
  const ann = all.find(({ DisplayName }) => DisplayName === 'ann');
  expect(ann).toMatchObject({
    SourceAnchor: 'ann==',
    Title: 'Engineer',
    CountryCode: '276',
    UserPrincipalName: 'ann@contoso.com',
    AccountEnabled: 'true',
  });
  expect(ann?.['CloudAnchor']).toMatch(/^User_/);
  expect(ann?.['Manager']).toBe(all.find(({ DisplayName }) => DisplayName === 'u0-1')?.['CloudAnchor']);
  expect(ann?.['CloudMastered']).toBeUndefined();
  expect(all.find(({ DisplayName }) => DisplayName === 'cloudy')).toMatchObject({ CloudMastered: 'true' });
  const team = all.find(({ DisplayName }) => DisplayName === 'Team');
  expect(team).toMatchObject({ Mail: 'team@contoso.com', ProxyAddresses: 'SMTP:team@contoso.com' });
  expect(team?.['Member']?.split(',')).toContain(ann?.['CloudAnchor']);
  const first = await readAll(undefined, true, '');
  expect(first.objects.map(propertiesOf).find(({ DisplayName }) => DisplayName === 'Team')?.['Member']).toBe(
    'ann==,u0-0==',
  );
});

test('a read with a cookie tells what changed since, what was deleted with its anchors only, and then nothing', async () => {
  await objects.send([
    ['User', 'Set', person('ann')],
    ['User', 'Set', person('bob')],
    ['Contact', 'Set', { SourceAnchor: 'C==', displayName: 'Partner' }],
    ['Group', 'Set', { SourceAnchor: 'G==', displayName: 'Team' }],
  ]);
  const full = await readAll(undefined, true);
  await objects.set('Group', { SourceAnchor: 'G==', member: ['ann=='] });
  await objects.delete('User', { SourceAnchor: 'bob==' });
  await objects.delete('Contact', { SourceAnchor: 'C==' });
  const changes = await readAll(full.cookie, false);
  expect(changes.objects.map((object) => [text(object, 'SyncObjectType'), text(object, 'SyncOperation')])).toEqual([
    ['Group', 'Set'],
    ['User', 'Delete'],
    ['Contact', 'Delete'],
  ]);
  expect(Object.keys(propertiesOf(changes.objects[1]))).toEqual(['CloudAnchor', 'SourceAnchor']);
  expect((await readAll(changes.cookie, false)).objects).toEqual([]);
});

test('what changes while a full read is under way is told by the next one', async () => {
  await objects.send(Array.from({ length: 60 }, (_, at) => ['User', 'Set', person(`u${at}`)] as const));
  const page = await ask(undefined, true, '2');
  await objects.set('User', { SourceAnchor: 'u0==', title: 'New' });
  const rest = await readAll(find(page.result, 'OutputCookie')?.bytes, true);
  expect(rest.objects).toHaveLength(10);
  const changes = await readAll(rest.cookie, false);
  expect(changes.objects.map((object) => propertiesOf(object)['Title'])).toEqual(['New']);
});

describe('a cookie', () => {
  test('that was altered, or is from before a reset of the tenant, is refused', async () => {
    await objects.set('User', person('ann'));
    const { cookie } = await readAll(undefined, true);
    const altered = Buffer.from(cookie);
    altered[3] = (altered[3] ?? 0) ^ 1;
    expect((await ask(altered, false, '2')).status).toBe(500);
    await graph.control('POST', '/reset');
    const refused = await ask(cookie, false, '2');
    expect(text(refused.envelope, 'ErrorDescription')).toContain('cookie is not valid');
  });
});

test('the end of an export is told by the configuration of the company', async () => {
  await objects.service.call('FinalizeExport', [node('totalExported', 12), node('successfulExportCount', 11)]);
  const { result } = await objects.service.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)]);
  expect([text(result, 'TotalExported'), text(result, 'SuccessfulExportCount'), text(result, 'ClientVersion')]).toEqual(
    ['12', '11', '8.0'],
  );
});

test('a service account is made, can sign in, and is gone again', async () => {
  const { result } = await objects.service.call('GetServiceAccount', [node('identifier', 'dc1_0123456789ab')]);
  const username = text(result, 'UserName') ?? '';
  const fields = {
    ...graph.secretFields(),
    grant_type: 'password',
    username,
    password: text(result, 'Password') ?? '',
    scope: 'https://graph.windows.net/.default',
  };
  const reply = await graph.signIn(fields);
  expect(reply.status).toBe(200);
  const token = reply.textAt('access_token');
  const asAccount = await objects.service.call('GetCompanyConfiguration', [node('includeLicenseInformation', false)], {
    token,
  });
  expect(asAccount.status).toBe(200);
  await objects.service.call('DeleteServiceAccount', [node('identifier', 'dc1_0123456789ab')]);
  expect((await graph.signIn(fields)).at('error_codes')).toEqual([50034]);
});
