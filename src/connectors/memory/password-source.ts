import { DirbridgeError } from '../../errors.ts';
import type {
  AccountPassword,
  CheckLine,
  PasswordReadEvent,
  PasswordReadRequest,
  PasswordSource,
  ReadProblem,
} from '../connector.ts';
import { ntHashOf } from './md4.ts';

type Details = Pick<AccountPassword, 'mustChange' | 'isDisabled' | 'isSmartCardRequired' | 'expiresAt'>;

/** A directory's passwords in memory, with a feed of what was set: for tests, demonstrations and measurements. */
export interface MemoryPasswords extends PasswordSource {
  /** Sets a password, as the user or an administrator would. */
  setPassword(anchor: string, password: string, details?: Partial<Details> & { readonly changedAt?: string }): void;
  /** Changes what else there is to an account; its password stays. */
  edit(anchor: string, details: Partial<Details>): void;
  /** The account has no password any more. */
  clearPassword(anchor: string): void;
  remove(anchor: string): void;
  /** Watermarks given out so far are refused from now on. */
  refuseWatermarks(reason: string): void;
  /** The next read breaks off after so many pages. */
  failNextRead(afterPages: number): void;
  /** Every read reports these. */
  setProblems(problems: readonly ReadProblem[]): void;
  /** How many accounts were handed over by `read` and by `fetch`. */
  readonly handedOver: { readonly read: number; readonly fetched: number };
  /** Every hash that was handed over: overwritten once its owner is done with it. */
  readonly hashes: readonly Uint8Array[];
}

interface Held extends Details {
  readonly hash: Uint8Array | null;
  readonly version: number;
  readonly changedAt: string;
  /** The number of the last change to it. */
  readonly sequence: number;
}

const WATERMARK = /^passwords:(\d+):(\d+)$/;
const PAGE = 100;
const NOTHING_SPECIAL: Details = { mustChange: false, isDisabled: false, isSmartCardRequired: false, expiresAt: null };

export function createMemoryPasswords(
  name: string,
  now: () => Date = () => new Date(),
  pageSize = PAGE,
): MemoryPasswords {
  return new MemoryPasswordSource(name, now, pageSize);
}

class MemoryPasswordSource implements MemoryPasswords {
  readonly handedOver = { read: 0, fetched: 0 };
  readonly hashes: Uint8Array[] = [];
  readonly #name: string;
  readonly #now: () => Date;
  readonly #pageSize: number;
  readonly #held = new Map<string, Held>();
  #sequence = 0;
  #epoch = 1;
  #refusal = 'the watermark is not one of this directory';
  #failAfter: number | null = null;
  #problems: readonly ReadProblem[] = [];

  constructor(name: string, now: () => Date, pageSize: number) {
    this.#name = name;
    this.#now = now;
    this.#pageSize = pageSize;
  }

  setPassword(
    anchor: string,
    password: string,
    { changedAt, ...details }: Partial<Details> & { readonly changedAt?: string } = {},
  ): void {
    const before = this.#held.get(anchor);
    this.#keep(anchor, {
      ...NOTHING_SPECIAL,
      ...(before === undefined ? {} : pick(before)),
      mustChange: false,
      ...details,
      hash: ntHashOf(password),
      version: (before?.version ?? 0) + 1,
      changedAt: changedAt ?? this.#now().toISOString(),
    });
  }

  edit(anchor: string, details: Partial<Details>): void {
    const held = this.#held.get(anchor);
    if (held === undefined) throw new RangeError(`the directory holds no account ${anchor}`);
    this.#keep(anchor, { ...held, ...details });
  }

  clearPassword(anchor: string): void {
    const held = this.#held.get(anchor);
    if (held === undefined) throw new RangeError(`the directory holds no account ${anchor}`);
    this.#keep(anchor, { ...held, hash: null, version: held.version + 1, changedAt: this.#now().toISOString() });
  }

  #keep(anchor: string, held: Omit<Held, 'sequence'>): void {
    // What was changed last comes last.
    this.#held.delete(anchor);
    this.#held.set(anchor, { ...held, sequence: ++this.#sequence });
  }

  remove(anchor: string): void {
    this.#held.delete(anchor);
  }

  refuseWatermarks(reason: string): void {
    this.#epoch++;
    this.#refusal = reason;
  }

  failNextRead(afterPages: number): void {
    this.#failAfter = afterPages;
  }

  setProblems(problems: readonly ReadProblem[]): void {
    this.#problems = problems;
  }

  async *check(): AsyncGenerator<CheckLine> {
    yield { what: 'passwords', state: 'ok', detail: `${this.#held.size} passwords in memory can be read` };
  }

  async *read({ watermark }: PasswordReadRequest): AsyncGenerator<PasswordReadEvent> {
    const end = this.#sequence;
    const since = watermark === null ? null : this.#sequenceOf(watermark);
    const failAfter = this.#failAfter;
    this.#failAfter = null;
    const reason = since === null && watermark !== null ? this.#refusal : null;
    yield { kind: 'begin', mode: since === null ? 'full' : 'delta', reason };
    if (this.#problems.length > 0) yield { kind: 'page', passwords: [], problems: this.#problems };
    const found = [...this.#held].filter(([, { sequence }]) => sequence > (since ?? 0)).map(([anchor]) => anchor);
    let pages = 0;
    for (let from = 0; from < found.length; from += this.#pageSize) {
      if (pages++ === failAfter) throw this.#interruption();
      const passwords = found.slice(from, from + this.#pageSize).flatMap((anchor) => this.#handOver(anchor));
      this.handedOver.read += passwords.length;
      yield { kind: 'page', passwords };
    }
    if (failAfter !== null) throw this.#interruption();
    yield { kind: 'end', watermark: `passwords:${this.#epoch}:${end}` };
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly AccountPassword[]> {
    for (let from = 0; from < anchors.length; from += this.#pageSize) {
      const some = anchors.slice(from, from + this.#pageSize);
      const passwords = some.flatMap((anchor) => this.#handOver(anchor)).filter(({ ntHash }) => ntHash !== null);
      this.handedOver.fetched += passwords.length;
      yield passwords;
    }
  }

  #handOver(anchor: string): readonly AccountPassword[] {
    const held = this.#held.get(anchor);
    if (held === undefined) return [];
    const { hash, version, changedAt } = held;
    const ntHash = hash === null ? null : Uint8Array.from(hash);
    if (ntHash !== null) this.hashes.push(ntHash);
    return [{ anchor, ntHash, version, changedAt, ...pick(held) }];
  }

  #sequenceOf(watermark: string): number | null {
    const match = WATERMARK.exec(watermark);
    return match !== null && Number(match[1]) === this.#epoch ? Number(match[2]) : null;
  }

  #interruption(): DirbridgeError {
    return new DirbridgeError('directory-interrupted', `reading the passwords of ${this.#name} broke off, as told to.`);
  }
}

function pick({ mustChange, isDisabled, isSmartCardRequired, expiresAt }: Details): Details {
  return { mustChange, isDisabled, isSmartCardRequired, expiresAt };
}
