import { EvaluationError, type Item, type Moment, type Result, toText, toTruth } from '../values.ts';
import { NAME_TYPES, nameInfo } from './certificate-names.ts';
import { parseMoment } from './dates.ts';
import type { FunctionDefinition, FunctionGroup, ScalarFunction } from './definition.ts';
import { loadCertificate, type ReadCertificate, readCertificate } from './read-certificate.ts';
import { printX500Name } from './x500-name.ts';

const CERTIFICATE = { name: 'certificate', types: ['bytes', 'text'] } as const;
const GROUP: FunctionGroup = 'Certificates';
const IN_UTC = "Microsoft's page says local time. All times of Dirbridge are in UTC.";
const NO_OID = 'A name as a whole has no object identifier, and .NET gives none: always absent.';

interface Words {
  readonly meaning: string;
  readonly reading?: string;
}

/** A function that reads one thing from one certificate. */
function reader(
  name: string,
  words: Words,
  type: 'text' | 'number' | 'time',
  read: (certificate: ReadCertificate) => Item,
): ScalarFunction {
  return {
    name,
    group: GROUP,
    form: 'scalar',
    parameters: [CERTIFICATE],
    gives: { types: [type] },
    ...words,
    example: `${name}(NULL)`,
    result: 'NULL',
    apply: (item = null) => (item === null ? null : read(readCertificate(item, name))),
  };
}

function momentFrom(date: Date): Moment {
  const moment = parseMoment(date.toISOString());
  if (!moment) throw new EvaluationError('A time must lie between the years 1601 and 9999.');
  return moment;
}

function hex(bytes: ArrayBuffer): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}

const thumbprint = ({ loaded }: ReadCertificate): Item => loaded.fingerprint.replaceAll(':', '');
const keyAlgorithm = ({ content }: ReadCertificate): Item => content.subjectPublicKeyInfo.algorithm.algorithm;
const subject = ({ content }: ReadCertificate): Item => printX500Name(content.subject);
const issuer = ({ content }: ReadCertificate): Item => printX500Name(content.issuer);

/** RSA keys have NULL as their parameters, EC keys the OID of their curve, and Ed25519 keys none. */
function keyParameters({ content }: ReadCertificate): Item {
  const { parameters } = content.subjectPublicKeyInfo.algorithm;
  if (parameters === null) return '0500';
  return parameters === undefined ? '' : hex(parameters);
}

function certNameInfo(item: Item = null, type: Item = null, ofIssuer: Item = null): Item {
  if (item === null) return null;
  const wanted = toText(type, 'CertNameInfo');
  const known = NAME_TYPES.find((name) => name === wanted);
  if (!known) throw new EvaluationError(`CertNameInfo knows ${NAME_TYPES.join(', ')}, not "${wanted ?? ''}".`);
  return nameInfo(readCertificate(item, 'CertNameInfo').content, known, toTruth(ofIssuer, 'CertNameInfo'));
}

function criticalExtensions(certificates: Result = null): Result {
  const oids = [certificates].flat().flatMap((item) => {
    if (item === null) return [];
    const { content } = readCertificate(item, 'CertExtensionOids');
    return (content.extensions ?? []).filter(({ critical }) => critical).map(({ extnID }) => extnID);
  });
  return oids.length === 0 ? null : oids;
}

export const CERTIFICATE_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: 'IsCert',
    group: GROUP,
    form: 'scalar',
    parameters: [{ name: 'value', types: ['any'] }],
    gives: { types: ['flag'] },
    meaning: 'Whether it is an X.509 certificate, as bytes or as their base64 text.',
    example: 'IsCert("none")',
    result: 'False',
    apply: (item = null) =>
      (item instanceof Uint8Array || typeof item === 'string') && loadCertificate(item, 'IsCert') !== null,
  },
  {
    name: 'CertExtensionOids',
    group: GROUP,
    form: 'whole',
    parameters: [{ ...CERTIFICATE, several: true }],
    gives: { types: ['text'], several: true },
    meaning: 'The object identifiers of the critical extensions of a certificate, in their order.',
    reading: 'Of several certificates the identifiers follow one another.',
    example: 'CertExtensionOids(NULL)',
    result: 'NULL',
    apply: criticalExtensions,
  },
  reader('CertFormat', { meaning: 'The format of a certificate: always X509.' }, 'text', () => 'X509'),
  reader(
    'CertFriendlyName',
    {
      meaning: 'The alias of a certificate.',
      reading:
        'An alias belongs to a certificate store, not to a certificate; as with .NET one from a directory has "".',
    },
    'text',
    () => '',
  ),
  reader('CertHashString', { meaning: 'The SHA-1 hash of a certificate in hexadecimal.' }, 'text', thumbprint),
  reader('CertIssuer', { meaning: 'The name of the authority that issued a certificate.' }, 'text', issuer),
  reader(
    'CertIssuerDN',
    { meaning: 'The distinguished name of the issuer.', reading: 'The same text as CertIssuer, as with .NET.' },
    'text',
    issuer,
  ),
  reader(
    'CertIssuerOid',
    { meaning: "The object identifier of the issuer's name.", reading: NO_OID },
    'text',
    () => null,
  ),
  reader('CertKeyAlgorithm', { meaning: 'The object identifier of the algorithm of the key.' }, 'text', keyAlgorithm),
  reader(
    'CertKeyAlgorithmParams',
    { meaning: 'The parameters of that algorithm, their DER bytes in hexadecimal; "" when it has none.' },
    'text',
    keyParameters,
  ),
  {
    name: 'CertNameInfo',
    group: GROUP,
    form: 'scalar',
    parameters: [
      CERTIFICATE,
      { name: 'type', types: ['text'], choices: NAME_TYPES },
      { name: 'ofIssuer', types: ['flag'] },
    ],
    gives: { types: ['text'] },
    meaning:
      'One name of the subject, or of the issuer when ofIssuer is True; "" when there is none. SimpleName: CN, else OU, O, E, else an address of ' +
      'the alternative names. EmailName: that address, else E. UpnName: the user principal name. DnsName: the alternative name, else CN.',
    reading: 'The order of the search is that of Windows (CertGetNameString); of several names the first counts.',
    example: 'CertNameInfo(NULL, "SimpleName", False)',
    result: 'NULL',
    apply: certNameInfo,
  },
  reader(
    'CertNotAfter',
    { meaning: 'The time until which a certificate is valid.', reading: IN_UTC },
    'time',
    ({ loaded }) => momentFrom(loaded.validToDate),
  ),
  reader(
    'CertNotBefore',
    { meaning: 'The time from which a certificate is valid.', reading: IN_UTC },
    'time',
    ({ loaded }) => momentFrom(loaded.validFromDate),
  ),
  reader(
    'CertPublicKeyOid',
    { meaning: 'The object identifier of the public key.', reading: 'That of its algorithm, as CertKeyAlgorithm.' },
    'text',
    keyAlgorithm,
  ),
  reader(
    'CertPublicKeyParametersOid',
    {
      meaning: 'The object identifier of the parameters of the public key.',
      reading: '.NET puts that of the algorithm there, not that of a curve; so do we.',
    },
    'text',
    keyAlgorithm,
  ),
  reader(
    'CertSerialNumber',
    {
      meaning: 'The serial number of a certificate in hexadecimal.',
      reading: 'The bytes as they stand in the certificate, with the 00 in front of a number whose first bit is set.',
    },
    'text',
    ({ content }) => hex(content.serialNumber),
  ),
  reader(
    'CertSignatureAlgorithmOid',
    { meaning: 'The object identifier of the algorithm that signed a certificate.' },
    'text',
    ({ signatureAlgorithm }) => signatureAlgorithm,
  ),
  reader(
    'CertSubject',
    {
      meaning: 'The distinguished name of the subject.',
      reading:
        'Written as Windows does: the last part first, S for a state, E for an address, quotes where a value needs them.',
    },
    'text',
    subject,
  ),
  reader(
    'CertSubjectNameDN',
    { meaning: 'The distinguished name of the subject.', reading: 'The same text as CertSubject, as with .NET.' },
    'text',
    subject,
  ),
  reader(
    'CertSubjectNameOid',
    { meaning: "The object identifier of the subject's name.", reading: NO_OID },
    'text',
    () => null,
  ),
  reader('CertThumbprint', { meaning: 'The same as CertHashString.' }, 'text', thumbprint),
  reader(
    'CertVersion',
    { meaning: "The version of the certificate's format, 3 for nearly all." },
    'number',
    ({ content }) => BigInt(content.version + 1),
  ),
];
