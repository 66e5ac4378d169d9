import type {
  ClearPasswordTarget,
  ClearPasswordWrite,
  PasswordMark,
  PasswordMarkEvent,
  PasswordMarkSource,
  PasswordResult,
  UndecidedPassword,
} from '../../src/connectors/connector.ts';
import { runCapturedCycle } from '../../src/passwords/capture/captured-cycle.ts';
import { CapturedPasswords } from '../../src/passwords/capture/captured-passwords.ts';
import { ClearPasswords } from '../../src/passwords/capture/clear-passwords.ts';
import { HeldPasswords } from '../../src/passwords/capture/held-passwords.ts';
import type { PasswordCycleOptions } from '../../src/passwords/cycle.ts';
import type { CycleRecord } from '../../src/passwords/cycle-record.ts';
import { guid } from '../memory/memory-lab.ts';
import { PasswordLab, type PasswordLabOptions } from './password-lab.ts';

export const HOLD = 60 * 60_000;

/** Of a directory, what it tells of passwords; the passwords themselves are nowhere in it. */
class Marks implements PasswordMarkSource {
  readonly #marks = new Map<string, { readonly mark: PasswordMark; readonly usn: number }>();
  #usn = 0;

  put(name: string, mark: PasswordMark): void {
    this.#marks.set(name, { mark, usn: ++this.#usn });
  }

  get(name: string): PasswordMark | undefined {
    return this.#marks.get(name)?.mark;
  }

  async *check() {
    yield { what: 'marks', state: 'ok', detail: '' } as const;
  }

  async find(account: string): Promise<PasswordMark | null> {
    return this.get(account) ?? null;
  }

  async *read(watermark: string | null): AsyncGenerator<PasswordMarkEvent> {
    yield { kind: 'begin', mode: watermark === null ? 'full' : 'delta', reason: null };
    const after = Number(watermark ?? 0);
    const marks = [...this.#marks.values()].filter(({ usn }) => usn > after).map(({ mark }) => mark);
    yield { kind: 'page', marks };
    yield { kind: 'end', watermark: String(this.#usn) };
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly PasswordMark[]> {
    yield [...this.#marks.values()].map(({ mark }) => mark).filter(({ anchor }) => anchors.includes(anchor));
  }
}

/** A tenant that remembers what it was given, as texts of its own. */
class Tenant implements ClearPasswordTarget {
  readonly passwords = new Map<string, { readonly password: string; readonly forced: boolean }>();
  readonly buffers: Uint8Array[] = [];
  answer: (write: ClearPasswordWrite) => (PasswordResult | UndecidedPassword)['outcome'] = () => 'done';

  async *check() {
    yield { what: 'tenant', state: 'ok', detail: '' } as const;
  }

  async set(write: ClearPasswordWrite): Promise<PasswordResult | UndecidedPassword> {
    this.buffers.push(write.password);
    const outcome = this.answer(write);
    if (outcome === 'undecided') {
      const failure = { code: 'serviceUnavailable', message: 'come again' };
      return { anchor: write.anchor, outcome, failure, error: new Error('kept failing') };
    }
    if (outcome === 'failed')
      return { anchor: write.anchor, outcome, failure: { code: 'Request_BadRequest', message: 'too weak' } };
    if (outcome === 'done')
      this.passwords.set(write.targetId, {
        password: Buffer.from(write.password).toString('utf8'),
        forced: write.forceChange,
      });
    return { anchor: write.anchor, outcome };
  }
}

/** A directory whose domain controllers hand passwords over, a tenant in which they are set, and the product between them. */
export class CapturedLab {
  readonly inner: PasswordLab;
  readonly marks = new Marks();
  readonly tenant = new Tenant();
  readonly held: HeldPasswords;
  readonly buffers: Uint8Array[] = [];
  mayForce = false;

  private constructor(inner: PasswordLab) {
    this.inner = inner;
    this.held = new HeldPasswords({ now: () => inner.clock.now, hold: HOLD });
  }

  static async begin(options: PasswordLabOptions = {}): Promise<CapturedLab> {
    return new CapturedLab(await PasswordLab.begin(options));
  }

  /** The domain takes a password: the script hands it over right before. `isHandedOver`: false while Dirbridge is away. */
  change(
    name: string,
    password: string,
    more: { isHandedOver?: boolean; mustChange?: boolean; isTaken?: boolean } = {},
  ): void {
    const { isHandedOver = true, mustChange = false, isTaken = true } = more;
    this.inner.pass(2000);
    const { now } = this.inner.clock;
    if (isHandedOver) this.#handOver(name, password);
    if (isTaken)
      this.marks.put(name, {
        anchor: guid(name),
        version: (this.marks.get(name)?.version ?? 0) + 1,
        changedAt: new Date(Math.floor(now / 1000) * 1000).toISOString(),
        setAt: mustChange ? null : new Date(now - 100).toISOString(),
        mustChange,
        isDisabled: false,
        isSmartCardRequired: false,
        expiresAt: null,
      });
    this.inner.pass(1000);
    this.held.look({ source: 'corp', account: name }, this.marks.get(name) ?? null);
  }

  #handOver(name: string, password: string): void {
    const buffer = Buffer.from(password);
    this.buffers.push(buffer);
    this.held.take('corp', { source: 'corp', account: name, password: buffer, at: this.inner.clock.now });
  }

  async cycle(options: PasswordCycleOptions = {}): Promise<CycleRecord> {
    this.inner.pass(2 * 60_000);
    this.held.expire();
    const context = await this.inner.context();
    const passwords = new CapturedPasswords('corp', this.marks, this.held);
    return runCapturedCycle(
      {
        ...context,
        sources: [{ name: 'corp', passwords }],
        target: new ClearPasswords(this.tenant, { mayForceChange: this.mayForce, expires: false }),
        derive: async (password) => Uint8Array.from(password),
        isCaptured: true,
      },
      this.held,
      options,
    );
  }

  /** What opens the tenant. */
  passwordOf(name: string): string | undefined {
    const found = this.tenant.passwords.get(this.inner.idOf(name));
    return found === undefined ? undefined : `${found.password}${found.forced ? ' (to be changed)' : ''}`;
  }
}
