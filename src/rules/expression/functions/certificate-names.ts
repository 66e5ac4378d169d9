import { AsnConvert } from '@peculiar/asn1-schema';
import {
  type GeneralName,
  GeneralNames,
  id_ce_issuerAltName,
  id_ce_subjectAltName,
  type Name,
  type TBSCertificate,
} from '@peculiar/asn1-x509';
import { findInName } from './x500-name.ts';

/** The names that .NET's X509NameType can ask a certificate for. */
export const NAME_TYPES = [
  'SimpleName',
  'EmailName',
  'UpnName',
  'DnsName',
  'DnsFromAlternativeName',
  'UrlName',
] as const;
export type NameType = (typeof NAME_TYPES)[number];

const COMMON_NAME = '2.5.4.3';
const EMAIL = '1.2.840.113549.1.9.1';
/** Common name, organizational unit, organization, e-mail address: in this order CertGetNameString looks for a simple name. */
const SIMPLE_NAMES = [COMMON_NAME, '2.5.4.11', '2.5.4.10', EMAIL] as const;
/** The user principal name among the other names (szOID_NT_PRINCIPAL_NAME). */
const UPN = '1.3.6.1.4.1.311.20.2.3';

/** One name of the subject or the issuer, as X509Certificate2.GetNameInfo chooses it; "" when there is none. */
export function nameInfo(content: TBSCertificate, type: NameType, ofIssuer: boolean): string {
  const name = ofIssuer ? content.issuer : content.subject;
  const others = alternativeNames(content, ofIssuer ? id_ce_issuerAltName : id_ce_subjectAltName);
  return findName(type, name, others) ?? '';
}

function findName(type: NameType, name: Name, others: readonly GeneralName[]): string | null {
  const first = (pick: (one: GeneralName) => string | undefined): string | null =>
    others.map(pick).find((one) => one !== undefined) ?? null;
  switch (type) {
    case 'SimpleName':
      return simpleName(name) ?? first((one) => one.rfc822Name);
    case 'EmailName':
      return first((one) => one.rfc822Name) ?? findInName(name, EMAIL);
    case 'UpnName':
      return first(upnOf);
    case 'DnsName':
      return first((one) => one.dNSName) ?? findInName(name, COMMON_NAME);
    case 'DnsFromAlternativeName':
      return first((one) => one.dNSName);
    case 'UrlName':
      return first((one) => one.uniformResourceIdentifier);
  }
}

function simpleName(name: Name): string | null {
  for (const type of SIMPLE_NAMES) {
    const found = findInName(name, type);
    if (found !== null) return found;
  }
  return null;
}

function alternativeNames({ extensions }: TBSCertificate, id: string): readonly GeneralName[] {
  const extension = extensions?.find(({ extnID }) => extnID === id);
  if (!extension) return [];
  try {
    return [...AsnConvert.parse(extension.extnValue.buffer, GeneralNames)];
  } catch {
    return [];
  }
}

/** Another name holds its value in an explicit tag [0]; that of a user principal name is a UTF8String. */
function upnOf({ otherName }: GeneralName): string | undefined {
  if (otherName?.typeId !== UPN) return undefined;
  const bytes = Buffer.from(otherName.value);
  const text = bytes[0] === 0xa0 ? contentOf(bytes) : bytes;
  return text[0] === 0x0c ? contentOf(text).toString('utf8') : undefined;
}

/** The content of one DER element; OpenSSL has seen before that its length is right. */
function contentOf(element: Buffer): Buffer {
  const length = element[1] ?? 0;
  return element.subarray(length < 0x80 ? 2 : 2 + (length & 0x7f));
}
