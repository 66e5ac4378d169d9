import { describe, expect, test } from 'vitest';
import { type AddressInputs, computeProxyAddresses } from './proxy-addresses.ts';

const NOTHING: AddressInputs = {
  proxyAddresses: [],
  mail: undefined,
  userPrincipalName: 'jane@contoso.com',
  mailNickname: 'jane',
  initialDomain: 'contoso.onmicrosoft.com',
  verifiedDomains: new Set(['contoso.com', 'contoso.onmicrosoft.com']),
  hasMailbox: false,
};

describe.each<[string, Partial<AddressInputs>, readonly string[], readonly string[]]>([
  ['without any', {}, [], ['SMTP:jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com']],
  [
    'with mail alone',
    { mail: 'jane.doe@contoso.com' },
    ['SMTP:jane.doe@contoso.com'],
    ['SMTP:jane.doe@contoso.com', 'smtp:jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com'],
  ],
  [
    'with mail that is the user principal name',
    { mail: 'Jane@contoso.com' },
    ['SMTP:Jane@contoso.com'],
    ['SMTP:Jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com'],
  ],
  [
    'with mail and addresses of which none is primary',
    { mail: 'jane.doe@contoso.com', proxyAddresses: ['smtp:jd@contoso.com', 'smtp:JANE.DOE@contoso.com'] },
    ['SMTP:jane.doe@contoso.com', 'smtp:jd@contoso.com'],
    ['SMTP:jane.doe@contoso.com', 'smtp:jd@contoso.com', 'smtp:jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com'],
  ],
  [
    'whose primary address is not mail',
    { mail: 'old@contoso.com', proxyAddresses: ['smtp:jd@contoso.com', 'SMTP:new@contoso.com'] },
    ['SMTP:new@contoso.com', 'smtp:jd@contoso.com'],
    ['SMTP:new@contoso.com', 'smtp:jd@contoso.com', 'smtp:jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com'],
  ],
  [
    'with an address of a foreign domain',
    { proxyAddresses: ['SMTP:jane@contoso.com', 'smtp:jane@fabrikam.example'] },
    ['SMTP:jane@contoso.com', 'smtp:jane@fabrikam.example'],
    ['SMTP:jane@contoso.com', 'smtp:jane@contoso.onmicrosoft.com'],
  ],
])('an object %s', (_what, given, unlicensed, licensed) => {
  test('has these addresses without a mailbox', () => {
    expect(computeProxyAddresses({ ...NOTHING, ...given })).toEqual(unlicensed);
  });

  test('has these addresses with a mailbox', () => {
    expect(computeProxyAddresses({ ...NOTHING, ...given, hasMailbox: true })).toEqual(licensed);
  });
});

describe('what the tenant refuses', () => {
  test.each([
    'smtp:jane@contoso.onmicrosoft.com',
    'smtp:jane@contoso.mail.onmicrosoft.com',
    'smtp:jane@contoso.microsoftonline.com',
    'X400:C=US;A= ;P=Contoso;S=Jane',
    'MSMAIL:CONTOSO/JANE',
    'ccmail:jane at contoso',
    'jane@contoso.com',
    'smtp:jane',
    'smtp:jane@contoso',
    'smtp:jane doe@contoso.com',
    'smtp:',
  ])('is left out: %s', (value) => {
    expect(computeProxyAddresses({ ...NOTHING, proxyAddresses: ['SMTP:a@contoso.com', value] })).toEqual([
      'SMTP:a@contoso.com',
    ]);
  });

  test.each([
    'X500:/o=Contoso/cn=Jane',
    'sip:jane@contoso.com',
    'EUM:1234;phone-context=plan',
  ])('is not %s', (value) => {
    expect(computeProxyAddresses({ ...NOTHING, proxyAddresses: [value] })).toEqual([value]);
  });

  test('leaves no mail of the initial domain as the primary address', () => {
    expect(computeProxyAddresses({ ...NOTHING, mail: 'jane@contoso.onmicrosoft.com' })).toEqual([]);
  });
});

test('two primary addresses: the first stays one, the other becomes a secondary one', () => {
  const proxyAddresses = ['SMTP:a@contoso.com', 'SMTP:b@contoso.com', 'smtp:A@contoso.com', ' smtp:b@contoso.com '];
  expect(computeProxyAddresses({ ...NOTHING, proxyAddresses })).toEqual(['SMTP:a@contoso.com', 'smtp:b@contoso.com']);
});
