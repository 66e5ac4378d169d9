import { type Finding, finding } from '../model/finding.ts';
import { OBJECT_STATES, PENDING, type PendingObject, type Store } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import { findDoubtfulCreations } from './doubtful-creations.ts';

const HISTORY = 20;
/** Objects of which the finding tells the names. */
const NAMED = 5;
/** A sign that was seen stays told for a day, so that nobody misses it between two cycles. */
const TOLD_FOR = 86_400_000;
const SUBJECT = 'other-writer';
/** When the last sign was seen. */
const LAST_SIGN = 'last sign of another writer';
/** Set when a sync has seen the tenant. */
const WATCHING = 'watches for other writers';

/**
 * Notices a second server that writes to the same tenant, by what it leaves there. Nothing is written for that: a marker would need further permissions
 * (open extensions of the organization: Organization.ReadWrite.All) or be an object that people see. The sign is an object that
 * is new in the tenant, carries the anchor of a person or group of ours, and was not made by us.
 */
export class OtherWriter {
  readonly #store: Store;
  /** False until a sync has seen the tenant: what is there at first was made by whoever came before us. */
  #isWatching: boolean;
  readonly #names: string[] = [];
  #count = 0;

  private constructor(store: Store, isWatching: boolean) {
    this.#store = store;
    this.#isWatching = isWatching;
  }

  static async begin({ store, isWrittenElsewhere }: EngineContext): Promise<OtherWriter> {
    return new OtherWriter(store, isWrittenElsewhere !== true && (await store.meta(WATCHING)) === 'yes');
  }

  /** A full sync looks at everything as if it had just come: what is new cannot be told from what is not. */
  lookAway(): void {
    this.#isWatching = false;
  }

  /** An object of the tenant that is joined by its anchor to what it stands for. */
  async see(object: PendingObject): Promise<void> {
    const anchor = object.attributes['sourceAnchor'];
    const isNew = (object.flags & PENDING.state) !== 0 && object.state === OBJECT_STATES.live;
    if (!this.#isWatching || !isNew || typeof anchor !== 'string') return;
    if ((await findDoubtfulCreations(this.#store)).has(anchor)) return;
    const history = await this.#store.apply.changesOf(anchor, HISTORY);
    if (history.some((entry) => entry.targetId === object.anchor)) return;
    this.#count++;
    if (this.#names.length < NAMED) this.#names.push(nameOf(object));
  }

  /** Tells what was seen; what was told before stays for a day. */
  async report(context: EngineContext, run: string): Promise<void> {
    const { runs } = context.store;
    const at = context.now();
    if (!this.#isWatching) await context.store.setMeta(WATCHING, 'yes');
    if (this.#count === 0) {
      const told = (await runs.subjects('sync', 'another-server')).length > 0;
      if (!told || (await isFresh(this.#store, at))) return;
      await runs.replaceFindings('sync', SUBJECT, [], run, at.toISOString());
      return;
    }
    await this.#store.setMeta(LAST_SIGN, at.toISOString());
    const more = this.#count > this.#names.length ? ` and ${this.#count - this.#names.length} more` : '';
    const found: Finding = finding('another-server', 'sync', {
      value: this.#names.join(', '),
      cause: `Something else has made, or brought back, ${this.#count === 1 ? 'an object' : `${this.#count} objects`} in the tenant with the source anchor of our directory: ${this.#names.join(', ')}${more}. Most likely a second server writes to this tenant. What it made is taken over here, and the two may undo each other's changes.`,
    });
    await runs.replaceFindings('sync', SUBJECT, [found], run, at.toISOString());
  }
}

async function isFresh(store: Store, now: Date): Promise<boolean> {
  const last = await store.meta(LAST_SIGN);
  return last !== null && Math.abs(now.getTime() - Date.parse(last)) < TOLD_FOR;
}

function nameOf(object: PendingObject): string {
  const { userPrincipalName, displayName } = object.attributes;
  return String(userPrincipalName ?? displayName ?? object.anchor);
}

/** After this server has taken over from another one: what that one made last is no sign of a stranger. */
export async function stopWatching(store: Store): Promise<void> {
  await store.setMeta(WATCHING, 'no');
}
