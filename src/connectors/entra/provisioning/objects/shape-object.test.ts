import { describe, expect, test } from 'vitest';
import { type Attributes, encodeAttributes } from '../../../../model/value.ts';
import { TENANT_FACTS } from '../../../connector.ts';
import { SYNC_SCHEMA } from './sync-schema.ts';

const FACTS = {
  [TENANT_FACTS.initialDomain]: 'contoso.onmicrosoft.com',
  [TENANT_FACTS.verifiedDomains]: 'contoso.com contoso.onmicrosoft.com',
};
const USER: Attributes = {
  sourceAnchor: 'AAAA==',
  displayName: 'Ann',
  userPrincipalName: 'ann@contoso.com',
  accountEnabled: true,
};

const shape = (type: 'user' | 'group' | 'contact' | 'device', desired: Attributes, current: Attributes | null = null) =>
  SYNC_SCHEMA.shape(type, desired, current, FACTS);
const codes = (shaped: ReturnType<typeof shape>) => shaped.problems.map((one) => [one.code, one.attribute]);

describe('a user', () => {
  test('is taken with what Graph has no place for', () => {
    const more = { countryCode: 276n, otherMobile: ['1', '2'], msExchHideFromAddressLists: 'TRUE', info: 'x' };
    const shaped = shape('user', { ...USER, ...more, onPremiseSecurityIdentifier: Uint8Array.from([1, 2]) });
    expect([shaped.blocked, shaped.problems]).toEqual([false, []]);
    expect(shaped.attributes).toMatchObject({
      countryCode: '276',
      otherMobile: ['1', '2'],
      msExchHideFromAddressLists: true,
      onPremiseSecurityIdentifier: 'AQI=',
      alias: 'ann',
    });
  });

  test('without an anchor is not created', () => {
    const { sourceAnchor: _, ...bare } = USER;
    expect([shape('user', bare).blocked, codes(shape('user', bare))]).toEqual([
      true,
      [['anchor-missing', 'sourceAnchor']],
    ]);
  });

  test('of an unverified suffix signs in at the initial domain', () => {
    const shaped = shape('user', { ...USER, userPrincipalName: 'ann@corp.local' });
    expect(shaped.attributes['userPrincipalName']).toBe('ann@contoso.onmicrosoft.com');
    expect(codes(shaped)).toEqual([['upn-suffix-unverified', 'userPrincipalName']]);
  });

  test.each<readonly [string, Attributes, string]>([
    [
      'certificates',
      { userCertificate: [...Array(16).keys()].map((at) => Uint8Array.from([at])) },
      'attribute-too-long',
    ],
    ['a photo of 101 KB', { thumbnailPhoto: new Uint8Array(101 * 1024) }, 'attribute-too-long'],
    ['a long department', { department: 'x'.repeat(65) }, 'attribute-too-long'],
    ['a number that is none', { countryCode: 'Germany' }, 'attribute-invalid'],
    ['a flag that is none', { msExchHideFromAddressLists: 'maybe' }, 'attribute-invalid'],
    ['a country that is none', { usageLocation: 'XX' }, 'attribute-invalid'],
    ['a control character', { info: 'a\u0001b' }, 'attribute-invalid'],
  ])('keeps all but too many or unfit values: %s', (_, more, code) => {
    const shaped = shape('user', { ...USER, ...more });
    const [name = ''] = Object.keys(more);
    expect([shaped.blocked, shaped.withheld, codes(shaped)]).toEqual([false, [name], [[code, name]]]);
    expect(shaped.attributes[name]).toBeUndefined();
  });
});

describe('addresses', () => {
  const proxies = (given: readonly string[], held?: readonly string[]) => {
    const current = held === undefined ? null : { ...USER, proxyAddresses: held };
    return shape('user', { ...USER, proxyAddresses: given }, current);
  };

  test('are taken once each, the primary one before others', () => {
    const shaped = proxies(['smtp:a@contoso.com', 'SMTP:A@contoso.com', 'smtp:b@contoso.com', 'SIP:a@contoso.com']);
    expect(shaped.attributes['proxyAddresses']).toEqual([
      'SMTP:A@contoso.com',
      'smtp:b@contoso.com',
      'SIP:a@contoso.com',
    ]);
  });

  test('that the tenant takes from nobody are told, and not sent', () => {
    const shaped = proxies(['SMTP:a@contoso.com', 'X400:c=de;', 'smtp:a@other.onmicrosoft.com', 'smtp:no address']);
    expect(shaped.attributes['proxyAddresses']).toEqual(['SMTP:a@contoso.com']);
    expect(shaped.problems).toMatchObject([
      { severity: 'info', value: 'X400:c=de;, smtp:a@other.onmicrosoft.com, smtp:no address' },
    ]);
  });

  test('that the tenant made itself stay, and are no change', () => {
    const held = ['smtp:ann@contoso.onmicrosoft.com', 'SMTP:a@contoso.com', 'smtp:b@contoso.com'];
    const shaped = proxies(['SMTP:a@contoso.com', 'smtp:b@contoso.com', 'smtp:ann@contoso.onmicrosoft.com'], held);
    expect([shaped.attributes['proxyAddresses'], shaped.problems]).toEqual([held, []]);
  });
});

test('lists that differ by their order alone are no change', () => {
  const current = { ...USER, otherMobile: ['2', '1'] };
  expect(shape('user', { ...USER, otherMobile: ['1', '2'] }, current).attributes['otherMobile']).toEqual(['2', '1']);
  expect(shape('user', { ...USER, otherMobile: ['1', '3'] }, current).attributes['otherMobile']).toEqual(['1', '3']);
});

test('groups with addresses, contacts and devices can be made', () => {
  const list = {
    sourceAnchor: 'G==',
    displayName: 'List',
    mail: 'list@contoso.com',
    mailEnabled: true,
    securityEnabled: false,
  };
  expect(shape('group', list)).toMatchObject({ blocked: false, problems: [], attributes: { securityEnabled: false } });
  const contact = { sourceAnchor: 'C==', displayName: 'Eve', proxyAddresses: ['SMTP:eve@example.com'] };
  expect(shape('contact', contact)).toMatchObject({ blocked: false, attributes: { alias: 'eve' } });
  expect(shape('contact', { sourceAnchor: 'C==', displayName: 'Eve' }).blocked).toBe(false);
  const device = { sourceAnchor: 'D==', displayName: 'PC', deviceId: Uint8Array.from([1]), accountEnabled: true };
  expect(shape('device', device)).toMatchObject({ blocked: false, attributes: { deviceId: 'AQ==' } });
});

test('what no object of the kind has is told, and what the tenant works out is not', () => {
  expect(SYNC_SCHEMA.lossOf?.('group', 'jpegPhoto')).toBe('told');
  expect(SYNC_SCHEMA.lossOf?.('group', 'mailEnabled')).toBe('known');
  expect(SYNC_SCHEMA.lossOf?.('user', 'proxyAddresses')).toBeNull();
  expect(codes(shape('user', { ...USER, shoeSize: '44' }))).toEqual([['target-cannot-carry-attribute', 'shoeSize']]);
});

test('the same input gives the same object, byte for byte', () => {
  const desired = { ...USER, proxyAddresses: ['smtp:b@contoso.com', 'SMTP:a@contoso.com'], info: 'x' };
  expect(encodeAttributes(shape('user', desired).attributes)).toBe(encodeAttributes(shape('user', desired).attributes));
});
