import { constants, verify } from 'node:crypto';
import { isRecord } from '../json-value.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { REFUSALS } from './aadsts.ts';
import type { RegisteredCertificate, Registration } from './registration.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** How much the clocks of client and service may differ, where leeway is assumed (RFC 7519 section 4.1.4 allows some). */
const LEEWAY_SECONDS = 300;
/** Clients round the time at which they sign to whole seconds, up or down. */
const ROUNDING_SECONDS = 2;

/**
 * Checks the JWT with which an application proves that it holds the private key of a registered certificate
 * (certificate-credentials; RFC 7523 section 3). `audiences`: the forms of this tenant's token endpoint.
 */
export function checkClientAssertion(
  assertion: string,
  registration: Registration,
  tenant: Tenant,
  audiences: ReadonlySet<string>,
  seen: Set<string>,
): void {
  const { header, claims, content, signature } = splitAssertion(assertion);
  const registered = findCertificate(header, registration);
  checkSignature(header, content, signature, registered);
  // The client stamps by its own clock, which an advance of the emulator's does not move.
  const now = tenant.clock.sourceNow() / 1000;
  const leeway = tenant.assumptions.assertionLeeway ? LEEWAY_SECONDS : 0;
  checkCertificateTime(registered, now, leeway);
  checkIssuer(claims, registration, audiences);
  checkClaimTimes(claims, now, leeway);
  const jti = claims['jti'];
  if (typeof jti !== 'string' || jti === '') throw REFUSALS.assertionMalformed('The jti claim is missing.');
  if (tenant.assumptions.refuseReplayedAssertions && seen.has(jti)) throw REFUSALS.assertionReplayed();
  seen.add(jti);
}

type Part = Readonly<Record<string, unknown>>;

function splitAssertion(assertion: string): { header: Part; claims: Part; content: Buffer; signature: Buffer } {
  const [header, claims, signature, ...rest] = assertion.split('.');
  if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) {
    throw REFUSALS.assertionMalformed('A JWS in compact form has three parts.');
  }
  return {
    header: decodePart(header),
    claims: decodePart(claims),
    content: Buffer.from(`${header}.${claims}`),
    signature: Buffer.from(signature, 'base64url'),
  };
}

function decodePart(text: string): Part {
  try {
    const part: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (isRecord(part)) return part;
  } catch {
    // Answered below, with the words of the service.
  }
  throw REFUSALS.assertionMalformed('Header or claims are not JSON.');
}

function findCertificate(header: Part, registration: Registration): RegisteredCertificate {
  const sha256 = header['x5t#S256'];
  const sha1 = header['x5t'];
  if (sha256 === undefined && sha1 === undefined) {
    throw REFUSALS.assertionUnsigned('[Reason - The header names no certificate: x5t#S256 or x5t is needed.]');
  }
  const found = registration.certificates.find((known) =>
    sha256 === undefined ? known.thumbprint === trim(sha1) : known.thumbprintSha256 === trim(sha256),
  );
  if (!found) throw REFUSALS.assertionUnsigned('[Reason - The key was not found.]');
  return found;
}

function trim(thumbprint: unknown): string {
  return String(thumbprint).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
}

function checkSignature(header: Part, content: Buffer, signature: Buffer, registered: RegisteredCertificate): void {
  const key = registered.certificate.publicKey;
  const options =
    header['alg'] === 'PS256'
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      : header['alg'] === 'RS256'
        ? { key, padding: constants.RSA_PKCS1_PADDING }
        : undefined;
  if (!options) throw REFUSALS.assertionMalformed(`The algorithm '${String(header['alg'])}' is not PS256 or RS256.`);
  if (!verify('sha256', content, options, signature)) {
    throw REFUSALS.assertionUnsigned(
      '[Reason - The key was found, but use of the key to verify the signature failed.]',
    );
  }
}

function checkCertificateTime(registered: RegisteredCertificate, now: number, leeway: number): void {
  const { validFrom, validTo } = registered.certificate;
  if (now + leeway < Date.parse(validFrom) / 1000 || now > Date.parse(validTo) / 1000)
    throw REFUSALS.certificateOutOfTime();
}

function checkIssuer(claims: Part, registration: Registration, audiences: ReadonlySet<string>): void {
  const audience = String(claims['aud']);
  if (!audiences.has(audience.replace(/\/$/, '').toLowerCase())) throw REFUSALS.assertionAudience(audience);
  if (claims['iss'] !== registration.appId || claims['sub'] !== registration.appId) throw REFUSALS.assertionSubject();
}

function checkClaimTimes({ exp, nbf }: Part, now: number, leeway: number): void {
  if (typeof exp !== 'number') throw REFUSALS.assertionMalformed('The exp claim is missing.');
  if (exp + leeway <= now) throw REFUSALS.assertionOutOfTime('The assertion has expired.');
  if (typeof nbf === 'number' && nbf > now + leeway + ROUNDING_SECONDS)
    throw REFUSALS.assertionOutOfTime('It is not yet valid.');
}
