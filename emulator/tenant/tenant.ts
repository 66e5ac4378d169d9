import type { Clock } from '../clock.ts';
import type { Assumptions } from '../options.ts';
import type { Randomness } from '../randomness.ts';
import type { Change, ChangeDraft } from './change.ts';
import { Directory } from './directory.ts';
import type { Domain } from './domain.ts';
import type { Entity } from './entity.ts';
import type { Sku } from './sku.ts';

/** Soft-deleted objects are restorable for 30 days (documented). */
export const SOFT_DELETE_MILLISECONDS = 30 * 86_400_000;

export interface TenantProfile {
  readonly id: string;
  /** `<name>.onmicrosoft.com` */
  readonly initialDomain: string;
  readonly displayName: string;
}

export interface TenantParts {
  readonly profile: TenantProfile;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly assumptions: Assumptions;
  readonly lag: number;
  /** Most objects; undefined: the documented 50,000, or 300,000 with a domain of one's own. */
  readonly objectQuota: number | undefined;
}

/**
 * The emulated tenant. Writes are judged against `primary`; what clients read, and which objects a write may name, is
 * `visible`, which follows after the replication lag (the same object when the lag is 0).
 */
export class Tenant {
  readonly profile: TenantProfile;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly assumptions: Assumptions;
  readonly domains: Domain[] = [];
  readonly skus: Sku[] = [];
  readonly primary: Directory;
  readonly visible: Directory;
  readonly #lag: number;
  readonly #objectQuota: number | undefined;
  #waiting: Change[] = [];
  #waitingAt = 0;
  #deletions: { readonly id: string; readonly at: number }[] = [];
  #seq = 0;
  readonly #listeners: ((changes: readonly Change[]) => void)[] = [];

  constructor(parts: TenantParts) {
    this.profile = parts.profile;
    this.clock = parts.clock;
    this.randomness = parts.randomness;
    this.assumptions = parts.assumptions;
    this.#lag = parts.lag;
    this.#objectQuota = parts.objectQuota;
    this.primary = new Directory();
    this.visible = parts.lag > 0 ? new Directory() : this.primary;
  }

  /** An id for a new object. With a seed and a state from before, the sequence begins again: what is there already is passed over. */
  newId(): string {
    let id = this.randomness.guid();
    while (this.primary.find(id) !== undefined) id = this.randomness.guid();
    return id;
  }

  get seq(): number {
    return this.#seq;
  }

  /** The listener gets the changes of each commit, before the client is answered. */
  onChange(listener: (changes: readonly Change[]) => void): void {
    this.#listeners.push(listener);
  }

  /** Makes the changes, in order and as one. Everything that could refuse them has been asked before. */
  commit(drafts: readonly ChangeDraft[]): void {
    const at = this.clock.now();
    const changes = drafts.map((draft): Change => ({ ...draft, seq: ++this.#seq, at }));
    for (const change of changes) this.#apply(change);
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
  }

  /** Re-applies a change of the stored history, which is visible at once. */
  replay(change: Change): void {
    this.#seq = Math.max(this.#seq, change.seq);
    this.primary.apply(change);
    if (this.visible !== this.primary) this.visible.apply(change);
    this.#noteDeletion(change);
  }

  /** Goes on counting changes from a stored history's last number. */
  resumeAt(seq: number): void {
    this.#seq = Math.max(this.#seq, seq);
  }

  /** Lets time do its work: replication that is due, and soft-deleted objects whose days are over. */
  settle(): void {
    const now = this.clock.now();
    while (this.#waitingAt < this.#waiting.length) {
      const change = this.#waiting[this.#waitingAt] as Change;
      if (change.at + this.#lag > now) break;
      this.visible.apply(change);
      this.#waitingAt++;
    }
    if (this.#waitingAt > 10_000) {
      this.#waiting = this.#waiting.slice(this.#waitingAt);
      this.#waitingAt = 0;
    }
    this.#purgeExpired(now);
  }

  /** The visible object with this id, as it is on the primary, or undefined for whoever reads only the replica. */
  primaryOf(visible: Entity): Entity | undefined {
    return this.visible === this.primary ? visible : this.primary.find(visible.id);
  }

  /** Whether one more object is within the quota; a soft-deleted one counts a quarter (service limits). */
  hasRoom(): boolean {
    const hasOwnDomain = this.domains.some((domain) => domain.isVerified && !domain.isInitial);
    const quota = this.#objectQuota ?? (hasOwnDomain ? 300_000 : 50_000);
    const counted = ['user', 'group', 'orgContact', 'device'] as const;
    const live = counted.reduce((sum, kind) => sum + this.primary.countLive(kind), 0);
    return live + this.primary.countDeleted / 4 + 1 <= quota;
  }

  get defaultDomain(): string {
    return this.domains.find((domain) => domain.isDefault)?.id ?? this.profile.initialDomain;
  }

  #apply(change: Change): void {
    this.primary.apply(change);
    if (this.visible !== this.primary) this.#waiting.push(change);
    this.#noteDeletion(change);
  }

  #noteDeletion(change: Change): void {
    if (change.type === 'delete') this.#deletions.push({ id: change.id, at: change.at });
  }

  #purgeExpired(now: number): void {
    let expired = 0;
    while (expired < this.#deletions.length) {
      const deletion = this.#deletions[expired] as { id: string; at: number };
      if (deletion.at + SOFT_DELETE_MILLISECONDS > now) break;
      const entity = this.primary.find(deletion.id);
      if (entity?.status === 'deleted' && entity.deletedAt === deletion.at) {
        this.commit([{ type: 'purge', id: deletion.id }]);
      }
      expired++;
    }
    if (expired > 0) this.#deletions = this.#deletions.slice(expired);
  }
}
