import { type ConnectionOptions, checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { DirbridgeError } from '../../../errors.ts';
import { isAddressLiteral, type ServerAddress } from './server-address.ts';

/** What the certificate of a server must satisfy. */
export interface TlsDemand {
  /** PEM certificates to trust instead of those of the system; null: those of the system. */
  readonly ca: string | null;
  /** SHA-256 of the one certificate that is accepted, in lower-case hex without colons; null: any that verifies. */
  readonly fingerprint: string | null;
  /** The name the certificate must carry, when it is not the host of the address. */
  readonly serverName: string | null;
}

export interface ServerCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly validTo: Date;
  readonly fingerprint: string;
}

/**
 * Options for tls.connect. Node is told not to end the connection itself because it would not say whose certificate it saw:
 * `verifyServer` must be called before the first byte is sent, and ends it.
 */
export function tlsOptions(server: ServerAddress, demand: TlsDemand): ConnectionOptions {
  const name = demand.serverName ?? server.host;
  return {
    ...(isAddressLiteral(name) ? {} : { servername: name }),
    // Whatever address we connect to, the certificate is to be for this name.
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    ...(demand.ca === null ? {} : { ca: demand.ca }),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false,
  };
}

/** Throws `directory-certificate` unless the chain and the name verify, or the certificate is the pinned one; a pin and a CA must both hold. */
export function verifyServer(socket: TLSSocket, server: ServerAddress, demand: TlsDemand): ServerCertificate {
  const certificate = describeCertificate(socket.getPeerCertificate(true));
  if (demand.fingerprint !== null && demand.fingerprint !== certificate.fingerprint) {
    throw refuseCertificate(server, certificate, 'it is not the one that is pinned', {
      remedy: `If the server got a new certificate, compare its fingerprint on the server itself and write it into tls.fingerprint.`,
    });
  }
  const isPinnedOnly = demand.fingerprint !== null && demand.ca === null;
  if (isPinnedOnly || socket.authorized) return certificate;
  const code = String(socket.authorizationError);
  const reason = REASONS[code] ?? code;
  throw refuseCertificate(server, certificate, reason, { remedy: remedyFor(code, certificate) });
}

const REASONS: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: 'its certification authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certification authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certification authority is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certification authority is not trusted here',
  CERT_SIGNATURE_FAILURE: 'it was not signed by the certification authority that is trusted here',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is signed by itself and is not trusted here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
};

function remedyFor(code: string, certificate: ServerCertificate): string {
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the certificate on the server.';
  if (code === 'CERT_NOT_YET_VALID') return 'Check the clocks of this machine and of the server.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return 'Write a name that the certificate carries into servers, or into tls.serverName.';
  return `Name its certification authority (${certificate.issuer}) with tls: { ca: FILE }, or pin the certificate with tls: { fingerprint: ... } after comparing it on the server itself.`;
}

function refuseCertificate(
  server: ServerAddress,
  certificate: ServerCertificate,
  reason: string,
  options: { readonly remedy: string },
): DirbridgeError {
  const seen = `subject ${certificate.subject}, issuer ${certificate.issuer}, SHA-256 ${certificate.fingerprint}`;
  return new DirbridgeError(
    'directory-certificate',
    `${server.url}: the certificate was refused: ${reason} (${seen})`,
    options,
  );
}

function describeCertificate(certificate: DetailedPeerCertificate): ServerCertificate {
  return {
    subject: formatName(certificate.subject),
    issuer: formatName(certificate.issuer),
    validTo: new Date(certificate.valid_to ?? 0),
    fingerprint: (certificate.fingerprint256 ?? '').replaceAll(':', '').toLowerCase(),
  };
}

function formatName(name: object | undefined): string {
  const parts = Object.entries(name ?? {}).map(([type, value]) => `${type}=${String(value)}`);
  return parts.length === 0 ? '(no name)' : parts.join(', ');
}
