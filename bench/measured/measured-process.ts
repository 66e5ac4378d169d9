import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Call } from './main.ts';
import type { CycleMeasurement, Duration, ImportMeasurement, PasswordMeasurement, RigDescription } from './rig.ts';
import type { RowCount } from './row-count.ts';

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url));

interface Reply {
  readonly value?: unknown;
  readonly failure?: string;
}

/** The bench's end of a measured process. Times are taken over there, so that talking to it costs nothing of them. */
export class MeasuredProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(rig: RigDescription): Promise<MeasuredProcess> {
    const started = new MeasuredProcess(fork(MAIN, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }));
    try {
      await started.#call({ name: 'open', rig });
      return started;
    } catch (error) {
      await started.end();
      throw error;
    }
  }

  /** `profile`: tell in `report` where the time went; it is then longer. */
  import({ profile = false } = {}): Promise<ImportMeasurement> {
    return this.#call({ name: 'import', profile }) as Promise<ImportMeasurement>;
  }

  cycle({
    apply,
    profile = false,
  }: {
    readonly apply: boolean;
    readonly profile?: boolean;
  }): Promise<CycleMeasurement> {
    return this.#call({ name: 'cycle', apply, profile }) as Promise<CycleMeasurement>;
  }

  passwordCycle(): Promise<PasswordMeasurement> {
    return this.#call({ name: 'passwordCycle' }) as Promise<PasswordMeasurement>;
  }

  /** What the directory takes to tell what the next password cycle asks for. */
  readPasswords(): Promise<Duration> {
    return this.#call({ name: 'readPasswords' }) as Promise<Duration>;
  }

  /** What so many passwords cost to derive, with nothing else done. */
  derive(count: number): Promise<Duration> {
    return this.#call({ name: 'derive', count }) as Promise<Duration>;
  }

  /** Only for sources in memory: one more user becomes a member of the group. */
  async changeMember(group: 'small' | 'large'): Promise<void> {
    await this.#call({ name: 'changeMember', group });
  }

  /** A rule gives every person another value of an attribute that stays in the metaverse. */
  async changeRule(value: string): Promise<void> {
    await this.#call({ name: 'changeRule', value });
  }

  /** A cycle in which the changed rows of the store are counted; its time says nothing. */
  countRows(options: { readonly apply: boolean }): Promise<readonly RowCount[]> {
    return this.#call({ name: 'countRows', ...options }) as Promise<readonly RowCount[]>;
  }

  /** What the source's connector remembers. */
  watermark(): Promise<string> {
    return this.#call({ name: 'watermark' }) as Promise<string>;
  }

  /** The most memory it ever held, in bytes. */
  peakMemory(): Promise<number> {
    return this.#call({ name: 'peakMemory' }) as Promise<number>;
  }

  /** Safe to repeat. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  async #call(call: Call): Promise<unknown> {
    const waiting = new AbortController();
    const ended = once(this.#child, 'exit', { signal: waiting.signal }).then(([code, signal]) => {
      throw new Error(`the measured process ended by itself (${signal ?? code}) during "${call.name}"`);
    });
    ended.catch(() => undefined);
    const replied = once(this.#child, 'message', { signal: waiting.signal });
    replied.catch(() => undefined);
    try {
      this.#child.send(call);
      const [reply] = (await Promise.race([replied, ended])) as [Reply];
      if (reply.failure !== undefined)
        throw new Error(`the measured process failed at "${call.name}": ${reply.failure}`);
      return reply.value;
    } finally {
      waiting.abort();
    }
  }
}
