import type { ChangesReply } from './drsuapi/changes-reply.ts';
import type { ReplicatedObject } from './drsuapi/replicated-object.ts';
import {
  type Cursor,
  FROM_THE_START,
  mergeCursors,
  type ReplicationState,
  type UsnVector,
} from './drsuapi/replication-state.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import type { Replica } from './replica.ts';

/** The database that was read from knows less than it did: it was put back, and counts changes anew that we would take for known. */
export class HistoryLost extends Error {
  constructor() {
    super('the database of the domain controller was put back from a copy: it counts its changes anew');
    this.name = 'HistoryLost';
  }
}

/** Parts in a row without any object, or without getting on: Windows and Samba send memberships in them, and no domain has that many. */
const MOST_BARREN_PARTS = 10_000;

/**
 * One cycle of replication ([MS-DRSR] 1.3.2): parts until there are no more. It can go on with another domain controller at any point: that one begins anew, by
 * what the last finished cycle knew of every database, so that nothing is left out and some comes twice.
 */
export class ReplicationCycle {
  readonly #start: ReplicationState;
  #state: ReplicationState;
  #barrenParts = 0;
  /** Accepted of the database that is read at the moment, and the most that ever were of each. */
  #parts = 0;
  readonly #mostParts = new Map<string, number>();
  #isDone = false;

  constructor(start: ReplicationState) {
    this.#start = start;
    this.#state = start;
  }

  /** Everything is told: an attribute that is missing has no value. */
  get isFull(): boolean {
    return this.#start === FROM_THE_START;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Where the next cycle starts. Only when this one is done. */
  get end(): ReplicationState {
    return this.#state;
  }

  /**
   * The next part. It may be asked for again, also from another domain controller, until it was accepted. Throws HistoryLost, and what a session throws.
   */
  async next(replica: Pick<Replica, 'readChanges'>, mostObjects: number): Promise<CyclePart> {
    let reply = await replica.readChanges(this.#state, mostObjects);
    if (reply.invocationId !== this.#state.invocationId && this.#state.usn !== FROM_THE_START.usn) {
      // The counts are those of another database, and not every server sees that by itself ([MS-DRSR] 4.1.10.5).
      this.#state = { ...FROM_THE_START, invocationId: reply.invocationId, cursors: this.#start.cursors };
      this.#barrenParts = 0;
      this.#parts = 0;
      reply = await replica.readChanges(this.#state, mostObjects);
    }
    refuseOlderDatabase(this.#start.cursors, reply.invocationId, reply.cursors ?? []);
    return { reply, objects: reply.objects };
  }

  /**
   * The part was handed over: the next one follows it. Answers whether that is further than this database was ever read: one that begins anew, because another
   * one was asked between, comes first to where it was before.
   */
  accept({ reply }: CyclePart): boolean {
    const isBarren = reply.objects.length === 0 || isSameUsn(reply.usnTo, this.#state.usn);
    this.#barrenParts = isBarren ? this.#barrenParts + 1 : 0;
    if (this.#barrenParts > MOST_BARREN_PARTS)
      throw new MalformedAnswer('reading changes: the server says that there is more, and sends nothing new');
    this.#isDone = !reply.hasMore;
    // What this domain controller knows, even where another one told us more before: what it hears of later it then tells. Some comes twice.
    const cursors = this.#isDone ? mergeCursors([], reply.cursors ?? this.#start.cursors) : this.#start.cursors;
    this.#state = { invocationId: reply.invocationId, usn: reply.usnTo, cursors };
    this.#parts += 1;
    const isFurther = this.#parts > (this.#mostParts.get(reply.invocationId) ?? 0);
    if (isFurther) this.#mostParts.set(reply.invocationId, this.#parts);
    return isFurther;
  }
}

export interface CyclePart {
  readonly objects: readonly ReplicatedObject[];
  readonly reply: ChangesReply;
}

function isSameUsn(one: UsnVector, other: UsnVector): boolean {
  return one.highObjectUpdate === other.highObjectUpdate && one.highPropertyUpdate === other.highPropertyUpdate;
}

function refuseOlderDatabase(known: readonly Cursor[], invocationId: string, told: readonly Cursor[]): void {
  const own = (cursors: readonly Cursor[]): bigint | undefined =>
    cursors.find((cursor) => cursor.invocationId === invocationId)?.usn;
  const before = own(known);
  const now = own(told);
  if (before !== undefined && now !== undefined && now < before) throw new HistoryLost();
}
