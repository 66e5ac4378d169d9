import { X509Certificate } from 'node:crypto';
import { EmulatorError } from '../emulator-error.ts';

/** An application registered in the tenant. */
export interface Registration {
  readonly appId: string;
  readonly displayName: string;
  /** Object id of its service principal. */
  readonly principalId: string;
  readonly secrets: readonly Secret[];
  readonly certificates: readonly RegisteredCertificate[];
  /** Application permissions consented to; a signed-in user gets the same as delegated ones. */
  readonly roles: readonly string[];
  readonly directoryRoles: readonly string[];
}

export interface Secret {
  readonly value: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly expiresAt?: number | undefined;
}

export interface RegisteredCertificate {
  readonly certificate: X509Certificate;
  /** base64url of SHA-1 and SHA-256 over the DER, as the headers x5t and x5t#S256 carry them. */
  readonly thumbprint: string;
  readonly thumbprintSha256: string;
}

/** Reads a PEM certificate; throws EmulatorError when it is none, or its key is not RSA of 2048 bits or more. */
export function registerCertificate(pem: string): RegisteredCertificate {
  const certificate = readCertificate(pem);
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw new EmulatorError('A certificate for sign-in must hold an RSA key of at least 2048 bits.');
  }
  return {
    certificate,
    thumbprint: hexToBase64url(certificate.fingerprint),
    thumbprintSha256: hexToBase64url(certificate.fingerprint256),
  };
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new EmulatorError('A certificate for sign-in must be a PEM certificate.', { cause });
  }
}

function hexToBase64url(fingerprint: string): string {
  return Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
}
