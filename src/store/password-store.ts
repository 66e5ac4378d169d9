/**
 * What became of the password of an account. `synchronized`: the tenant has taken the version that we know. `waiting`: it is sent as soon as `reason` is over.
 * `failing`: the tenant refused it, or `reason` says why it cannot be sent; it is tried again later. `excluded`: it is not sent, and `reason` says why.
 */
export const PASSWORD_STATES = ['synchronized', 'waiting', 'failing', 'excluded'] as const;
export type PasswordState = (typeof PASSWORD_STATES)[number];

/**
 * Why a password waits. `to-send`, `not-shown`: we try by ourselves. The others: until something else has happened. `next-change`: nobody has handed this one over, so the
 * next one is awaited.
 */
export const WAITING_REASONS = ['to-send', 'not-shown', 'not-in-tenant', 'temporary', 'next-change'] as const;

/** Why a password is not sent. `no-source`: the account is of a directory that gives no passwords. `expired`: a random one that nobody knows stands in its place. */
export const EXCLUSION_REASONS = ['not-selected', 'rules', 'no-source', 'no-password', 'expired'] as const;

/** Why a password fails that the tenant has not refused. `no-hash`: the directory has another one, of which it stores no hash; the tenant still takes the one that was sent. */
export const FAILING_REASONS = ['no-hash'] as const;
export type PasswordReason =
  | (typeof WAITING_REASONS)[number]
  | (typeof EXCLUSION_REASONS)[number]
  | (typeof FAILING_REASONS)[number];

/** What was sent last, and to whom. */
export interface SentPassword {
  readonly version: number;
  /** When that one was set; null: not known. */
  readonly changedAt: string | null;
  /** The tenant's id of the object. */
  readonly target: string;
  /** Since when the account has been chosen (`PasswordGiver.since`). */
  readonly since: number;
  readonly at: string;
  /** The user was told to choose another one at the next sign-in. */
  readonly forced: boolean;
  /** It was a random one that nobody knows. */
  readonly isBlocked: boolean;
}

/** What is known of the password of an account of a source. Nothing in here is a secret. */
export interface PasswordAccount {
  readonly space: number;
  readonly anchor: string;
  readonly state: PasswordState;
  readonly reason: PasswordReason | null;
  /** The version that the directory told of last; null: none yet. */
  readonly version: number | null;
  readonly changedAt: string | null;
  readonly expiresAt: string | null;
  /** Since when it has been other than synchronized or excluded. */
  readonly waitingSince: string | null;
  /** Refusals one after the other, when it is tried again, and what the tenant said. */
  readonly attempts: number;
  readonly nextAt: string | null;
  readonly failure: string | null;
  /** By what rules, configuration and `stateOfPersons` it was found last that nobody leaves the account out. */
  readonly judged: string | null;
  readonly sent: SentPassword | null;
}

/** An account whose password is that of a person, as the rules choose it. */
export interface PasswordGiver {
  readonly mv: number;
  readonly object: number;
  readonly space: number;
  readonly anchor: string;
  readonly parent: number | null;
  /** Another number whenever the account is chosen anew. */
  readonly since: number;
  /** The tenant's id of the object of the person; null: it is not there, is deleted, or is not taken over yet. */
  readonly targetId: string | null;
  /** The source anchor, as the tenant knows the object. */
  readonly sourceAnchor: string | null;
  /** We have made the object of the tenant, and no password of ours has been on its way to it. False when that is not known for certain. */
  readonly isFirst: boolean;
  readonly account: PasswordAccount | null;
}

export interface PasswordCount {
  readonly state: PasswordState;
  readonly reason: PasswordReason | null;
  readonly count: number;
  readonly waitingSince: string | null;
}

/**
 * The passwords of accounts. Whoever is to be sent follows from what is in here and in the metaverse, never from an event that could be missed: the account of a
 * person has no row yet, or its row says that another version, another object of the tenant, or the same one before something happened to it was sent.
 */
export interface PasswordStore {
  /** A text that is another one after everything that can make a password due without a change of it, also in the middle of a run. Costs nothing. */
  stateOfPersons(): Promise<string>;
  /** Of these anchors of a space, the accounts whose password is that of a person. */
  givers(space: number, anchors: readonly string[]): Promise<readonly PasswordGiver[]>;
  /** All of them, by metaverse object, after one; `isOpen`: without those of which everything is as it was when the tenant took their password. */
  giversAfter(mv: number, limit: number, isOpen: boolean): Promise<readonly PasswordGiver[]>;
  /** Puts these rows in the place of those of the same accounts. */
  save(accounts: readonly PasswordAccount[]): Promise<void>;
  /** These users of the tenant are of our making, and have had no password of ours. */
  awaitFirst(targetIds: readonly string[]): Promise<void>;
  /** A password is on its way to these users: from now on they may have had one, whatever is answered, and whatever becomes of the account it is of. */
  beginFirst(targetIds: readonly string[]): Promise<void>;
  /** What the tenant has may be something else than what was sent last from here: all that it was sent is due again, as if the accounts were chosen anew, and nobody is sure to have had none. */
  distrustSent(): Promise<void>;
  /** Forgets the accounts whose password is nobody's any more; answers how many. */
  forgetOthers(): Promise<number>;
  /** Accounts that may be sent, or asked for again, at a time (those that failed or had no password: when their time has come), oldest change first. */
  due(space: number, at: string, limit: number): Promise<readonly PasswordAccount[]>;
  /** Accounts of a space that wait for one reason. */
  waiting(space: number, reason: PasswordReason, limit: number): Promise<readonly PasswordAccount[]>;
  /** Accounts that have expired since the tenant took a password of theirs: synchronized ones, and those whose temporary one it does not take. */
  expired(space: number, at: string, limit: number): Promise<readonly PasswordAccount[]>;
  counts(): Promise<readonly PasswordCount[]>;
  /** Persons of the tenant of whom no account gives the password, because no rule chooses one. */
  countWithout(): Promise<number>;
  /** Accounts that wait or fail, those that have done so longest first. */
  open(limit: number, offset: number): Promise<readonly PasswordAccount[]>;
}
