import { createHash, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, GeneralNames, OtherName } from '@peculiar/asn1-x509';
import { describe, expect, test } from 'vitest';
import { createRuleSource } from '../../rule-source.ts';
import { evaluateExpression } from '../evaluate.ts';
import { type CertificateRequest, makeCertificate, type NamePart } from './make-certificate.ts';

const [CN, O, OU, C, ST, E, DC, UID] = [
  '2.5.4.3',
  '2.5.4.10',
  '2.5.4.11',
  '2.5.4.6',
  '2.5.4.8',
  '1.2.840.113549.1.9.1',
  '0.9.2342.19200300.100.1.25',
  '0.9.2342.19200300.100.1.1',
];
const BASIC_CONSTRAINTS = { oid: '2.5.29.19', critical: true, value: ber('30030101ff') };
const KEY_USAGE = { oid: '2.5.29.15', critical: true, value: ber('03020780') };
const UPN_OID = '1.3.6.1.4.1.311.20.2.3';

function ber(hex: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(hex, 'hex')).buffer;
}

function names(...all: readonly GeneralName[]): ArrayBuffer {
  return AsnConvert.serialize(new GeneralNames([...all]));
}

function upn(text: string): GeneralName {
  const content = Buffer.from(text);
  const value = Buffer.concat([Buffer.from([0xa0, content.length + 2, 0x0c, content.length]), content]);
  return new GeneralName({ otherName: new OtherName({ typeId: UPN_OID, value: new Uint8Array(value).buffer }) });
}

const AUTHORITY: readonly NamePart[] = [[[DC, 'com']], [[DC, 'contoso']], [[CN, 'Contoso Root']]];
const JANE: readonly NamePart[] = [
  [[C, 'DE']],
  [[ST, 'Hessen']],
  [[O, 'Contoso, Inc.']],
  [[OU, 'Sales']],
  [
    [CN, 'Jane "JD" Doe'],
    [UID, 'jdoe'],
  ],
  [[E, 'jane@contoso.com']],
];
const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ed = generateKeyPairSync('ed25519');
const BY_ROOT = { key: root.privateKey, hash: 'sha256', oid: '1.2.840.10045.4.3.2' };

function issued(publicKey: KeyObject, more: Partial<CertificateRequest> = {}): Uint8Array {
  const request = { subject: JANE, issuer: AUTHORITY, serial: '00d01e4090', publicKey, signer: BY_ROOT };
  return makeCertificate({ ...request, ...more });
}

const CERTIFICATES: Readonly<Record<string, Uint8Array>> = {
  root: makeCertificate({
    subject: AUTHORITY,
    issuer: AUTHORITY,
    serial: '01',
    publicKey: root.publicKey,
    signer: BY_ROOT,
    extensions: [BASIC_CONSTRAINTS],
  }),
  rsa: issued(rsa.publicKey, {
    extensions: [
      {
        oid: '2.5.29.17',
        critical: false,
        value: names(
          new GeneralName({ dNSName: 'pc1.contoso.com' }),
          new GeneralName({ rfc822Name: 'j.doe@contoso.com' }),
          new GeneralName({ uniformResourceIdentifier: 'https://contoso.com/jane' }),
          upn('jane@corp.contoso.com'),
        ),
      },
      { oid: '2.5.29.18', critical: false, value: names(new GeneralName({ dNSName: 'pki.contoso.com' })) },
      KEY_USAGE,
      { ...BASIC_CONSTRAINTS, value: ber('3000') },
    ],
  }),
  ed25519: makeCertificate({
    subject: [[[O, ' padded ']], [[OU, '']], [['1.2.3.4', 'x;y']]],
    issuer: [[[O, ' padded ']]],
    serial: '1234',
    publicKey: ed.publicKey,
    signer: { key: ed.privateKey, hash: null, oid: '1.3.101.112' },
  }),
};

function derOf(name: string): Uint8Array {
  const der = CERTIFICATES[name];
  if (!der) throw new Error(`there is no certificate ${name}`);
  return der;
}

const source = createRuleSource({
  attributes: {
    ...CERTIFICATES,
    userCertificate: Object.values(CERTIFICATES),
    base64: Buffer.from(derOf('rsa')).toString('base64'),
    pem: new X509Certificate(derOf('rsa')).toString(),
    junk: new Uint8Array([0x30, 0x82, 1, 2, 3]),
  },
  parameters: { 'Run.StartedAt': '2024-06-01T00:00:00Z' },
});

function evaluate(text: string): unknown {
  const result = evaluateExpression(text, source);
  return result.kind === 'value' ? result.value : result.kind;
}

const SUBJECT =
  'E=jane@contoso.com, CN="Jane ""JD"" Doe" + OID.0.9.2342.19200300.100.1.1=jdoe, OU=Sales, O="Contoso, Inc.", S=Hessen, C=DE';
const sha1 = (name: string): string => createHash('sha1').update(derOf(name)).digest('hex').toUpperCase();

test('the certificates of this test are signed as they say: the chain holds for OpenSSL', () => {
  const [authority, jane] = ['root', 'rsa'].map((name) => new X509Certificate(derOf(name)));
  expect(authority && jane?.verify(authority.publicKey) && jane.checkIssued(authority)).toBe(true);
});

describe('a certificate tells', () => {
  test.each<[string, unknown]>([
    ['CertFormat([rsa])', 'X509'],
    ['CertFriendlyName([rsa])', ''],
    ['CertVersion([rsa])', 3n],
    ['CertVersion([ed25519])', 1n],
    ['CertSerialNumber([rsa])', '00D01E4090'],
    ['CertSerialNumber([ed25519])', '1234'],
    ['CertNotBefore([rsa])', '20240102030405.0Z'],
    ['CertNotAfter([rsa])', '20510101000000.0Z'],
    ['CertSubject([rsa])', SUBJECT],
    ['CertSubjectNameDN([rsa])', SUBJECT],
    ['CertSubject([ed25519])', 'OID.1.2.3.4="x;y", OU="", O=" padded "'],
    ['CertIssuer([rsa])', 'CN=Contoso Root, DC=contoso, DC=com'],
    ['CertIssuerDN([rsa]) = CertSubject([root])', true],
    ['CertIssuerOid([rsa])', 'null'],
    ['CertSubjectNameOid([rsa])', 'null'],
    ['CertKeyAlgorithm([rsa])', '1.2.840.113549.1.1.1'],
    ['CertKeyAlgorithm([root])', '1.2.840.10045.2.1'],
    ['CertKeyAlgorithm([ed25519])', '1.3.101.112'],
    ['CertKeyAlgorithmParams([rsa])', '0500'],
    ['CertKeyAlgorithmParams([root])', '06082A8648CE3D030107'],
    ['CertKeyAlgorithmParams([ed25519])', ''],
    ['CertPublicKeyOid([root])', '1.2.840.10045.2.1'],
    ['CertPublicKeyParametersOid([root])', '1.2.840.10045.2.1'],
    ['CertSignatureAlgorithmOid([rsa])', '1.2.840.10045.4.3.2'],
    ['CertSignatureAlgorithmOid([ed25519])', '1.3.101.112'],
    ['CertExtensionOids([rsa])', ['2.5.29.15', '2.5.29.19']],
    ['CertExtensionOids([root])', ['2.5.29.19']],
    ['CertExtensionOids([ed25519])', 'null'],
    ['CertThumbprint([rsa])', sha1('rsa')],
    ['CertHashString([rsa])', sha1('rsa')],
    ['CertThumbprint([userCertificate])', ['root', 'rsa', 'ed25519'].map(sha1)],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

describe('CertNameInfo looks where Windows looks', () => {
  test.each<[string, unknown]>([
    ['CertNameInfo([rsa], "SimpleName", False)', 'Jane "JD" Doe'],
    ['CertNameInfo([rsa], "SimpleName", True)', 'Contoso Root'],
    ['CertNameInfo([ed25519], "SimpleName", False)', ''],
    ['CertNameInfo([rsa], "EmailName", False)', 'j.doe@contoso.com'],
    ['CertNameInfo([rsa], "UpnName", False)', 'jane@corp.contoso.com'],
    ['CertNameInfo([root], "UpnName", False)', ''],
    ['CertNameInfo([rsa], "DnsName", False)', 'pc1.contoso.com'],
    ['CertNameInfo([rsa], "DnsName", True)', 'pki.contoso.com'],
    ['CertNameInfo([root], "DnsName", False)', 'Contoso Root'],
    ['CertNameInfo([root], "DnsFromAlternativeName", False)', ''],
    ['CertNameInfo([rsa], "UrlName", False)', 'https://contoso.com/jane'],
  ])('%s', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });
});

test.each(['rsa', 'base64', 'pem'])('a certificate may come as DER, base64 or PEM: %s', (attribute) => {
  expect(evaluate(`IsCert([${attribute}]) && CertSubject([${attribute}]) = CertSubject([rsa])`)).toBe(true);
});

test.each(['[junk]', '"none"', 'NULL', '12', '""'])('%s is no certificate', (text) => {
  expect(evaluate(`IsCert(${text})`)).toBe(false);
});

test.each([
  'CertSubject([junk])',
  'CertExtensionOids("x")',
  'CertNameInfo([junk], "UrlName", True)',
])('%s says what to ask first', (text) => {
  expect(() => evaluate(text)).toThrow('IsCert tells');
});

test('certificates that have run out can be left behind', () => {
  const text = 'Count(Where($item, [userCertificate], CertNotAfter($item) > CDate("2051-01-01 00:00:00")))';
  expect(evaluate(text)).toBe(0n);
  expect(evaluate('Count(Where($item, [userCertificate], CertNotAfter($item) > Now()))')).toBe(3n);
});
