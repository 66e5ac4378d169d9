import { expect, test } from 'vitest';
import { spaceDn } from '../../../test/migration/csexport-sample.ts';
import type { Attributes } from '../../model/value.ts';
import { compareObjects } from './compare-objects.ts';
import type { ConnectAttribute, ConnectObject } from './connect-object.ts';
import { ConnectSide } from './connect-side.ts';
import type { AttributeDifference } from './difference.ts';
import type { OurObject, OurSide } from './our-side.ts';

const SID = 'AQUAAAAAAAUVAAAAoGXPfnhLm1/nfIdwCRwBAA==';
const TENANT_ID = '11111111-2222-3333-4444-555555555555';

const SIDE: OurSide = {
  find: () => expect.fail('nobody asks'),
  all: () => expect.fail('nobody asks'),
  rule: () => expect.fail('nobody asks'),
  references: async function* (_object, attribute) {
    if (attribute === 'manager') yield ['boss'];
    else {
      yield ['anna', 'ben'];
      yield ['ben', 'cora'];
    }
  },
  anchorOfTenantObject: async (id) => (id === TENANT_ID ? 'cora' : null),
  isCarried: (_type, attribute) => ['title', 'manager', 'member', 'accountEnabled'].includes(attribute ?? ''),
};

type Connect = Readonly<Record<string, Partial<ConnectAttribute> | string>>;

function attributeOf(given: Partial<ConnectAttribute> | string): ConnectAttribute {
  const values = typeof given === 'string' ? [value(given)] : (given.values ?? []);
  const rest = typeof given === 'string' ? {} : given;
  return { type: 'string', isReference: false, removed: null, ...rest, values };
}

function value(text: string, isBase64 = false, anchor = ''): ConnectAttribute['values'][number] {
  return { text, isBase64, operation: '', anchor };
}

function many(...texts: readonly string[]): Partial<ConnectAttribute> {
  return { values: texts.map((text) => value(text)) };
}

function typed(type: string, text: string, isBase64 = false): Partial<ConnectAttribute> {
  return { type, values: [value(text, isBase64)] };
}

function references(...dns: readonly string[]): Partial<ConnectAttribute> {
  return { type: '', isReference: true, values: dns.map((dn) => value(dn)) };
}

interface Details {
  readonly type?: string;
  readonly isWhole?: boolean;
  readonly references?: readonly string[];
  readonly flowing?: readonly string[];
  readonly only?: string;
}

async function compare(
  connect: Connect,
  ours: Attributes,
  details: Details = {},
): Promise<readonly AttributeDifference[]> {
  const { type = 'user', isWhole = true, references: given = [], flowing = [], only = null } = details;
  const theirs: ConnectObject = {
    line: 1,
    dn: spaceDn('x'),
    type,
    anchor: 'x',
    name: 'x',
    state: 'kept',
    isWhole,
    isPending: false,
    attributes: new Map(Object.entries(connect).map(([name, one]) => [name, attributeOf(one)])),
    problems: [],
  };
  const decided = new Set([...Object.keys(ours), ...given]);
  const own: OurObject = {
    key: 1,
    anchor: 'x',
    type,
    name: 'x',
    attributes: ours,
    decided,
    flowing: new Set([...decided, ...flowing]),
    references: given,
  };
  return compareObjects(theirs, own, new ConnectSide(null), SIDE, only);
}

test('values that mean the same are equal, however they are written', async () => {
  const guid = '7b5e8a1c-0001-4a2b-9c3d-00000000000f';
  const differences = await compare(
    {
      accountEnabled: typed('boolean', 'True'),
      msExchHideFromAddressLists: typed('boolean', 'false'),
      countryCode: typed('integer', '0x348'),
      msExchRecipientDisplayType: typed('integer', '0xffffffff80000006'),
      msExchResourceCapacity: typed('integer', '12'),
      onPremiseSecurityIdentifier: typed('binary', SID, true),
      thumbnailPhoto: typed('binary', 'AQID', true),
      deviceId: typed('binary', 'AAECAwQFBgcICQoLDA0ODw==', true),
      msExchImmutableId: `{${guid.toUpperCase()}}`,
      onPremisesDistinguishedName: 'cn=Anna, ou=People,dc=x',
      proxyAddresses: many('smtp:b@x.com', 'SMTP:a@x.com', 'smtp:b@x.com'),
      streetAddress: 'Main Street 1\nBehind',
      userCertificate: { type: 'binary', values: [value('AQ==', true), value('Ag==', true)] },
    },
    {
      accountEnabled: true,
      msExchHideFromAddressLists: false,
      countryCode: 840n,
      msExchRecipientDisplayType: -2147483642n,
      msExchResourceCapacity: '12',
      onPremiseSecurityIdentifier: 'S-1-5-21-2127521184-1604012920-1887927527-72713',
      thumbnailPhoto: new Uint8Array([1, 2, 3]),
      deviceId: '03020100-0504-0706-0809-0a0b0c0d0e0f',
      msExchImmutableId: guid,
      onPremisesDistinguishedName: 'CN=Anna,OU=People,DC=x',
      proxyAddresses: ['SMTP:a@x.com', 'smtp:b@x.com'],
      streetAddress: 'Main Street 1\r\nBehind',
      userCertificate: [new Uint8Array([2]), new Uint8Array([1])],
    },
  );
  expect(differences).toEqual([]);
});

test('each kind of value differs when it does', async () => {
  const differences = await compare(
    {
      accountEnabled: typed('boolean', 'true'),
      countryCode: typed('integer', '0x348'),
      onPremiseSecurityIdentifier: typed('binary', SID, true),
      title: 'Clerk',
    },
    {
      accountEnabled: false,
      countryCode: 756n,
      onPremiseSecurityIdentifier: 'S-1-5-21-1-2-3-4',
      title: 'Boss',
    },
  );
  expect(differences.map(({ attribute, connect, ours }) => [attribute, connect.shown[0], ours.shown[0]])).toEqual([
    ['accountEnabled', 'true', 'false'],
    ['countryCode', '840', '756'],
    ['onPremiseSecurityIdentifier', SID, 'S-1-5-21-1-2-3-4'],
    ['title', 'Clerk', 'Boss'],
  ]);
});

test('of many values those are shown that the other side has not', async () => {
  const [difference] = await compare({ otherTelephone: many('1', '2', '3') }, { otherTelephone: ['2', '3', '4', '5'] });
  expect(difference).toMatchObject({
    way: 'different',
    weight: 'elsewhere',
    connect: { shown: ['1'], count: 1 },
    ours: { shown: ['4', '5'], count: 2 },
  });
});

test('a difference in upper and lower case is told as such, and another primary address as what it is', async () => {
  const differences = await compare(
    { mail: 'Anna@x.com', proxyAddresses: many('SMTP:a@x.com', 'smtp:b@x.com') },
    { mail: 'anna@x.com', proxyAddresses: ['smtp:a@x.com', 'SMTP:b@x.com'] },
  );
  expect(differences.map(({ attribute, way }) => [attribute, way])).toEqual([
    ['mail', 'case'],
    ['proxyAddresses', 'primary'],
  ]);
  const [same] = await compare({ proxyAddresses: many('SMTP:A@x.com') }, { proxyAddresses: ['SMTP:a@x.com'] });
  expect(same).toMatchObject({ way: 'case', note: 'the same but for upper and lower case' });
});

test('what would change the tenant is told apart from what cannot be written and from what is so by design', async () => {
  const differences = await compare(
    {
      title: 'Clerk',
      info: 'x',
      cloudAnchor: 'User_1',
      dirSyncOverrides: 'y',
      extension_1_cost: '7',
      usageLocation: 'CH',
    },
    { employeeId: '1' },
    { flowing: ['usageLocation', 'title', 'info'] },
  );
  const weights = Object.fromEntries(differences.map(({ attribute, weight }) => [attribute, weight]));
  expect(weights).toEqual({
    title: 'design',
    info: 'design',
    cloudAnchor: 'design',
    dirSyncOverrides: 'design',
    extension_1_cost: 'elsewhere',
    usageLocation: 'design',
    employeeId: 'elsewhere',
  });
  const [plain] = await compare({ title: 'Clerk' }, {});
  expect(plain).toMatchObject({ weight: 'tenant', way: 'only-connect', ours: { count: 0 } });
  const [group] = await compare({}, { mailEnabled: false }, { type: 'group' });
  expect(group).toMatchObject({ weight: 'design', note: expect.stringContaining('from the addresses') });
});

test('what a rule of ours leaves as the tenant has it is no value of ours', async () => {
  const left = { flowing: ['countryCode'] };
  expect(await compare({}, {}, left)).toEqual([]);
  expect(await compare({ countryCode: typed('integer', '0x1') }, {}, left)).toMatchObject([
    { weight: 'design', note: expect.stringContaining('IgnoreThisFlow') },
  ]);
});

test('references are compared by source anchors, page by page, and through the tenant where the DN does not tell them', async () => {
  const id = Buffer.from(`User_${TENANT_ID}`, 'utf16le').toString('base64');
  const member = {
    ...references(spaceDn('anna'), spaceDn('dora'), 'CN=strange'),
  };
  const through = { ...member, values: [...(member.values ?? []), value('CN={odd}', false, id)] };
  const [difference] = await compare({ member: through }, {}, { type: 'group', references: ['member'] });
  expect(difference).toMatchObject({
    weight: 'tenant',
    way: 'different',
    isReference: true,
    connect: { shown: ['CN=strange', 'dora'], count: 2 },
    ours: { shown: ['ben'], count: 1 },
  });
  const same = references(spaceDn('cora'), spaceDn('ben'), spaceDn('anna'));
  expect(await compare({ member: same }, {}, { type: 'group', references: ['member'] })).toEqual([]);
  const [none] = await compare({}, {}, { references: ['manager'] });
  expect(none).toMatchObject({
    attribute: 'manager',
    way: 'only-ours',
    connect: { count: 0 },
    ours: { shown: ['boss'] },
  });
});

test('of an object that is known by a change only, nothing else is compared', async () => {
  const change = { title: 'Boss', info: many() };
  expect(await compare(change, { title: 'Boss', department: 'Sales' }, { isWhole: false })).toEqual([]);
  const found = await compare(change, { title: 'Clerk', info: 'old', department: 'Sales' }, { isWhole: false });
  expect(found.map(({ attribute, way }) => [attribute, way])).toEqual([
    ['info', 'only-ours'],
    ['title', 'different'],
  ]);
});

test('of a list that is known by what comes and goes, that alone is compared', async () => {
  const proxyAddresses = { ...many('smtp:c@x.com'), removed: [value('smtp:b@x.com')] };
  const ours = { proxyAddresses: ['SMTP:a@x.com', 'smtp:c@x.com'] };
  expect(await compare({ proxyAddresses }, ours, { isWhole: false })).toEqual([]);
  const [difference] = await compare({ proxyAddresses }, { proxyAddresses: ['smtp:b@x.com'] }, { isWhole: false });
  expect(difference).toMatchObject({ connect: { shown: ['smtp:c@x.com'] }, ours: { shown: ['smtp:b@x.com'] } });
  const member = { ...references(spaceDn('anna')), removed: [value(spaceDn('ben'))] };
  const [members] = await compare({ member }, {}, { type: 'group', isWhole: false, references: ['member'] });
  expect(members).toMatchObject({ connect: { count: 0 }, ours: { shown: ['ben'], count: 1 } });
});

test('the source anchor itself is equal: by it they were found', async () => {
  expect(await compare({}, { sourceAnchor: 'x' })).toEqual([]);
});

test('one attribute alone can be asked for, in any case', async () => {
  const found = await compare({ title: 'a', info: 'b' }, { title: 'x', info: 'y' }, { only: 'title' });
  expect(found.map((one) => one.attribute)).toEqual(['title']);
});
