import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import type {
  CheckLine,
  PasswordFeatures,
  PasswordResult,
  PasswordTarget,
  PasswordWrite,
  WriteFailure,
} from '../connector.ts';
import { ntHashOf } from './md4.ts';

export const SIGN_IN_ANSWERS = ['welcome', 'must-change', 'wrong', 'no-password', 'unknown', 'disabled'] as const;
export type SignInAnswer = (typeof SIGN_IN_ANSWERS)[number];

/** What is known of the user that signs in: null, it is not there. */
export type FindUser = (targetId: string) => { readonly isEnabled: boolean } | null;

/** The passwords of a tenant in memory, which checks what somebody types against them. */
export interface MemoryPasswordTarget extends PasswordTarget {
  /** What a user would get who signs in with a password. */
  signIn(targetId: string, password: string): SignInAnswer;
  setFeatures(features: Partial<PasswordFeatures>): void;
  /** The next `times` passwords that match are refused. */
  refuse(match: (write: PasswordWrite) => boolean, failure: WriteFailure, times?: number): void;
  /** Every request throws this; null: it answers again. */
  breakDown(error: Error | null): void;
  /** `write` throws once after so many more passwords took effect, before it answers for them. */
  breakAfter(passwords: number, error: Error): void;
  /** How many passwords each request carried, and whose (source anchors) in the order in which they came. */
  readonly requests: readonly number[];
  readonly taken: readonly string[];
  /** Every credential that was handed over: overwritten by its owner afterwards. */
  readonly credentials: readonly Uint8Array[];
}

interface Credential {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly key: Uint8Array;
  readonly mustChange: boolean;
}

const HEAD = Buffer.from('v1;PPH1_MD4,', 'ascii');
const SALT_DIGITS = 20;
const KEY_DIGITS = 64;
const DIGITS = '0123456789abcdef';
const FEATURES: PasswordFeatures = { isSyncEnabled: true, mayForceChange: false, hasCloudPolicy: false };

export function createMemoryPasswordTarget(findUser: FindUser, passwordsPerWrite = 50): MemoryPasswordTarget {
  return new MemoryCredentials(findUser, passwordsPerWrite);
}

class MemoryCredentials implements MemoryPasswordTarget {
  readonly passwordsPerWrite: number;
  readonly requests: number[] = [];
  readonly taken: string[] = [];
  readonly credentials: Uint8Array[] = [];
  readonly #findUser: FindUser;
  readonly #held = new Map<string, Credential>();
  #features = FEATURES;
  #refusals: { match: (write: PasswordWrite) => boolean; failure: WriteFailure; times: number }[] = [];
  #isDown: Error | null = null;
  #breakage: { left: number; error: Error } | null = null;

  constructor(findUser: FindUser, passwordsPerWrite: number) {
    this.#findUser = findUser;
    this.passwordsPerWrite = passwordsPerWrite;
  }

  signIn(targetId: string, password: string): SignInAnswer {
    const user = this.#findUser(targetId);
    if (user === null) return 'unknown';
    const held = this.#held.get(targetId);
    if (held === undefined) return 'no-password';
    const hash = Buffer.from(ntHashOf(password)).toString('hex').toUpperCase();
    const key = pbkdf2Sync(Buffer.from(hash, 'utf16le'), held.salt, held.iterations, 32, 'sha256');
    if (!timingSafeEqual(key, held.key)) return 'wrong';
    if (!user.isEnabled) return 'disabled';
    return held.mustChange ? 'must-change' : 'welcome';
  }

  setFeatures(features: Partial<PasswordFeatures>): void {
    this.#features = { ...this.#features, ...features };
  }

  refuse(match: (write: PasswordWrite) => boolean, failure: WriteFailure, times = 1): void {
    this.#refusals = [...this.#refusals, { match, failure, times }];
  }

  breakDown(error: Error | null): void {
    this.#isDown = error;
  }

  breakAfter(passwords: number, error: Error): void {
    this.#breakage = { left: passwords, error };
  }

  async *check(): AsyncGenerator<CheckLine> {
    const { isSyncEnabled } = this.#features;
    yield isSyncEnabled
      ? { what: 'passwords', state: 'ok', detail: 'the tenant takes passwords' }
      : { what: 'passwords', state: 'warning', detail: 'the tenant does not take passwords yet' };
  }

  async readFeatures(): Promise<PasswordFeatures> {
    if (this.#isDown !== null) throw this.#isDown;
    return this.#features;
  }

  async setCloudPolicy(hasCloudPolicy: boolean): Promise<void> {
    if (this.#isDown !== null) throw this.#isDown;
    this.#features = { ...this.#features, hasCloudPolicy };
  }

  async write(writes: readonly PasswordWrite[]): Promise<readonly PasswordResult[]> {
    if (this.#isDown !== null) throw this.#isDown;
    if (writes.length > this.passwordsPerWrite)
      throw new RangeError(`${writes.length} passwords in one request, and ${this.passwordsPerWrite} are allowed`);
    this.requests.push(writes.length);
    const results: PasswordResult[] = [];
    for (const write of writes) {
      if (this.#breakage !== null && this.#breakage.left-- === 0) this.#break(this.#breakage.error);
      this.credentials.push(write.credential);
      results.push(this.#take(write));
    }
    if (this.#breakage?.left === 0) this.#break(this.#breakage.error);
    return results;
  }

  #break(error: Error): never {
    this.#breakage = null;
    throw error;
  }

  #take(write: PasswordWrite): PasswordResult {
    const { anchor, targetId } = write;
    const refusal = this.#refusals.find((one) => one.times > 0 && one.match(write));
    if (refusal !== undefined) {
      refusal.times--;
      return { anchor, outcome: 'failed', failure: refusal.failure };
    }
    const missing = { code: 'notFound', message: `Resource '${targetId}' does not exist.` };
    if (this.#findUser(targetId) === null) return { anchor, outcome: 'gone', failure: missing };
    const credential = parse(write.credential);
    if (credential === null)
      return {
        anchor,
        outcome: 'failed',
        failure: { code: 'badCredential', message: 'The credential has another form.' },
      };
    // As the service does: of whoever has had one, a demand is ignored unless the tenant takes such.
    const isDemandTaken = !this.#held.has(targetId) || this.#features.mayForceChange;
    this.#held.set(targetId, { ...credential, mustChange: write.forceChange && isDemandTaken });
    this.taken.push(anchor);
    return { anchor, outcome: 'done' };
  }
}

/** Reads a credential byte by byte, so that none of it becomes a text. Null: it has another form. */
function parse(bytes: Uint8Array): Omit<Credential, 'mustChange'> | null {
  const salt = bytes.subarray(HEAD.length, HEAD.length + SALT_DIGITS);
  const key = bytes.subarray(bytes.length - 1 - KEY_DIGITS, bytes.length - 1);
  const count = bytes.subarray(HEAD.length + SALT_DIGITS, bytes.length - 1 - KEY_DIGITS);
  const isWhole = HEAD.equals(bytes.subarray(0, HEAD.length)) && bytes.at(-1) === ';'.charCodeAt(0);
  const iterations = /^,(\d{3,5}),$/.exec(Buffer.from(count).toString('latin1'))?.[1];
  const digits = [...salt, ...key].map((byte) => DIGITS.indexOf(String.fromCharCode(byte)));
  if (!isWhole || iterations === undefined || digits.length !== SALT_DIGITS + KEY_DIGITS || digits.includes(-1))
    return null;
  const decoded = Uint8Array.from({ length: digits.length / 2 }, (_, index) => {
    return (digits[index * 2] ?? 0) * 16 + (digits[index * 2 + 1] ?? 0);
  });
  return {
    salt: decoded.subarray(0, SALT_DIGITS / 2),
    iterations: Number(iterations),
    key: decoded.subarray(SALT_DIGITS / 2),
  };
}
