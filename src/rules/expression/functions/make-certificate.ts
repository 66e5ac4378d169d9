import { type KeyObject, sign } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  Extension,
  Extensions,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
} from '@peculiar/asn1-x509';

/** One part of a name: the OID of its type and its text; several make one part of several values. */
export type NamePart = readonly (readonly [string, string])[];

export interface CertificateRequest {
  readonly subject: readonly NamePart[];
  readonly issuer: readonly NamePart[];
  readonly serial: string;
  readonly publicKey: KeyObject;
  /** The key of the issuer, the hash it signs with (null where the algorithm brings its own), and the algorithm's OID. */
  readonly signer: { readonly key: KeyObject; readonly hash: string | null; readonly oid: string };
  readonly extensions?: readonly { readonly oid: string; readonly critical: boolean; readonly value: ArrayBuffer }[];
}

/** For tests only: a real, signed certificate as DER. Valid from 2024-01-02T03:04:05Z to 2051-01-01 (a GeneralizedTime by RFC 5280). */
export function makeCertificate(request: CertificateRequest): Uint8Array {
  const signature = new AlgorithmIdentifier({ algorithm: request.signer.oid });
  const tbsCertificate = new TBSCertificate({
    version: request.extensions ? 2 : 0,
    serialNumber: bytesOf(Buffer.from(request.serial, 'hex')),
    signature,
    issuer: nameOf(request.issuer),
    validity: new Validity({
      notBefore: new Date('2024-01-02T03:04:05Z'),
      notAfter: new Date('2051-01-01T00:00:00Z'),
    }),
    subject: nameOf(request.subject),
    subjectPublicKeyInfo: AsnConvert.parse(
      request.publicKey.export({ format: 'der', type: 'spki' }),
      SubjectPublicKeyInfo,
    ),
    ...(request.extensions && { extensions: extensionsOf(request.extensions) }),
  });
  const content = Buffer.from(AsnConvert.serialize(tbsCertificate));
  const signatureValue = bytesOf(sign(request.signer.hash, content, request.signer.key));
  const certificate = new Certificate({ tbsCertificate, signatureAlgorithm: signature, signatureValue });
  return new Uint8Array(AsnConvert.serialize(certificate));
}

function nameOf(parts: readonly NamePart[]): Name {
  return new Name(
    parts.map(
      (part) =>
        new RelativeDistinguishedName(
          part.map(
            ([type, text]) => new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
          ),
        ),
    ),
  );
}

function extensionsOf(extensions: NonNullable<CertificateRequest['extensions']>): Extensions {
  return new Extensions(
    extensions.map(
      ({ oid, critical, value }) => new Extension({ extnID: oid, critical, extnValue: new OctetString(value) }),
    ),
  );
}

/** A copy with a buffer of its own: Node's buffers share one. */
function bytesOf(buffer: Buffer): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}
