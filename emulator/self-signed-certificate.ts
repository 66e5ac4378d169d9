import { generateKeyPairSync, sign } from 'node:crypto';

export interface SelfSignedCertificate {
  /** PEM of the certificate and of its PKCS#8 private key. */
  readonly certificate: string;
  readonly privateKey: string;
}

/**
 * Makes an RSA 2048 key and a version 3 certificate over it (RFC 5280 section 4.1), for tests and for --tls on
 * loopback. `hosts` go into the subject alternative name: DNS names, or dotted IPv4 addresses.
 */
export function createSelfSignedCertificate(
  commonName: string,
  options: { readonly hosts?: readonly string[]; readonly notBefore?: Date; readonly notAfter?: Date } = {},
): SelfSignedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const algorithm = sequence(objectId('2a864886f70d01010b'), element(0x05));
  const name = sequence(element(0x31, sequence(objectId('550403'), element(0x0c, Buffer.from(commonName, 'utf8')))));
  const now = Date.now();
  const validity = sequence(
    time(options.notBefore ?? new Date(now - 86_400_000)),
    time(options.notAfter ?? new Date(now + 365 * 86_400_000)),
  );
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const version = element(0xa0, element(0x02, Buffer.from([2])));
  const serial = element(0x02, Buffer.concat([Buffer.from([1]), spki.subarray(-8)]));
  const content = sequence(version, serial, algorithm, name, validity, name, spki, extensions(options.hosts ?? []));
  const signature = element(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, privateKey)]));
  return {
    certificate: toPem(sequence(content, algorithm, signature)),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function extensions(hosts: readonly string[]): Buffer {
  const constraints = sequence(objectId('551d13'), element(0x04, sequence(element(0x01, Buffer.from([0xff])))));
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host) ? element(0x87, Buffer.from(host.split('.').map(Number))) : element(0x82, Buffer.from(host)),
  );
  const alternative = names.length > 0 ? [sequence(objectId('551d11'), element(0x04, sequence(...names)))] : [];
  return element(0xa3, sequence(constraints, ...alternative));
}

/** One DER element: tag, length, content (X.690 section 8.1). */
function element(tag: number, content: Buffer = Buffer.alloc(0)): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function objectId(hex: string): Buffer {
  return element(0x06, Buffer.from(hex, 'hex'));
}

/** UTCTime up to 2049 (RFC 5280 section 4.1.2.5). */
function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${text}Z`));
}

function toPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
