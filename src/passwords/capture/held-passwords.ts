import type { PasswordMark } from '../../connectors/connector.ts';
import { copySecret } from '../../model/secret-bytes.ts';
import { isNewerPassword, isSamePassword, type PasswordVersion } from '../password-version.ts';
import type { HandOver } from './hand-over-request.ts';
import { judgeHandOvers } from './judge-hand-overs.ts';

export interface HeldOptions {
  /** Milliseconds. */
  readonly now: () => number;
  /** So long a password is kept at most. */
  readonly hold: number;
}

/** An account of which something is held. */
export interface HeldAccount {
  readonly source: string;
  readonly account: string;
}

/** What looking at the directory has shown: the domain has taken a password that we hold, or did not take so many of them. */
export interface LookResult {
  readonly isTaken: boolean;
  readonly refused: number;
}

interface Held extends HeldAccount {
  /** By the clock of the domain controller: it is compared with times of the same clock only. */
  readonly at: number;
  readonly since: number;
  /** Null: overwritten. What is spent stays for a while, so that a later one is not taken for it. */
  password: Uint8Array | null;
  /** The password that the domain has taken; null: not known yet. */
  mark: PasswordMark | null;
}

interface Looks {
  nextAt: number;
  wait: number;
}

const FIRST_LOOK = 1000;
const LONGEST_WAIT = 15_000;
/** A refused change leaves no trace in the directory: after so long without one there was none. Another domain controller may be some minutes behind. */
const PATIENCE = 5 * 60_000;
const MOST_HELD = 20_000;
const MOST_OF_ACCOUNT = 16;

/**
 * New passwords between their hand-over and the tenant, in memory alone. Each is in one buffer, which is overwritten when the password was sent, the domain refused it, another one took its place, or
 * its time is over.
 */
export class HeldPasswords {
  readonly #options: HeldOptions;
  readonly #accounts = new Map<string, Held[]>();
  readonly #looks = new Map<string, Looks>();
  /** Those that the domain has taken and that are not spent, by source and anchor. */
  readonly #taken = new Map<string, Held[]>();
  #count = 0;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  /** How many passwords are in memory. */
  get size(): number {
    return this.#count;
  }

  /** Takes a password over, buffer and all. False: too many are held. */
  take(source: string, { account, password, at }: HandOver): boolean {
    if (this.#count >= MOST_HELD) return false;
    const since = this.#options.now();
    const key = keyOf({ source, account });
    const held = this.#accounts.get(key) ?? [];
    this.#accounts.set(key, held);
    held.push({ source, account, at, since, password, mark: null });
    this.#count++;
    for (const one of held.splice(0, held.length - MOST_OF_ACCOUNT)) this.#spend(one);
    this.#looks.set(key, { nextAt: since + FIRST_LOOK, wait: FIRST_LOOK });
    return true;
  }

  /** Accounts at which the directory is to be looked at now. */
  due(): readonly HeldAccount[] {
    const now = this.#options.now();
    return [...this.#looks].flatMap(([key, { nextAt }]) => {
      const first = nextAt <= now ? this.#accounts.get(key)?.[0] : undefined;
      return first === undefined ? [] : [{ source: first.source, account: first.account }];
    });
  }

  isDue(who: HeldAccount): boolean {
    const looks = this.#looks.get(keyOf(who));
    return looks !== undefined && looks.nextAt <= this.#options.now();
  }

  /** When something is to be done next; null: nothing is held. */
  nextAt(): number | null {
    const looks = [...this.#looks.values()].map(({ nextAt }) => nextAt);
    const ends = [...this.#all()].map(
      ({ since, password }) => since + (password === null ? PATIENCE : this.#options.hold),
    );
    const all = [...looks, ...ends];
    return all.length === 0 ? null : all.reduce((least, time) => Math.min(least, time));
  }

  /** Takes in what the directory says of an account. Null: it knows no such user; one that it does not know after some minutes either is a computer, say. */
  look(who: HeldAccount, mark: PasswordMark | null): LookResult {
    const key = keyOf(who);
    const held = this.#accounts.get(key) ?? [];
    const before = held.filter(isOpen).length;
    const isTaken = mark !== null && this.#judge(held, mark);
    if (mark === null) for (const one of held) if (isOpen(one) && this.#isLate(one)) this.#spend(one);
    if (held.some(isOpen)) this.#lookLater(key);
    else this.#looks.delete(key);
    return { isTaken, refused: before - held.filter(isOpen).length - (isTaken ? 1 : 0) };
  }

  /** The directory could not be asked. */
  lookLater(who: HeldAccount): void {
    this.#lookLater(keyOf(who));
  }

  /** What the domain has taken and the tenant has not, of one source. */
  taken(source: string): readonly PasswordMark[] {
    const all = [...this.#taken.values()].flat();
    return all.flatMap((one) => (one.source === source && one.mark !== null ? [one.mark] : []));
  }

  /** A copy of the password, for whoever overwrites it; null: we don't hold the one that the account has. What another one has taken the place of is overwritten. */
  copyOf(source: string, wanted: PasswordVersion & { readonly anchor: string }): Uint8Array | null {
    let copy: Uint8Array | null = null;
    for (const one of [...this.#of(source, wanted.anchor)]) {
      if (one.mark === null) continue;
      if (isSamePassword(one.mark, wanted)) copy = one.password === null ? null : copySecret(one.password);
      else if (isNewerPassword(wanted, one.mark)) this.#spend(one);
    }
    return copy;
  }

  /** The tenant has taken it. */
  release(source: string, sent: PasswordVersion & { readonly anchor: string }): void {
    for (const one of [...this.#of(source, sent.anchor)])
      if (one.mark !== null && !isNewerPassword(one.mark, sent)) this.#spend(one);
  }

  /** Overwrites what was held for too long; answers whose it was. */
  expire(): readonly HeldAccount[] {
    const now = this.#options.now();
    const over = [...this.#all()].filter(
      ({ since, password }) => password !== null && now - since >= this.#options.hold,
    );
    for (const one of over) this.#spend(one);
    for (const [key, held] of this.#accounts) {
      const kept = held.filter(({ since, password }) => password !== null || now - since < PATIENCE);
      if (kept.length > 0) this.#accounts.set(key, kept);
      else this.#accounts.delete(key);
      if (!kept.some(isOpen)) this.#looks.delete(key);
    }
    return over.map(({ source, account }) => ({ source, account }));
  }

  /** Overwrites everything. */
  clear(): void {
    for (const one of this.#all()) this.#spend(one);
    this.#accounts.clear();
    this.#looks.clear();
  }

  #judge(held: readonly Held[], mark: PasswordMark): boolean {
    const verdicts = judgeHandOvers(
      held.map(({ at }) => at),
      mark,
    );
    let isTaken = false;
    for (const [index, one] of held.entries()) {
      if (!isOpen(one)) continue;
      const verdict = verdicts[index];
      if (verdict === 'taken') {
        this.#note(one, mark);
        isTaken = true;
      } else if (verdict === 'refused' || this.#isLate(one)) this.#spend(one);
    }
    // An older one that the domain took before is no longer the password of the account.
    for (const one of held) if (one.mark !== null && isNewerPassword(mark, one.mark)) this.#spend(one);
    return isTaken;
  }

  #isLate({ since }: Held): boolean {
    return this.#options.now() - since >= PATIENCE;
  }

  #lookLater(key: string): void {
    const wait = Math.min((this.#looks.get(key)?.wait ?? FIRST_LOOK) * 2, LONGEST_WAIT);
    this.#looks.set(key, { nextAt: this.#options.now() + wait, wait });
  }

  *#all(): Generator<Held> {
    for (const held of this.#accounts.values()) yield* held;
  }

  #of(source: string, anchor: string): readonly Held[] {
    return this.#taken.get(`${source}\n${anchor}`) ?? [];
  }

  #note(one: Held, mark: PasswordMark): void {
    one.mark = mark;
    this.#taken.set(`${one.source}\n${mark.anchor}`, [...this.#of(one.source, mark.anchor), one]);
  }

  #spend(one: Held): void {
    if (one.password === null) return;
    one.password.fill(0);
    one.password = null;
    this.#count--;
    if (one.mark === null) return;
    const key = `${one.source}\n${one.mark.anchor}`;
    const others = this.#of(one.source, one.mark.anchor).filter((other) => other !== one);
    if (others.length > 0) this.#taken.set(key, others);
    else this.#taken.delete(key);
  }
}

function isOpen({ password, mark }: Held): boolean {
  return password !== null && mark === null;
}

/** Names of accounts are compared without case ([MS-ADTS] 3.1.1.3.1.1.4: sAMAccountName is case-insensitive). */
function keyOf({ source, account }: HeldAccount): string {
  return `${source}\n${account.toLowerCase()}`;
}
