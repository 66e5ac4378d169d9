import { X509Certificate } from 'node:crypto';
import { charge, EvaluationError, type Item, type Moment, toText } from '../values.ts';
import { parseMoment } from './dates.ts';
import type { FunctionGroup, ScalarFunction } from './definition.ts';

/** Reads one X.509 certificate, DER bytes or their base64 text; null when it is none. */
function readCertificate(item: Item, name: string): X509Certificate | null {
  const bytes = item instanceof Uint8Array ? item : Buffer.from(toText(item, name) ?? '', 'base64');
  charge(bytes.length);
  try {
    return new X509Certificate(bytes);
  } catch {
    return null;
  }
}

function certificateFunction(
  name: string,
  meaning: string,
  read: (certificate: X509Certificate) => Item,
): ScalarFunction {
  return {
    name,
    group: 'Certificates' as FunctionGroup,
    form: 'scalar',
    usage: `${name}(certificate)`,
    minimum: 1,
    maximum: 1,
    meaning: `${meaning} Absent when there is no certificate, an error when the data are none.`,
    example: `${name}(NULL)`,
    result: 'NULL',
    apply: (item = null) => {
      if (item === null) return null;
      const certificate = readCertificate(item, name);
      if (!certificate)
        throw new EvaluationError(`${name} needs an X.509 certificate; IsCert tells whether it is one.`);
      return read(certificate);
    },
  };
}

function momentFrom(date: Date): Moment {
  const moment = parseMoment(date.toISOString());
  if (!moment) throw new EvaluationError('A time must lie between the years 1601 and 9999.');
  return moment;
}

const thumbprint = (certificate: X509Certificate): Item => certificate.fingerprint.replaceAll(':', '');

export const CERTIFICATE_FUNCTIONS: readonly ScalarFunction[] = [
  {
    ...certificateFunction('IsCert', '', () => true),
    meaning: 'Whether it is an X.509 certificate, as bytes or as a base64 text.',
    example: 'IsCert("none")',
    result: 'False',
    apply: (item = null) =>
      (item instanceof Uint8Array || typeof item === 'string') && readCertificate(item, 'IsCert') !== null,
  },
  certificateFunction('CertNotAfter', 'The time until which a certificate is valid, in UTC.', (certificate) =>
    momentFrom(certificate.validToDate),
  ),
  certificateFunction('CertNotBefore', 'The time from which a certificate is valid, in UTC.', (certificate) =>
    momentFrom(certificate.validFromDate),
  ),
  certificateFunction('CertHashString', 'The SHA-1 hash of a certificate in hexadecimal.', thumbprint),
  certificateFunction('CertThumbprint', 'The same as CertHashString.', thumbprint),
  certificateFunction(
    'CertSerialNumber',
    'The serial number of a certificate in hexadecimal.',
    (certificate) => certificate.serialNumber,
  ),
];
