import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { syncPasswords } from '../../src/app/password-cycles.ts';
import { passwordsSchema } from '../../src/config/passwords-section.ts';
import type { PasswordSettings } from '../../src/config.ts';
import { adSource } from '../../src/connectors/ad/connector.ts';
import type { Connector, ConnectorContext, TargetConnector } from '../../src/connectors/connector.ts';
import { entraTarget } from '../../src/connectors/entra/connector.ts';
import { ENTRA_SCHEMA } from '../../src/connectors/entra/schema.ts';
import { createMemoryTarget } from '../../src/connectors/memory/target.ts';
import type { EngineContext } from '../../src/engine/context.ts';
import { importSpace } from '../../src/engine/import.ts';
import { type CycleResult, runCycle } from '../../src/engine/run.ts';
import { SILENT_LOG } from '../../src/log.ts';
import { loadRuleSet } from '../../src/rules/rule-set.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { NO_GUARDS } from '../../test/memory/no-guards.ts';
import { deriveAlone } from '../derive-alone.ts';
import { createMemorySource, type MemorySource } from '../memory-source.ts';
import type { PairMember, PopulationSize } from '../population.ts';
import { reportProfile, StepProfiler } from './profile.ts';
import { countChangedRows, type RowCount } from './row-count.ts';
import { withoutJournal } from './without-journal.ts';

export type SourceDescription =
  | { readonly kind: 'memory'; readonly size: PopulationSize }
  | {
      readonly kind: 'ad';
      readonly server: string;
      readonly ca: string;
      readonly user: string;
      readonly password: string;
      /** Containers; none: the whole domain. */
      readonly include: readonly string[];
    };

export type TargetDescription =
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'entra';
      readonly url: string;
      readonly tenant: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly via?: 'graph' | 'provisioning';
    };

/** What a measured process works with: one source, the shipped rules, one tenant, one store. */
export interface RigDescription {
  readonly store: string;
  readonly source: SourceDescription;
  readonly target: TargetDescription;
  /** False: intents are not recorded, to measure what they cost. */
  readonly hasJournal?: boolean;
}

/** How long something took, and how long our processor worked for it. */
export interface Duration {
  readonly milliseconds: number;
  readonly cpuMilliseconds: number;
  /** Where the time went, for people; null unless it was profiled. */
  readonly report: string | null;
}

export interface ImportMeasurement extends Duration {
  readonly read: number;
  /** How the directory was read. */
  readonly detail: string;
}

export interface CycleMeasurement extends Duration {
  readonly steps: readonly { readonly step: string; readonly milliseconds: number; readonly counts: object }[];
  readonly outcome: string;
  readonly operations: number;
  readonly memberships: number;
  /** Writes carried out so far; only for targets in memory. */
  readonly writes: number;
}

export interface PasswordMeasurement extends Duration {
  readonly sent: number;
  readonly read: number;
}

const SOURCE = 'corp';
const PASSWORDS: PasswordSettings = {
  file: 'the bench',
  sources: [],
  passwords: passwordsSchema.parse({ method: 'hash' }),
};
const CHANGED_RULE = `rules:
  - name: In from AD - Bench
    direction: inbound
    connector: source
    from: user
    to: person
    precedence: 1
    flows:
      benchRound: { constant: VALUE }
`;

/** The engine with everything it needs. What is not in memory beforehand is opened by the first measured call, within its time. */
export class Rig {
  readonly #description: RigDescription;
  readonly #memory: MemorySource | null;
  #context: EngineContext | null = null;
  #onStep: (step: string) => void = () => undefined;
  #lastStep = '';

  private constructor(description: RigDescription) {
    this.#description = description;
    const { source } = description;
    this.#memory = source.kind === 'memory' ? createMemorySource(SOURCE, source.size) : null;
  }

  static async open(description: RigDescription): Promise<Rig> {
    return new Rig(description);
  }

  async importSource(profile: boolean): Promise<ImportMeasurement> {
    const {
      value,
      marks: _none,
      ...duration
    } = await this.#measure(profile, async () => {
      const context = await this.#open();
      const run = await context.store.runs.startRun('bench', new Date().toISOString());
      return importSpace(context, this.#sourceOf(context), {
        attributes: context.rules.attributesRead('source'),
        references: [...new Set([...context.rules.referencesRead('source'), 'member'])],
        lookup: null,
        full: false,
        run,
      });
    });
    return { ...duration, read: value.counts.read, detail: value.detail };
  }

  async cycle(apply: boolean, profile: boolean): Promise<CycleMeasurement> {
    const { value, marks, ...duration } = await this.#measure(profile, async () =>
      runCycle(await this.#open(), { command: 'bench', full: false, apply }),
    );
    const context = await this.#open();
    const { steps } = (await context.store.runs.run(value.run)) ?? { steps: [] };
    return {
      ...duration,
      steps: marks.map(({ step, milliseconds }) => ({
        step,
        milliseconds,
        counts: steps.find((one) => one.step === step)?.counts ?? {},
      })),
      outcome: value.outcome,
      operations: value.plan.operations,
      memberships: countMemberships(value),
      writes: countWrites(context.target),
    };
  }

  async #measure<Result>(profile: boolean, work: () => Promise<Result>) {
    const profiler = profile ? await StepProfiler.start() : null;
    const starts: { readonly step: string; readonly at: number }[] = [];
    this.#lastStep = '';
    this.#onStep = (step) => {
      starts.push({ step, at: performance.now() });
      profiler?.mark(step);
    };
    const cpuBefore = process.cpuUsage();
    const startedAt = performance.now();
    const value = await work();
    const endedAt = performance.now();
    const cpu = process.cpuUsage(cpuBefore);
    this.#onStep = () => undefined;
    return {
      value,
      milliseconds: endedAt - startedAt,
      cpuMilliseconds: (cpu.user + cpu.system) / 1000,
      report: profiler === null ? null : reportProfile(await profiler.stop()),
      marks: starts.map(({ step, at }, index) => ({ step, milliseconds: (starts[index + 1]?.at ?? endedAt) - at })),
    };
  }

  async countRows(apply: boolean): Promise<readonly RowCount[]> {
    return countChangedRows(this.#description.store, async () => {
      await this.cycle(apply, false);
    });
  }

  /** One password cycle. */
  async passwordCycle(): Promise<PasswordMeasurement> {
    const {
      value,
      marks: _none,
      ...duration
    } = await this.#measure(false, async () =>
      syncPasswords(await this.#open(), PASSWORDS, { full: false, users: [] }, undefined),
    );
    return { ...duration, sent: value.cycle.sent, read: value.cycle.read };
  }

  /** What the directory takes to tell what the next cycle asks it for; nothing is done with it, nor remembered. */
  async readPasswords(): Promise<Duration> {
    const {
      value: _none,
      marks: _nor,
      ...duration
    } = await this.#measure(false, async () => {
      const context = await this.#open();
      const { passwords } = this.#sourceOf(context);
      if (passwords === undefined) throw new Error('the source gives no passwords');
      const watermark = await context.store.meta(`passwords read ${SOURCE}`);
      for await (const event of passwords.read({ watermark }))
        if (event.kind === 'page') for (const { ntHash } of event.passwords) ntHash?.fill(0);
    });
    return duration;
  }

  /** The derivations of so many passwords and nothing else, in this process. */
  async derive(count: number): Promise<Duration> {
    const { value: _none, marks: _nor, ...duration } = await this.#measure(false, () => deriveAlone(count));
    return duration;
  }

  changeMember(group: PairMember): void {
    if (this.#memory === null) throw new Error('only a source in memory is changed from here');
    this.#memory.changeMember(group);
  }

  async changeRule(value: string): Promise<void> {
    const file = `${this.#description.store}.rules.yaml`;
    await writeFile(file, CHANGED_RULE.replace('VALUE', value));
    this.#context = { ...(await this.#open()), rules: loadRuleSet(['standard', file]) };
  }

  async watermark(): Promise<string> {
    const spaces = await (await this.#open()).store.spaces.spaces();
    return spaces.find((space) => space.name === SOURCE)?.watermark ?? '';
  }

  async close(): Promise<void> {
    const context = this.#context;
    this.#context = null;
    if (context === null) return;
    await this.#sourceOf(context).close();
    await context.target.close();
    await context.store.close();
  }

  async #open(): Promise<EngineContext> {
    if (this.#context !== null) return this.#context;
    const store = await openSqliteStore(this.#description.store, { command: 'bench' });
    this.#context = {
      store: this.#description.hasJournal === false ? withoutJournal(store) : store,
      rules: loadRuleSet(['standard']),
      sources: [this.#describeSource()],
      target: openTarget(this.#description.target),
      // Everything may change: the guards are not what is measured.
      guards: NO_GUARDS,
      deletions: { disableFirst: false, after: null },
      matching: { soft: true, hard: true },
      drift: { default: 'correct', attributes: {} },
      now: () => new Date(),
      log: SILENT_LOG,
      progress: (step) => this.#enter(step),
    };
    return this.#context;
  }

  /** Progress is told many times in one step. */
  #enter(step: string): void {
    if (step === this.#lastStep) return;
    this.#lastStep = step;
    this.#onStep(step);
  }

  #describeSource(): EngineContext['sources'][number] {
    const { source } = this.#description;
    if (source.kind === 'ad')
      return { connector: openDirectory(source), scope: { include: source.include, exclude: [], groups: [] } };
    if (this.#memory === null) throw new Error('there is no source in memory');
    return { connector: this.#memory.connector, scope: { include: [], exclude: [], groups: [] } };
  }

  #sourceOf(context: EngineContext): Connector {
    const [source] = context.sources;
    if (source === undefined) throw new Error('the rig has no source');
    return source.connector;
  }
}

function openDirectory(source: SourceDescription & { readonly kind: 'ad' }): Connector {
  const section = adSource.section.parse({
    servers: [source.server],
    tls: { ca: source.ca },
    user: source.user,
    password: { env: 'BENCH' },
  });
  return adSource.create(section, describeContext(SOURCE, source.password));
}

function openTarget(target: TargetDescription): TargetConnector {
  if (target.kind === 'memory') return createMemoryTarget({ schema: ENTRA_SCHEMA });
  const section = entraTarget.section.parse({
    tenant: target.tenant,
    clientId: target.clientId,
    clientSecret: { env: 'BENCH' },
    graph: target.url,
    authority: target.url,
    via: target.via ?? 'graph',
  });
  return entraTarget.create(section, describeContext('tenant', target.clientSecret));
}

function describeContext(name: string, secret: string): ConnectorContext {
  return { name, log: SILENT_LOG, now: () => new Date(), readSecret: () => secret, resolvePath: (path) => path };
}

function countMemberships(result: CycleResult): number {
  const { memberships } = result.plan.counts;
  return memberships.add + memberships.remove;
}

function countWrites(target: TargetConnector): number {
  if (!('written' in target)) return 0;
  return Object.values(target.written as Readonly<Record<string, number>>).reduce((sum, count) => sum + count, 0);
}
