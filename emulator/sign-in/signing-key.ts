import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/** The key with which the emulator signs its tokens (RS256, RFC 7518 section 3.3). */
export class SigningKey {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly id: string;

  /** `pem`: a PKCS#8 private key; without it a new one is made. */
  constructor(pem?: string) {
    this.#privateKey = pem ? createPrivateKey(pem) : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    this.#publicKey = createPublicKey(this.#privateKey);
    const spki = this.#publicKey.export({ type: 'spki', format: 'der' });
    this.id = createHash('sha1').update(spki).digest('base64url');
  }

  exportPem(): string {
    return this.#privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  /** The public key as the key set document shows it (RFC 7517). */
  exportJwk(): Record<string, unknown> {
    return { ...this.#publicKey.export({ format: 'jwk' }), kid: this.id, use: 'sig', alg: 'RS256', x5t: this.id };
  }

  signJwt(claims: Readonly<Record<string, unknown>>): string {
    const header = encode({ typ: 'JWT', alg: 'RS256', x5t: this.id, kid: this.id });
    const content = `${header}.${encode(claims)}`;
    return `${content}.${sign('sha256', Buffer.from(content), this.#privateKey).toString('base64url')}`;
  }

  /** The claims of a token signed by this key; undefined for every other text. */
  readJwt(token: string): Readonly<Record<string, unknown>> | undefined {
    const [header, claims, signature, ...rest] = token.split('.');
    if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return undefined;
    const content = Buffer.from(`${header}.${claims}`);
    if (!verify('sha256', content, this.#publicKey, Buffer.from(signature, 'base64url'))) return undefined;
    return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
  }
}

function encode(part: unknown): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
