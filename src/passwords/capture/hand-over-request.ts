import { copySecret } from '../../model/secret-bytes.ts';

/** What a domain controller hands over: a new password that it is about to take, or has taken. The password is a buffer of its own, which whoever gets it overwrites. */
export interface HandOver {
  /** The source, as the configuration calls it; empty: the only one. */
  readonly source: string;
  /** sAMAccountName. */
  readonly account: string;
  /** In UTF-8. */
  readonly password: Uint8Array;
  /** When it was handed over, by the clock of the domain controller, in milliseconds since 1970. */
  readonly at: number;
}

/** `DBPW`, the version, the length of the source (1 byte), of the account and of the password (2 bytes each), the time (8 bytes); the higher byte comes first. */
const HEAD_BYTES = 18;
const MAGIC = Buffer.from('DBPW\x01', 'latin1');
const MOST_SOURCE = 64;
const MOST_ACCOUNT = 256;
/** 256 characters, the most that the tenant takes, of four bytes each. */
const MOST_PASSWORD = 1024;
const MOST_BYTES = HEAD_BYTES + MOST_SOURCE + MOST_ACCOUNT + MOST_PASSWORD;

/** Why a request is none. */
export type RequestFault = 'not-understood' | 'too-long' | 'too-much';

/** Puts a request together from what comes, in one buffer of bounded size. The guide gives its form: docs/guide/password-capture.md. */
export class HandOverReader {
  readonly #bytes = Buffer.alloc(MOST_BYTES);
  #length = 0;

  /** Takes what came and overwrites it. Answers the request when it is whole, and null as long as it is not. */
  add(chunk: Uint8Array): HandOver | RequestFault | null {
    const isTooMuch = this.#length + chunk.length > MOST_BYTES;
    if (!isTooMuch) {
      this.#bytes.set(chunk, this.#length);
      this.#length += chunk.length;
    }
    chunk.fill(0);
    return isTooMuch ? 'too-much' : this.#read();
  }

  clear(): void {
    this.#bytes.fill(0);
    this.#length = 0;
  }

  #read(): HandOver | RequestFault | null {
    const known = Math.min(this.#length, MAGIC.length);
    if (!this.#bytes.subarray(0, known).equals(MAGIC.subarray(0, known))) return 'not-understood';
    if (this.#length < HEAD_BYTES) return null;
    const source = this.#bytes.readUInt8(5);
    const account = this.#bytes.readUInt16BE(6);
    const password = this.#bytes.readUInt16BE(8);
    if (source > MOST_SOURCE || account > MOST_ACCOUNT || password > MOST_PASSWORD) return 'too-long';
    if (account === 0 || password === 0) return 'not-understood';
    const whole = HEAD_BYTES + source + account + password;
    if (this.#length > whole) return 'too-much';
    return this.#length < whole ? null : this.#take(source, account, password);
  }

  #take(source: number, account: number, password: number): HandOver | RequestFault {
    const at = HEAD_BYTES + source;
    const names = [this.#bytes.subarray(HEAD_BYTES, at), this.#bytes.subarray(at, at + account)].map(readName);
    const [sourceName, accountName] = names;
    if (sourceName === undefined || accountName === undefined || accountName === '') return 'not-understood';
    const copy = copySecret(this.#bytes.subarray(at + account, at + account + password));
    return { source: sourceName, account: accountName, password: copy, at: Number(this.#bytes.readBigUInt64BE(10)) };
  }
}

/** Undefined for what is no name: not in UTF-8, or with control characters, which would write into logs what they like. */
function readName(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
