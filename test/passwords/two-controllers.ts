import { setImmediate as turn } from 'node:timers/promises';
import type { ChangesReply } from '../../src/connectors/ad/replication/drsuapi/changes-reply.ts';
import {
  type Cursor,
  FROM_THE_START,
  type ReplicationState,
} from '../../src/connectors/ad/replication/drsuapi/replication-state.ts';
import { formatWatermark, parseWatermark } from '../../src/connectors/ad/replication/password-watermark.ts';
import { ReplicationCycle } from '../../src/connectors/ad/replication/replication-cycle.ts';
import type { AccountPassword, PasswordReadEvent, PasswordSource } from '../../src/connectors/connector.ts';
import { ntHashOf } from '../../src/connectors/memory/md4.ts';

/** One password as it is replicated: by whom it was set, as which of his changes. */
interface Set {
  readonly password: string;
  readonly version: number;
  readonly changedAt: string;
  readonly origin: string;
  readonly change: bigint;
}

/** A domain controller as [MS-DRSR] has it: it counts what it writes, its own and what it hears of, and knows of each other one how far it has heard. */
export class Controller {
  readonly invocationId: string;
  readonly #held = new Map<string, Set & { readonly local: bigint }>();
  readonly #heard = new Map<string, bigint>();
  #count = 0n;

  constructor(invocationId: string) {
    this.invocationId = invocationId;
  }

  setPassword(anchor: string, password: string, now: number): void {
    this.#count += 1n;
    this.#heard.set(this.invocationId, this.#count);
    this.#held.set(anchor, {
      password,
      version: (this.#held.get(anchor)?.version ?? 0) + 1,
      changedAt: new Date(now).toISOString(),
      origin: this.invocationId,
      change: this.#count,
      local: this.#count,
    });
  }

  passwordOf(anchor: string): Set | undefined {
    return this.#held.get(anchor);
  }

  /** Of two passwords the higher version wins, then the later time, then the writer ([MS-DRSR] 5.11). */
  hearOf(other: Controller): void {
    for (const [anchor, told] of other.#held) {
      const own = this.#held.get(anchor);
      if (own !== undefined && rankOf(own) >= rankOf(told)) continue;
      this.#count += 1n;
      this.#held.set(anchor, { ...told, local: this.#count });
    }
    for (const [origin, change] of other.#heard)
      if (change > (this.#heard.get(origin) ?? 0n)) this.#heard.set(origin, change);
    this.#heard.set(this.invocationId, this.#count);
  }

  async readChanges(state: ReplicationState): Promise<ChangesReply> {
    const from = state.invocationId === this.invocationId ? state.usn.highObjectUpdate : 0n;
    const known = new Map(state.cursors.map(({ invocationId, usn }) => [invocationId, usn]));
    const told = [...this.#held].filter(
      ([, { local, origin, change }]) => local > from && change > (known.get(origin) ?? 0n),
    );
    const objects = told.map(([guid]) => ({ name: { guid, sid: null, dn: guid }, attributes: new Map() }));
    const usnTo = { highObjectUpdate: this.#count, reserved: 0n, highPropertyUpdate: this.#count };
    const cursors: Cursor[] = [...this.#heard].map(([invocationId, usn]) => ({ invocationId, usn }));
    return { invocationId: this.invocationId, usnTo, cursors, hasMore: false, objects, extendedResult: 0 };
  }
}

function rankOf({ version, changedAt, origin }: Set): string {
  return `${String(version).padStart(9, '0')} ${changedAt} ${origin}`;
}

const DOMAIN = 'dddddddd-0000-0000-0000-000000000000';

/** The passwords of a domain of several controllers, as whichever answers tells them; it is asked by the product's own book-keeping. */
export class SeveralControllers implements PasswordSource {
  answering: Controller;

  constructor(answering: Controller) {
    this.answering = answering;
  }

  async *check() {
    yield { what: 'passwords', state: 'ok', detail: 'in memory' } as const;
  }

  async *read({ watermark }: { readonly watermark: string | null }): AsyncGenerator<PasswordReadEvent> {
    const start = watermark === null ? FROM_THE_START : (parseWatermark(watermark)?.state ?? FROM_THE_START);
    const cycle = new ReplicationCycle(start);
    const part = await cycle.next(this.answering, 100);
    cycle.accept(part);
    yield { kind: 'begin', mode: cycle.isFull ? 'full' : 'delta', reason: null };
    yield { kind: 'page', passwords: part.objects.flatMap(({ name }) => this.#tell(name.guid)) };
    yield { kind: 'end', watermark: formatWatermark({ domain: DOMAIN, state: cycle.end, attributes: [] }) };
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly AccountPassword[]> {
    await turn();
    yield anchors.flatMap((anchor) => this.#tell(anchor));
  }

  #tell(anchor: string): readonly AccountPassword[] {
    const held = this.answering.passwordOf(anchor);
    if (held === undefined) return [];
    const { version, changedAt, password } = held;
    const details = { mustChange: false, isDisabled: false, isSmartCardRequired: false, expiresAt: null };
    return [{ anchor, ntHash: Uint8Array.from(ntHashOf(password)), version, changedAt, ...details }];
  }
}
