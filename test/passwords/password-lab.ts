import type { AccountPassword, TargetConnector, TargetWrite } from '../../src/connectors/connector.ts';
import type { SignInAnswer } from '../../src/connectors/memory/password-target.ts';
import type { MemoryTargetOptions } from '../../src/connectors/memory/target.ts';
import { PasswordJudge } from '../../src/engine/password-judge.ts';
import type { CycleResult } from '../../src/engine/run.ts';
import { type Log, SILENT_LOG } from '../../src/log.ts';
import type { Value } from '../../src/model/value.ts';
import { type PasswordCycleOptions, runPasswordCycle } from '../../src/passwords/cycle.ts';
import type { CycleRecord } from '../../src/passwords/cycle-record.ts';
import type { PasswordContext } from '../../src/passwords/password-context.ts';
import type { PasswordAccount } from '../../src/store/password-store.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import {
  anchorOf,
  createDirectory,
  createMemoryLab,
  createTenant,
  guid,
  type MemoryLab,
  type MemoryLabOptions,
  user,
} from '../memory/memory-lab.ts';

export const MINUTE = 60_000;
export const DAY = 24 * 60 * MINUTE;

export type Details = Partial<Pick<AccountPassword, 'mustChange' | 'isDisabled' | 'isSmartCardRequired' | 'expiresAt'>>;

export interface PasswordLabOptions extends MemoryLabOptions {
  readonly only?: readonly string[];
  readonly except?: readonly string[];
  readonly expiredAccounts?: PasswordContext['expiredAccounts'];
  readonly log?: Log;
  readonly tenant?: Partial<MemoryTargetOptions>;
  /** The store is a file, as in life. */
  readonly file?: string;
}

/** A directory with passwords and a tenant that takes them, both in memory, with the product between them. The clock stands unless it is moved. */
export class PasswordLab {
  readonly lab: MemoryLab;
  readonly clock: { now: number };
  options: PasswordLabOptions;

  private constructor(lab: MemoryLab, clock: { now: number }, options: PasswordLabOptions) {
    this.lab = lab;
    this.clock = clock;
    this.options = options;
  }

  static async begin(options: PasswordLabOptions = {}): Promise<PasswordLab> {
    const clock = { now: Date.UTC(2030, 0, 1) };
    const now = (): Date => new Date(clock.now);
    const store = await openSqliteStore(options.file ?? ':memory:', { command: 'test' });
    const source = createDirectory('corp', { now });
    const lab = await createMemoryLab({
      store,
      source,
      target: createTenant({ now, ...options.tenant }),
      now,
      ...options,
    });
    return new PasswordLab(lab, clock, options);
  }

  get store(): Store {
    return this.lab.store;
  }

  get source(): MemoryLab['source'] {
    return this.lab.source;
  }

  get target(): MemoryLab['target']['passwordTarget'] {
    return this.lab.target.passwordTarget;
  }

  pass(milliseconds: number): void {
    this.clock.now += milliseconds;
  }

  /** An account with a password. */
  hire(name: string, password: string, attributes: Readonly<Record<string, Value>> = {}, details: Details = {}): void {
    this.source.put(user(name, attributes));
    this.setPassword(name, password, details);
  }

  setPassword(name: string, password: string, details: Details = {}): void {
    this.pass(1000);
    this.source.passwords.setPassword(guid(name), password, details);
  }

  editPassword(name: string, details: Details): void {
    this.source.passwords.edit(guid(name), details);
  }

  edit(name: string, attributes: Readonly<Record<string, Value | null>>): void {
    this.source.edit(guid(name), { attributes });
  }

  /** A sync cycle half an hour later. */
  async sync(options: Parameters<MemoryLab['sync']>[0] = {}): Promise<CycleResult> {
    this.pass(30 * MINUTE);
    return this.lab.sync(options);
  }

  /** A password cycle two minutes later. */
  async cycle(options: PasswordCycleOptions = {}): Promise<CycleRecord> {
    return this.cycleWith(await this.context(), options);
  }

  cycleWith(context: PasswordContext, options: PasswordCycleOptions = {}): Promise<CycleRecord> {
    this.pass(2 * MINUTE);
    return runPasswordCycle(context, options);
  }

  async syncBoth(): Promise<CycleRecord> {
    await this.sync();
    return this.cycle();
  }

  async context(): Promise<PasswordContext> {
    const { context } = this.lab;
    const { only = [], except = [], expiredAccounts = 'send', log = SILENT_LOG } = this.options;
    const target: TargetConnector = context.target;
    return {
      store: this.store,
      sources: context.sources.flatMap(({ connector: { name, passwords } }) =>
        passwords === undefined ? [] : [{ name, passwords }],
      ),
      target: target.passwordTarget ?? this.target,
      expiredAccounts,
      judge: await PasswordJudge.open(context, { only, except }),
      fingerprint: `${context.rules.hash}/${JSON.stringify([only, except, expiredAccounts])}`,
      now: context.now,
      log,
      progress: () => undefined,
    };
  }

  /** Somebody deletes the user in the tenant. */
  async deleteInTenant(name: string): Promise<void> {
    const targetId = this.idOf(name);
    async function* writes(): AsyncGenerator<readonly TargetWrite[]> {
      yield [{ id: name, action: 'delete', type: 'user', anchor: anchorOf(name), targetId }];
    }
    for await (const _ of this.lab.target.write(writes()));
  }

  /** The id of the user in the tenant, by the account's name. */
  idOf(name: string): string {
    return this.lab.target.find(anchorOf(name))?.anchor ?? 'nobody';
  }

  /** What somebody gets who signs in to the tenant. */
  signIn(name: string, password: string): SignInAnswer {
    return this.target.signIn(this.idOf(name), password);
  }

  /** Whose password was taken since the last time this was asked, in the order in which they were sent. */
  #told = 0;
  takeSent(names: readonly string[]): readonly string[] {
    const byAnchor = new Map(names.map((name) => [anchorOf(name), name]));
    const sent = this.target.taken.slice(this.#told).map((anchor) => byAnchor.get(anchor) ?? anchor);
    this.#told = this.target.taken.length;
    return sent;
  }

  async account(name: string, source = 'corp'): Promise<PasswordAccount | null> {
    const space = (await this.store.spaces.spaces()).find((one) => one.name === source)?.id ?? 0;
    return (await this.store.passwords.givers(space, [guid(name)]))[0]?.account ?? null;
  }

  async state(name: string): Promise<string> {
    const account = await this.account(name);
    return account === null ? 'unknown' : [account.state, account.reason].filter((one) => one !== null).join(' ');
  }

  async end(): Promise<void> {
    await this.store.close();
  }
}
