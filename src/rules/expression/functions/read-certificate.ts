import { X509Certificate } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, type TBSCertificate } from '@peculiar/asn1-x509';
import { charge, EvaluationError, type Item, toText } from '../values.ts';

/** A certificate as the functions read it. `loaded`: by OpenSSL, which decides whether it is one; `content`: its fields one by one. */
export interface ReadCertificate {
  readonly loaded: X509Certificate;
  readonly content: TBSCertificate;
  /** The OID of the algorithm that it is signed with. */
  readonly signatureAlgorithm: string;
}

/** A certificate takes about half a millisecond, which is far more than what a text of its length takes. */
const WORK_OF_LOADING = 5000;
const WORK_FOR_BYTE = 10;

const PEM = /^\s*-----BEGIN [A-Z0-9 ]+-----([A-Za-z0-9+/=\s]*)-----END [A-Z0-9 ]+-----\s*$/;

/** Loads one X.509 certificate, DER bytes or their base64 text with or without the lines around it; null when it is none. */
export function loadCertificate(item: Item, asker: string): X509Certificate | null {
  const bytes = item instanceof Uint8Array ? item : bytesOfText(toText(item, asker) ?? '');
  charge(WORK_OF_LOADING + WORK_FOR_BYTE * bytes.length);
  try {
    return new X509Certificate(bytes);
  } catch {
    return null;
  }
}

function bytesOfText(text: string): Uint8Array {
  return Buffer.from(PEM.exec(text)?.[1] ?? text, 'base64');
}

/** Reads one X.509 certificate field by field. Throws EvaluationError when it is none. */
export function readCertificate(item: Item, asker: string): ReadCertificate {
  const loaded = loadCertificate(item, asker);
  if (loaded) {
    try {
      const { tbsCertificate, signatureAlgorithm } = AsnConvert.parse(loaded.raw, Certificate);
      return { loaded, content: tbsCertificate, signatureAlgorithm: signatureAlgorithm.algorithm };
    } catch {
      // OpenSSL is more lenient here and there; what cannot be read wholly is no certificate for us.
    }
  }
  throw new EvaluationError(`${asker} needs an X.509 certificate; IsCert tells whether it is one.`);
}
