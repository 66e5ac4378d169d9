import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { DirbridgeError, messageOf } from '../../errors.ts';
import type { SecretSource } from '../connector.ts';
import type { EntraSection } from './config.ts';

/** What MSAL signs in with. */
export type ClientCredential =
  | { readonly clientSecret: string }
  | { readonly clientCertificate: { readonly thumbprintSha256: string; readonly privateKey: string } };

/** Reads secret or certificate at the moment they are needed; nothing of it is kept. Throws `config-secret`. */
export function readCredential(section: EntraSection, readSecret: (source: SecretSource) => string): ClientCredential {
  if (section.clientSecret) return { clientSecret: readSecret(section.clientSecret) };
  const { key, certificate } = readCertificate(section, readSecret);
  return {
    clientCertificate: {
      thumbprintSha256: certificate.fingerprint256.replaceAll(':', ''),
      privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    },
  };
}

/** The certificate that the target names, with its key. Throws `config-secret` when one is missing, or they do not belong together. */
export function readCertificate(
  section: EntraSection,
  readSecret: (source: SecretSource) => string,
): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  const named = section.certificate;
  if (!named) throw new DirbridgeError('config-invalid', 'The target has neither clientSecret nor certificate.');
  const pem = readSecret({ file: named.file });
  try {
    const certificate = new X509Certificate(pem);
    const passphrase = named.passphrase === undefined ? {} : { passphrase: readSecret(named.passphrase) };
    const key = createPrivateKey({ key: pem, format: 'pem', ...passphrase });
    if (!certificate.checkPrivateKey(key)) throw new Error('the key does not belong to the certificate');
    return { key, certificate };
  } catch (cause) {
    if (cause instanceof DirbridgeError) throw cause;
    throw new DirbridgeError('config-secret', `The certificate ${named.file} cannot be used: ${messageOf(cause)}.`, {
      cause,
      remedy: 'The file must hold a private key and its certificate in PEM; give passphrase when the key is encrypted.',
    });
  }
}
