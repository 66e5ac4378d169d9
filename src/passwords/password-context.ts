import type { PasswordSource, PasswordTarget } from '../connectors/connector.ts';
import type { Log } from '../log.ts';
import type { ObjectName } from '../model/finding.ts';
import type { PasswordGiver } from '../store/password-store.ts';
import type { Store } from '../store/store.ts';

/** What becomes of the password of an account that has expired: `send`, as ever (an expired account can sign in to the tenant); `block`: a random one is sent. */
export const EXPIRED_ACCOUNTS = ['send', 'block'] as const;
export type ExpiredAccounts = (typeof EXPIRED_ACCOUNTS)[number];

/** A directory that gives passwords, by the name of its space. */
export interface NamedPasswordSource {
  readonly name: string;
  readonly passwords: PasswordSource;
}

/** What a password cycle works with. */
export interface PasswordContext {
  readonly store: Store;
  readonly sources: readonly NamedPasswordSource[];
  /** They know only passwords that were handed over, and give those themselves, in UTF-8, in the place of hashes. Of any other the next change is awaited. */
  readonly isCaptured?: boolean;
  readonly target: PasswordTarget;
  /** Makes of what a source gives what the target takes; by default a credential of a hash. What it is given stays the caller's. */
  readonly derive?: (secret: Uint8Array) => Promise<Uint8Array>;
  readonly expiredAccounts: ExpiredAccounts;
  /** Whom rules and configuration leave out. */
  readonly judge: {
    /** Memberships or places decide: somebody may be left out although nothing happened to the person. */
    readonly looksAtEverybody: boolean;
    whyNot(giver: PasswordGiver): Promise<'not-selected' | 'rules' | null>;
    nameOf(space: number, anchor: string): Promise<ObjectName>;
  };
  /** Rules and configuration as a text: when it is another one, everybody is judged anew. */
  readonly fingerprint: string;
  /** Awaited before each request that sends passwords; throws when this server may not write any more. */
  readonly requireRight?: () => Promise<void>;
  readonly now: () => Date;
  readonly log: Log;
  readonly progress: (step: string, done: number, total: number | null) => void;
}
