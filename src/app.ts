import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { newHeldPasswords, runCapture } from './app/capture.ts';
import { type AccountDescription, type AccountRequest, chooseAccount } from './app/choose-account.ts';
import { type ConversionRequest, type ConversionResult, checkWay, isReady, readWays } from './app/conversion.ts';
import { LentStore } from './app/lent-store.ts';
import { guardTarget, OtherServer, requireOther } from './app/other-server.ts';
import {
  checkPasswordChoice,
  checkSourcePasswords,
  checkTargetPasswords,
  type PasswordSyncOptions,
  type PasswordSyncResult,
  requireMethod,
  syncPasswords,
} from './app/password-cycles.ts';
import { type OpenFinding, PlanPages } from './app/plan-pages.ts';
import {
  describeTried,
  type FoundSample,
  rulesRequest,
  sampleRequest,
  type TriedRules,
  tryOnFile as tryOnSample,
  tryRulesOnFile as tryRulesOnSample,
} from './app/try-on-samples.ts';
import { type Config, configJsonSchema, loadConfig, readSecret } from './config.ts';
import { SOURCES, TARGETS } from './connectors/all.ts';
import type {
  AccountOrder,
  AccountPlatform,
  CheckLine,
  Connector,
  ConnectorContext,
  SecretSource,
  SourceAccount,
  TargetConnector,
} from './connectors/connector.ts';
import { makeReadonly } from './connectors/readonly.ts';
import { retryReads } from './connectors/retry.ts';
import { CONVERTED, type EngineContext, FULL_RUN_DUE, type Progress } from './engine/context.ts';
import { type Explanation, explainObject } from './engine/explain.ts';
import { type HandLinked, linkByHand, unlinkByHand } from './engine/hand-links.ts';
import { type JudgedConversion, judgeConversion } from './engine/judge-conversion.ts';
import { dueOf } from './engine/leaving.ts';
import { markRestored } from './engine/mark-restored.ts';
import { stopWatching } from './engine/other-writer.ts';
import { nameOfAccount } from './engine/password-judge.ts';
import { type CycleResult as EngineResult, runApply, runCycle, runUndo } from './engine/run.ts';
import { readSample, type SampleRequest } from './engine/sample-object.ts';
import { traceAlone, traceInStore } from './engine/try-rules.ts';
import { countUpnSuffixes, describeUpnSuffixes } from './engine/upn-suffixes.ts';
import { WantedObjects } from './engine/wanted-objects.ts';
import { DirbridgeError, messageOf } from './errors.ts';
import { type Log, SILENT_LOG } from './log.ts';
import { type Comparison, type ComparisonRequest, compareWithConnect } from './migration/csexport/comparison.ts';
import { type ConfigurationDiff, diffConfigurations } from './migration/diff-configuration.ts';
import type { Difference } from './migration/difference.ts';
import { type ExportedConfiguration, exportConfiguration } from './migration/export-configuration.ts';
import { compareWithMark, type ShippedComparison } from './migration/export-mark.ts';
import { type ImportedConfiguration, importConfiguration } from './migration/import-configuration.ts';
import { nextSteps } from './migration/import-report.ts';
import { readConnectExport } from './migration/read-export.ts';
import { requireReplaceable, withTargetKey, writeTargetKey } from './migration/target-key.ts';
import { writeExport } from './migration/write-export.ts';
import { tryFiles, writeFiles } from './migration/write-files.ts';
import type { TargetType } from './model/change.ts';
import type { PlanHead } from './model/plan.ts';
import type { Run } from './model/run.ts';
import type { HeldPasswords } from './passwords/capture/held-passwords.ts';
import { noteTerm } from './passwords/judge-everybody.ts';
import { type OpenPassword, type PasswordStatus, readOpenPasswords, readPasswordStatus } from './passwords/status.ts';
import {
  type CompiledRule,
  loadRuleSet,
  type RuleReview,
  type RuleSet,
  requireRules,
  reviewRules,
  ruleFileSchema,
  shippedRules,
  type TriedExpression,
  tryExpression,
} from './rules/rule-set.ts';
import type { Clock } from './scheduler/job-loop.ts';
import { SYSTEM_CLOCK, serveCycles } from './scheduler/serve-cycles.ts';
import { describeCheck } from './scheduler/standby/describe-check.ts';
import { forgetPublication } from './scheduler/standby/publish.ts';
import type { ServerPair } from './scheduler/standby/server-pair.ts';
import type { Term } from './scheduler/standby/server-records.ts';
import { describeRoles, type StandbyReport, StandbySession } from './scheduler/standby/standby-session.ts';
import { openSqliteStore, storeExists } from './store/sqlite.ts';
import { backUpStore, type RestoredStore, restoreStore, type StoreCopy, tryOnCopies } from './store/sqlite-copies.ts';
import type { Store } from './store/store.ts';

export type { AccountDescription, AccountRequest } from './app/choose-account.ts';
export type { ConversionRequest, ConversionResult } from './app/conversion.ts';
export type { PasswordSyncOptions, PasswordSyncResult } from './app/password-cycles.ts';
export { type OpenFinding, PlanPages } from './app/plan-pages.ts';
export { type TriedRules, tryAlone } from './app/try-on-samples.ts';
export type { Config } from './config.ts';
export { ACCOUNT_PLATFORMS, type AccountOrder, type AccountPlatform, type CheckLine } from './connectors/connector.ts';
export type { Explanation } from './engine/explain.ts';
export type { HandLinked } from './engine/hand-links.ts';
export type { JudgedConversion } from './engine/judge-conversion.ts';
export type { ObjectTrace } from './engine/trace-object.ts';
export { createLog, LOG_LEVELS, type Log, type LogLevel, SILENT_LOG } from './log.ts';
export type { Comparison } from './migration/csexport/comparison.ts';
export type { ComparedSide, ConfigurationDiff } from './migration/diff-configuration.ts';
export type { Difference } from './migration/difference.ts';
export type { ExportedConfiguration } from './migration/export-configuration.ts';
export type { ShippedComparison } from './migration/export-mark.ts';
export type { ImportedConfiguration } from './migration/import-configuration.ts';
export { fillScript as captureScript } from './passwords/capture/capture-script.ts';
export type { CycleRecord } from './passwords/cycle-record.ts';
export type { OpenPassword, PasswordStatus } from './passwords/status.ts';
export { type RuleProblem, requireRules, type TriedExpression } from './rules/rule-set.ts';
export {
  DIFFERENCE_KINDS,
  type DifferenceKind,
  describeDifference,
  type PlanDifference,
} from './scheduler/standby/plan-difference.ts';
export type { Term } from './scheduler/standby/server-records.ts';
export type { StandbyReport } from './scheduler/standby/standby-session.ts';
export type { RestoredStore, StoreCopy } from './store/sqlite-copies.ts';
export type { PlanPart } from './store/store.ts';

/** What taking over came to: the new term, and what was taken over of the configuration of the server before. */
export type Takeover = StandbyReport & { readonly claimed: Term; readonly followed: readonly Difference[] };

/** What a cycle came to; `standby`: of a server that shares its tenant with another one. */
export type CycleResult = EngineResult & {
  readonly standby?: StandbyReport;
  /** What was taken over of the configuration of the server that writes before the cycle began. */
  readonly followed?: readonly Difference[];
};

export interface AppOptions {
  readonly log: Log;
  readonly progress: Progress;
  /** The command, as a second process is told it and as the history shows it. */
  readonly command: string;
  readonly now?: () => Date;
  /** Of dirbridge, as another server is told it. */
  readonly version?: string;
  /** The store of a process that does several things beside each other. */
  readonly store?: LentStore;
  /** New passwords that domain controllers have handed over to this process. */
  readonly held?: HeldPasswords;
}

/** Who hears what a server does, and tells it to stop. */
export interface ServeHost {
  readonly signal: AbortSignal;
  onSync(result: CycleResult): void;
  onPasswords(result: PasswordSyncResult): void;
  onFailure(job: string, error: unknown): void;
  /** Why there are no password cycles. */
  onNoPasswords(why: string): void;
  readonly clock?: Clock;
}

export interface Status {
  readonly store: string;
  readonly staging: boolean;
  /** Null where no other server shares the tenant. */
  readonly standby: StandbyReport | null;
  readonly managed: Readonly<Partial<Record<TargetType, number>>>;
  readonly spaces: readonly {
    readonly name: string;
    readonly kind: string;
    readonly importedAt: string | null;
    readonly objects: Readonly<Record<string, number>>;
  }[];
  readonly lastRuns: readonly Run[];
  readonly plan: PlanHead | null;
  /** Objects that wait for their deletion in the tenant, and when the next of them is due. */
  readonly leaving: { readonly count: number; readonly next: string | null };
  readonly findings: Readonly<Record<'error' | 'warning' | 'info', number>>;
  /** How often `serve` runs a cycle, in milliseconds. */
  readonly every: number;
  readonly passwords: { readonly method: Config['passwords']['method']; readonly status: PasswordStatus | null };
}

const KINDS = { sources: SOURCES, targets: TARGETS };

/** Reads and checks a configuration file; throws `config-missing`, `config-invalid`. */
export function readConfig(file: string): Config {
  return loadConfig(file, KINDS);
}

/** The JSON schema of the configuration file. */
export function configSchema(): Readonly<Record<string, unknown>> {
  return configJsonSchema(KINDS);
}

/** An import together with the paths that were written and what to do next. */
export interface WrittenImport extends ImportedConfiguration {
  readonly written: readonly string[];
  readonly next: readonly string[];
}

/**
 * Reads an exported configuration of Azure AD Connect and writes ours into a folder; answers the files too. What is written has been read
 * and checked as every command does it, so nothing that would be refused is ever left behind. Throws `connect-file-invalid`, `output-exists`.
 */
export async function importFromConnect(folder: string, output: string, force: boolean): Promise<WrittenImport> {
  const imported = await importConfiguration(folder);
  tryFiles(imported.files, refuseToWrite);
  const written = writeFiles(output, imported.files, force);
  return { ...imported, written, next: nextSteps(written, imported.secrets) };
}

/** Throws `bug` when a configuration that we made ourselves would be refused. */
function refuseToWrite(folder: string): void {
  const { problems } = lintRules(readConfig(join(folder, 'dirbridge.yaml')));
  const told = problems.map(({ rule, message }) => `${rule ?? ''}: ${message}`).join('\n');
  if (problems.length > 0)
    throw new DirbridgeError('bug', `the configuration that was made would be refused; nothing was written.\n${told}`);
}

/**
 * Makes the files from which another server is set up alike and, with `output`, writes them into that folder; what was written is read again. `version`:
 * of this Dirbridge. Throws `config-missing`, `config-invalid`, `rules-invalid`, `output-exists`.
 */
export function exportConfig(
  file: string,
  version: string,
  output: string | null,
  force: boolean,
): ExportedConfiguration & { readonly written: readonly string[] } {
  const exported = exportConfiguration(file, KINDS, version);
  if (output === null) return { ...exported, written: [] };
  const written = writeExport(exported, output, force);
  for (const path of written.slice(0, 1)) readRules(readConfig(path));
  return { ...exported, written };
}

/** Compares two configurations, files or folders, by what they mean. Throws `config-missing`, `config-invalid`, `rules-invalid`. */
export function diffConfigs(a: string, b: string): ConfigurationDiff {
  return diffConfigurations(a, b, KINDS);
}

/** Of a configuration that another server exported: how the shipped rules here differ from those there. Null for any other. */
export function compareShippedRules(config: Config): ShippedComparison | null {
  return compareWithMark(config.folder);
}

/** The synchronization rules in force, in the order of precedence. Throws `rules-invalid`. */
export function readRules(config: Config): readonly CompiledRule[] {
  return loadRuleSet(config.rules, config.identity).all;
}

/** Everything that is to be said about the rules of the configuration, mistakes and warnings. */
export function lintRules(config: Config): RuleReview {
  return reviewRules(config.rules, config.identity);
}

/** The rules as Dirbridge ships them, whatever the configuration makes of them. */
export function readShippedRules(): ReturnType<typeof shippedRules> {
  return shippedRules();
}

/** The JSON schema of rule files. */
export function rulesSchema(): Readonly<Record<string, unknown>> {
  return ruleFileSchema();
}

/** Works an expression out on the object of a JSON file, or on the first of an LDIF file that is no container. */
export function tryOnFile(expression: string, file: string): Promise<TriedExpression> {
  return tryOnSample(expression, file, openLdif);
}

/** Lets such an object go through the rules. `rule`: the one of interest; of an outbound one the JSON file is the metaverse object that it reads. */
export function tryRulesOnFile(config: Config, file: string, rule: CompiledRule | null): Promise<TriedRules> {
  return tryRulesOnSample(config, file, rule, openLdif);
}

function openLdif(file: string): Connector {
  const definition = SOURCES.find((one) => one.kind === 'ldif');
  if (definition === undefined) throw new DirbridgeError('bug', 'there is no connector for LDIF files');
  const context = createConnectorContext('file', process.cwd(), SILENT_LOG, () => new Date(), new Set());
  return definition.create(definition.section.parse({ path: file }) as never, context);
}

/** `told`: what was warned of already; a secret is read again for each connection. */
function createConnectorContext(
  name: string,
  folder: string,
  log: Log,
  now: () => Date,
  told: Set<string>,
): ConnectorContext {
  const warnOnce = (message: string): void => {
    if (!told.has(message)) log.warn({}, message);
    told.add(message);
  };
  return {
    name,
    log,
    now,
    readSecret: (source) => readSecret(source, folder, warnOnce),
    resolvePath: (path) => resolve(folder, path),
  };
}

/** The composition: the only place that knows which connectors and which store there are. Every method opens what it needs and closes it again. */
export class App {
  readonly config: Config;
  readonly #options: AppOptions;
  /** Null where the configuration names none. */
  readonly #other: OtherServer | null;
  /** As the last cycle read them. A password cycle every two minutes does not read them again. */
  #rules: RuleSet | null = null;
  readonly #told = new Set<string>();
  /** Of password cycles: they know which domain controller answered last, and a cycle every two minutes does not wait for one that is away. */
  #passwordSources: readonly Connector[] | null = null;

  constructor(config: Config, options: AppOptions) {
    this.config = config;
    this.#options = options;
    const { log, version = '' } = options;
    this.#other = OtherServer.of({ config, kinds: KINDS, version, now: this.#now, log });
  }

  /** Import, sync, plan: changes nothing outside. */
  async plan(full: boolean): Promise<CycleResult> {
    return this.#cycle({ full, apply: false });
  }

  /** Import, sync, plan, apply. In staging mode, and on a server that stands by, the plan is made and nothing is written. */
  async sync(options: {
    readonly full: boolean;
    readonly staging: boolean;
    readonly approve: boolean;
  }): Promise<CycleResult> {
    const apply = !options.staging;
    return this.#cycle({ full: options.full, apply, ...(options.approve ? { approvedBy: currentUser() } : {}) });
  }

  async #cycle(options: {
    readonly full: boolean;
    readonly apply: boolean;
    readonly approvedBy?: string;
  }): Promise<CycleResult> {
    const { app, followed } = await this.#inStep();
    const result = await app.#withEngine(async (context, standby) => {
      if (options.apply) standby?.requireClaimed();
      const apply = options.apply && !app.config.staging && standby?.isActive !== false;
      return app.#concluding(standby, await runCycle(context, { ...options, command: this.#options.command, apply }));
    });
    return followed.length === 0 ? result : { ...result, followed };
  }

  /** Applies a stored plan, the newest by default. Throws `plan-not-found`, `standby-only`. */
  async apply(id: string | undefined, approve: boolean): Promise<CycleResult> {
    this.#refuseStaging('so nothing is ever written to the tenant');
    return this.#withEngine(async (context, standby) => {
      standby?.requireActive('apply');
      const plan = await context.store.apply.plan(id);
      if (plan === null)
        throw new DirbridgeError(
          'plan-not-found',
          id === undefined ? 'there is no plan yet' : `there is no plan ${id}`,
        );
      return this.#concluding(
        standby,
        await runApply(context, plan, this.#options.command, approve ? currentUser() : undefined),
      );
    });
  }

  /** Plans to put back what a run changed in the tenant, and changes nothing outside. Throws `usage` for a run that is not known. */
  async undo(run: string): Promise<CycleResult> {
    return this.#withEngine(async (context, standby) => {
      standby?.requireActive('undo');
      return this.#concluding(standby, await runUndo(context, run, this.#options.command));
    });
  }

  // ------------------------------------------------------------ another way to the same tenant

  /**
   * Takes the tenant from the way that it is written by to another one, or says what that would do. Without `apply` nothing is changed: neither the tenant, nor the
   * configuration, nor the store, a copy of which is worked on. Throws `usage`, `plan-not-found`, `standby-only`, `config-invalid`.
   */
  async convert(request: ConversionRequest): Promise<ConversionResult> {
    const { to } = request;
    const { key, from } = readWays(this.config, TARGETS, to);
    const nothing = { from, to, checks: [], judged: null, run: null };
    if (from === to) return { ...nothing, outcome: 'already' };
    const other = new App(withTargetKey(this.config.file, key, to, KINDS).config, this.#options);
    this.#requireStore();
    if (request.apply) {
      await this.#requireWriter('convert --apply');
      requireReplaceable(this.config.file);
    }
    const checks = await other.#checkWay();
    if (!isReady(checks)) return { ...nothing, checks, outcome: 'unready' };
    const { command } = this.#options;
    return tryOnCopies(this.config.store.path, command, async ({ before, trial }) => {
      const known = await openSqliteStore(before, { command, readOnly: true });
      try {
        const tried = await other.#onTrial(trial).#planConversion(known, { ...request, apply: false });
        if (tried.judged.harmed.count > 0) return { ...nothing, ...tried, checks, outcome: 'refused' };
        if (!request.apply) return { ...nothing, ...tried, checks, outcome: 'possible' };
        const done = await other.#planConversion(known, request);
        if (done.judged.harmed.count > 0) return { ...nothing, ...done, checks, outcome: 'refused' };
        if (!isWhole(done.run)) return { ...nothing, ...done, checks, outcome: 'incomplete' };
        writeTargetKey(this.config.file, key, to, KINDS);
        await this.#publishConverted();
        return { ...nothing, ...done, checks, outcome: 'converted' };
      } finally {
        await known.close();
      }
    });
  }

  /** The server that stands by must not take over by the way that was left: it follows what it is told of the configuration. */
  async #publishConverted(): Promise<void> {
    if (this.config.standby === null) return;
    const converted = new App(readConfig(this.config.file), this.#options);
    await converted
      .standby()
      .catch((cause: unknown) => this.#warn('the other server could not be told that the tenant was converted', cause));
  }

  /** Plans by the way of this configuration what another way has left in the tenant, and carries it out where that harms nobody. */
  async #planConversion(
    before: Store,
    { apply, approve }: ConversionRequest,
  ): Promise<{ readonly judged: JudgedConversion; readonly run: CycleResult }> {
    const { command } = this.#options;
    return this.#withEngine(async (context, standby) => {
      if (apply) standby?.requireActive('convert --apply');
      const planned = await runCycle(context, { full: false, apply: false, command });
      const judged = await judgeConversion(before, context, planned.plan);
      if (!apply || judged.harmed.count > 0) return { judged, run: planned };
      const run = await runApply(context, planned.plan, command, approve ? currentUser() : undefined);
      // Taking an object over, the tenant may drop a value, and who is in a group that this way has not known yet is told only now.
      if (isWhole(run)) await context.store.setMeta(FULL_RUN_DUE, CONVERTED);
      return { judged, run: await this.#concluding(standby, run) };
    });
  }

  async #checkWay(): Promise<readonly CheckLine[]> {
    const [sources, target] = [this.#sources(), this.#plainTarget()];
    try {
      return await checkWay(this.config, sources, target);
    } finally {
      for (const connector of [...sources, target]) await connector.close();
    }
  }

  /** This application on a copy of the store, of which no other server hears. */
  #onTrial(path: string): App {
    const { command } = this.#options;
    const store = new LentStore(() => openSqliteStore(path, { command, holdsLock: true }));
    const config = { ...this.config, standby: null, store: { ...this.config.store, path } };
    return new App(config, { ...this.#options, store });
  }

  async #requireWriter(what: string): Promise<void> {
    this.#refuseStaging('so nothing is ever written to the tenant');
    const report = await this.#withStore((store) => this.#describeOther(store));
    if (report === null || report.isActive) return;
    throw new DirbridgeError(
      'standby-only',
      `${what} is for the server that writes to the tenant, not for ${report.server}`,
    );
  }

  // ------------------------------------------------------------ another server for the same tenant

  /** This server, the one that writes, and how our newest plan stands to what that one has done. Throws `usage` without `standby` in the configuration. */
  async standby(): Promise<StandbyReport> {
    return this.#withEngine(async (_context, standby) => {
      const session = requireOther(standby, this.config);
      await this.#tellOther(session, null);
      return session.report();
    });
  }

  /** Makes this server the one that writes. Throws `server-alive` while another one is alive, unless forced. */
  async takeOver(isForced: boolean): Promise<Takeover> {
    if (this.config.standby !== null && this.config.staging)
      throw new DirbridgeError(
        'usage',
        `${this.config.file} says staging: true, so this server stands by for good and cannot take over`,
        { remedy: 'Take staging out of the configuration; with standby in it nothing is written before the takeover.' },
      );
    const { app, followed } = await this.#inStep();
    return app.#withPair(async (pair, store) => {
      const claimed = await pair.takeOver(currentUser(), isForced);
      await store.transaction(async () => {
        await store.sync.raiseVersion();
        await stopWatching(store);
      });
      return { ...(await describeRoles(pair, await pair.roles())), claimed, followed };
    });
  }

  /** Gives the tenant up, so that another server may take over at once. Throws `standby-only`. */
  async handOver(): Promise<StandbyReport> {
    return this.#withPair(async (pair) => {
      await pair.handOver(currentUser());
      return describeRoles(pair, await pair.roles());
    });
  }

  /** What the other server has told and cannot be read here must not keep this one from taking over. */
  async #withPair<T>(work: (pair: ServerPair, store: Store) => Promise<T>): Promise<T> {
    return this.#withEngine(async (context, standby) => {
      const { pair } = requireOther(standby, this.config);
      // What was decided here last is told before the roles change, and after.
      await this.#tellOther(standby, null);
      const result = await work(pair, context.store);
      await this.#tellOther(await StandbySession.resume(pair, context.store, this.#now), null);
      return result;
    }, true);
  }

  /** This application, or one on the configuration that was taken over from the server that writes. */
  async #inStep(): Promise<{ readonly app: App; readonly followed: readonly Difference[] }> {
    if (this.#other === null) return { app: this, followed: [] };
    const store = await this.#openStore(false);
    try {
      const followed = await this.#other.follow(store);
      return { app: new App(readConfig(this.config.file), this.#options), followed };
    } finally {
      await store.close();
    }
  }

  async #concluding(standby: StandbySession | null, result: CycleResult): Promise<CycleResult> {
    if (standby === null) return result;
    // What was done is done, and is told the other server by the next command.
    await this.#tellOther(standby, result).catch((cause: unknown) =>
      this.#warn('the other server could not be told', cause),
    );
    return { ...result, standby: await standby.report() };
  }

  /** What another server for the same tenant has to know of what was done. */
  async #tellOther(standby: StandbySession | null, result: CycleResult | null): Promise<void> {
    if (this.#other !== null) await standby?.conclude(result, this.#other.published);
  }

  get #now(): () => Date {
    return this.#options.now ?? (() => new Date());
  }

  /** Writes a copy of the store, also while a run goes on. Throws `output-exists`, `plan-not-found` where there is no store yet. */
  async backUp(file: string, force: boolean): Promise<StoreCopy> {
    this.#requireStore();
    return backUpStore(this.config.store.path, file, { force, command: this.#options.command });
  }

  /** Puts a backup in the place of the store, which is kept beside it. Throws `backup-invalid`, `restore-older`, `store-locked`. */
  async restore(backup: string, older: boolean): Promise<RestoredStore> {
    const { command, now = () => new Date() } = this.#options;
    const prepare = async (store: Store): Promise<void> => {
      await markRestored(store, command, now().toISOString());
      await forgetPublication(store);
    };
    return restoreStore(this.config.store.path, backup, { older, command, prepare });
  }

  /** Joins an object of a source to one of the tenant by hand. Throws `object-not-found`, `link-refused`. */
  async link(object: string, target: string): Promise<HandLinked> {
    return this.#withEngine(async (context, standby) => {
      standby?.requireActive('link');
      const linked = await linkByHand(context, { object, target, who: currentUser() });
      await this.#tellOther(standby, null);
      return linked;
    });
  }

  /** Takes the two apart; what is in the tenant stays as it is. Throws `object-not-found`, `link-refused`. */
  async unlink(object: string): Promise<HandLinked> {
    return this.#withEngine(async (context, standby) => {
      standby?.requireActive('unlink');
      const linked = await unlinkByHand(context, { object, who: currentUser() });
      await this.#tellOther(standby, null);
      return linked;
    });
  }

  /**
   * What makes the account of a source in its directory, and what it is for. `source`: may be left out where only one signs in to a directory. Throws `usage`,
   * `account-unsuitable`, `account-container`.
   */
  describeAccount(request: AccountRequest, platform: AccountPlatform): AccountDescription {
    const { source, account } = this.#account(request);
    const { user, readsPasswords } = account;
    const script = account.writeScript(platform);
    return { source, user, platform, readsPasswords, rights: account.rights(platform), script };
  }

  /** Makes the account of a source in its directory, a line for each step, and tries what it can do. Throws what `SourceAccount.create` throws. */
  async *createAccount(request: AccountRequest, order: AccountOrder): AsyncIterable<CheckLine> {
    const { source, account } = this.#account(request);
    yield* account.create(order);
    if (!account.readsPasswords) return;
    const connector = this.#sources().find(({ name }) => name === source);
    try {
      if (connector?.passwords !== undefined) yield* connector.passwords.check();
    } finally {
      await connector?.close();
    }
  }

  /** A secret that the command line names; a path starts from the current folder. Throws `config-secret`. */
  readSecret(source: SecretSource): string {
    return readSecret(source, process.cwd(), (message) => this.#options.log.warn({}, message));
  }

  get #readsPasswords(): boolean {
    return this.config.passwords.method === 'hash';
  }

  #account({ source, container }: AccountRequest): { readonly source: string; readonly account: SourceAccount } {
    const { name, section, make } = chooseAccount(this.config.sources, SOURCES, source);
    const wishes = { readsPasswords: this.#readsPasswords, container };
    return { source: name, account: make(section as never, this.#connectorContext(name), wishes) };
  }

  /** Whether everything that a run needs is there, line by line. */
  async *check(): AsyncIterable<CheckLine> {
    yield { what: 'configuration', state: 'ok', detail: this.config.file };
    yield* this.#checkRules();
    yield await this.#checkStore();
    if (this.#other !== null) yield await this.#checkOther(this.#other);
    const sources = this.#sources({ isImpatient: true });
    const target = this.#plainTarget({ isImpatient: true });
    for (const connector of [...sources, target]) {
      try {
        yield* nameLines(connector.name, connector.check());
        yield* nameLines(connector.name, checkSourcePasswords(this.config, connector));
        if (connector === target) yield* nameLines(connector.name, checkTargetPasswords(this.config, sources, target));
      } finally {
        await connector.close();
      }
    }
    yield* await this.#checkWhatWasRead();
  }

  /** By what stands in the store: whom the configuration leaves out of passwords, and the endings of user principal names in use. */
  async #checkWhatWasRead(): Promise<readonly CheckLine[]> {
    try {
      const rules = loadRuleSet(this.config.rules, this.config.identity);
      const now = this.#options.now?.() ?? new Date();
      return await this.#withStore(async (store) => [
        ...(await checkPasswordChoice(this.config, store)),
        ...describeUpnSuffixes(await countUpnSuffixes(store, rules, now)),
      ]);
    } catch (error) {
      // What is wrong with rules or store has a line of its own.
      if (error instanceof DirbridgeError) return [];
      throw error;
    }
  }

  *#checkRules(): Iterable<CheckLine> {
    const review = reviewRules(this.config.rules, this.config.identity);
    try {
      const rules = requireRules(review);
      const detail = `${rules.all.length} synchronization rules from ${this.config.rules.join(', ')}`;
      yield { what: 'rules', state: 'ok', detail };
    } catch (error) {
      yield errorLine('rules', error);
      return;
    }
    for (const { file, line, rule, message, remedy } of review.warnings)
      yield {
        what: 'rules',
        state: 'warning',
        detail: `${file}:${line}: ${rule === null ? '' : `rule "${rule}": `}${message}`,
        remedy,
      };
  }

  async #checkStore(): Promise<CheckLine> {
    try {
      const store = await this.#openStore(false);
      await store.close();
      return { what: 'store', state: 'ok', detail: this.config.store.path };
    } catch (error) {
      return errorLine('store', error);
    }
  }

  /** The folder may be away: the rest of the state can be told all the same. */
  async #describeOther(store: Store): Promise<StandbyReport | null> {
    try {
      return (await this.#other?.describe(store)) ?? null;
    } catch (error) {
      if (!(error instanceof DirbridgeError)) throw error;
      this.#warn('the other server cannot be asked', error);
      return null;
    }
  }

  async #checkOther(other: OtherServer): Promise<CheckLine> {
    try {
      const store = await this.#openStore(true);
      try {
        return describeCheck(await other.describe(store));
      } finally {
        await store.close();
      }
    } catch (error) {
      return errorLine('standby', error);
    }
  }

  async status(): Promise<Status> {
    return this.#withStore(async (store) => {
      const spaces = [];
      for (const space of await store.spaces.spaces()) {
        const { name, kind, importedAt } = space;
        spaces.push({ name, kind, importedAt, objects: await store.spaces.liveCounts(space.id) });
      }
      return {
        store: this.config.store.path,
        staging: this.config.staging,
        standby: await this.#describeOther(store),
        managed: await store.plans.managedCounts(),
        spaces,
        lastRuns: await store.runs.runs(5),
        plan: await store.apply.plan(),
        leaving: await this.#leaving(store),
        findings: await store.runs.countFindings(),
        every: this.config.schedule.every,
        passwords: {
          method: this.config.passwords.method,
          status: this.config.passwords.method === 'off' ? null : await passwordStatus(store),
        },
      };
    });
  }

  // ------------------------------------------------------------ passwords

  /** One password cycle, or the passwords of these users again. Throws `usage`, `config-invalid`, `standby-only`, `object-not-found`. */
  async syncPasswords(options: PasswordSyncOptions): Promise<PasswordSyncResult> {
    requireMethod(this.config);
    this.#refuseStaging('so no password is ever sent to the tenant');
    const store = await this.#openStore(false);
    this.#passwordSources ??= this.#sources();
    const sources = this.#passwordSources;
    let requireRight: (() => Promise<void>) | undefined;
    const target = this.#target(async () => requireRight?.());
    try {
      const writer = await this.#other?.requireWriter(store);
      requireRight = writer?.requireRight;
      if (writer !== undefined) await noteTerm(store, writer.term);
      const context = this.#context(store, sources, target, null, this.#rules);
      return await syncPasswords(context, this.config, options, requireRight, this.#options.held);
    } finally {
      for (const connector of [...sources, target])
        await connector.close().catch((cause: unknown) => this.#warn(`closing ${connector.name} failed`, cause));
      await store.close();
    }
  }

  async passwordStatus(): Promise<PasswordStatus> {
    return this.#withStore(passwordStatus);
  }

  /** Accounts whose password waits or fails, the longest first. */
  async openPasswords(limit: number, offset = 0): Promise<readonly OpenPassword[]> {
    return this.#withStore((store) =>
      readOpenPasswords(store, (space, anchor) => nameOfAccount(store, space, anchor), { limit, offset }),
    );
  }

  /** Runs sync cycles and password cycles as the schedule says, until it is told to stop. A cycle that fails is told, and the next one comes as planned. */
  async serve(host: ServeHost): Promise<void> {
    const { schedule, staging, passwords } = this.config;
    const store = new LentStore(() => this.#openStore(false));
    const clock = host.clock ?? SYSTEM_CLOCK;
    const held = newHeldPasswords(this.config, () => clock.now());
    const app = new App(this.config, { ...this.#options, store, held });
    const isOn = passwords.method !== 'off' && !staging;
    if (!isOn) host.onNoPasswords(staging ? 'staging mode' : `passwords.method is ${passwords.method}`);
    const syncPasswordsOnce = async (): Promise<void> => {
      try {
        host.onPasswords(await app.syncPasswords({ full: false, users: [] }));
      } catch (error) {
        // A server that stands by does what it should.
        if (!(error instanceof DirbridgeError) || error.code !== 'standby-only') throw error;
      }
    };
    const serve = (onAsk: (ask: () => void) => void): Promise<void> =>
      serveCycles(
        {
          onAsk,
          sync: async () => host.onSync(await app.sync({ full: false, staging: false, approve: false })),
          passwords: isOn ? syncPasswordsOnce : null,
        },
        schedule,
        {
          clock,
          signal: host.signal,
          onFailure: (job, error) => host.onFailure(job.name, error),
        },
      );
    if (passwords.method === 'capture' && isOn) await this.#serveWithCapture(host, held, serve);
    else await serve(() => undefined);
  }

  /** Beside the cycles, domain controllers hand new passwords over; each that the domain has taken asks for a password cycle. */
  async #serveWithCapture(
    host: ServeHost,
    held: HeldPasswords,
    serve: (onAsk: (ask: () => void) => void) => Promise<void>,
  ): Promise<void> {
    const connectors = this.#sources();
    let ask: () => void = () => undefined;
    const serving = Promise.withResolvers<void>();
    const clock = host.clock ?? SYSTEM_CLOCK;
    const { log } = this.#options;
    try {
      await Promise.all([
        runCapture(
          { config: this.config, connectors, held, onTaken: () => ask(), clock, log, signal: host.signal },
          serving.resolve,
        ).catch((error: unknown) => {
          serving.reject(error);
          throw error;
        }),
        serving.promise.then(() =>
          serve((asked) => {
            ask = asked;
          }),
        ),
      ]);
    } finally {
      for (const connector of connectors)
        await connector.close().catch((cause: unknown) => this.#warn(`closing ${connector.name} failed`, cause));
    }
  }

  #refuseStaging(so: string): void {
    if (!this.config.staging) return;
    throw new DirbridgeError('usage', `${this.config.file} says staging: true, ${so}`, {
      remedy: 'Take staging out of the configuration when this server is to take over.',
    });
  }

  async #leaving(store: Store): Promise<Status['leaving']> {
    const { count, since } = await store.leaving.summary();
    const { after } = this.config.deletions;
    return { count, next: since === null ? null : dueOf(since, after ?? 0).toISOString() };
  }

  async runs(limit: number): Promise<readonly Run[]> {
    return this.#withStore((store) => store.runs.runs(limit));
  }

  async run(id: string): Promise<Run | null> {
    return this.#withStore((store) => store.runs.run(id));
  }

  /** Open findings, errors first. */
  async findings(limit: number, offset = 0): Promise<readonly OpenFinding[]> {
    return this.#withStore((store) => store.runs.findings(limit, offset));
  }

  async countFindings(): Promise<Readonly<Record<'error' | 'warning' | 'info', number>>> {
    return this.#withStore((store) => store.runs.countFindings());
  }

  /** A stored plan (the newest by default) while `read` pages through it. */
  async readPlan<T>(id: string | undefined, read: (head: PlanHead, pages: PlanPages) => Promise<T>): Promise<T> {
    return this.#withStore(async (store) => {
      const head = await store.apply.plan(id);
      if (head === null)
        throw new DirbridgeError(
          'plan-not-found',
          id === undefined ? 'there is no plan yet' : `there is no plan ${id}`,
        );
      return read(head, new PlanPages(store, head.id));
    });
  }

  /** Every object that goes by this name. Throws `object-not-found`. */
  async explain(name: string): Promise<readonly Explanation[]> {
    return this.#withReading(async (context) => {
      const found = await explainObject(context, name);
      if (found.length === 0) throw new DirbridgeError('object-not-found', `nothing is known by the name "${name}"`);
      return found;
    });
  }

  /**
   * Compares what a file of csexport says that Connect wants of the tenant with what our rules want, as the last plan left the store.
   * `rulesFrom`: the folder of an exported configuration. Throws `connect-file-invalid`, `plan-not-found`, `object-not-found`.
   */
  async compare(
    request: Omit<ComparisonRequest, 'rules'> & { readonly rulesFrom: string | null },
  ): Promise<Comparison> {
    const { rulesFrom, ...rest } = request;
    const rules = rulesFrom === null ? null : (await readConnectExport(rulesFrom)).rules;
    return this.#withReading(async (context) =>
      compareWithConnect({ ...rest, rules }, await WantedObjects.open(context), context.progress),
    );
  }

  async #withReading<T>(work: (context: EngineContext) => Promise<T>): Promise<T> {
    return this.#withStore(async (store) => {
      const connectors = this.#sources();
      const target = this.#target();
      try {
        return await work(this.#context(store, connectors, target));
      } finally {
        for (const connector of [...connectors, target]) await connector.close();
      }
    });
  }

  /** Works an expression out on an object as its directory holds it now. Throws `object-not-found`, `rules-invalid`. */
  async tryExpression(expression: string, dn: string): Promise<TriedExpression> {
    const { sample } = await this.#findSample(dn, sampleRequest(expression, dn));
    return tryExpression(expression, sample.source);
  }

  /**
   * Lets an object, as its directory holds it now, go through the rules, together with what the store knows of it where there is one. Writes
   * nothing. Throws `object-not-found`, `rules-invalid`.
   */
  async tryRules(dn: string): Promise<TriedRules> {
    const now = this.#options.now?.() ?? new Date();
    const find = (rules: RuleSet) => this.#findSample(dn, rulesRequest(rules, dn, now));
    if (!storeExists(this.config.store.path)) {
      const rules = loadRuleSet(this.config.rules, this.config.identity);
      const found = await find(rules);
      return describeTried(found, await traceAlone(rules, found.sample, now));
    }
    return this.#withReading(async (context) => {
      const found = await find(context.rules);
      return describeTried(found, await traceInStore(context, found));
    });
  }

  async #findSample(dn: string, request: SampleRequest): Promise<FoundSample> {
    for (const connector of this.#sources()) {
      try {
        const sample = await readSample(connector, request);
        if (sample !== null) return { sample, sourceName: connector.name };
      } finally {
        await connector.close();
      }
    }
    throw new DirbridgeError('object-not-found', `no source holds an object "${dn}"`, {
      remedy: 'Give the DN as it is in the directory, or a file that holds the object.',
    });
  }

  async #withEngine<T>(
    work: (context: EngineContext, standby: StandbySession | null) => Promise<T>,
    isLenient = false,
  ): Promise<T> {
    const store = await this.#openStore(false);
    const sources = this.#sources();
    let standby: StandbySession | null = null;
    const target = this.#target(async () => standby?.pair.requireActive());
    try {
      standby = (await this.#other?.begin(store)) ?? null;
      const context = this.#context(store, sources, guardTarget(target, standby), standby);
      await standby?.prepare(context).catch((cause: unknown) => {
        if (!isLenient) throw cause;
        this.#warn('some of what the other server did is not known here', cause);
      });
      return await work(context, standby);
    } catch (error) {
      // What was written before it failed is told to the other server all the same.
      await this.#tellOther(standby, null).catch((cause: unknown) => this.#warn('publishing failed', cause));
      throw error;
    } finally {
      await standby?.end().catch((cause: unknown) => this.#warn('the last sign of life failed', cause));
      for (const connector of [...sources, target])
        await connector.close().catch((cause: unknown) => this.#warn(`closing ${connector.name} failed`, cause));
      await store.close();
    }
  }

  #warn(what: string, cause: unknown): void {
    this.#options.log.warn({ error: messageOf(cause) }, what);
  }

  async #withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
    this.#requireStore();
    const store = await this.#openStore(true);
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  #requireStore(): void {
    if (storeExists(this.config.store.path)) return;
    throw new DirbridgeError('plan-not-found', `there is no store ${this.config.store.path} yet`, {
      remedy: 'Make a plan first: dirbridge plan.',
    });
  }

  #openStore(readOnly: boolean): Promise<Store> {
    if (!readOnly && this.#options.store !== undefined) return this.#options.store.take();
    return openSqliteStore(this.config.store.path, { command: this.#options.command, readOnly });
  }

  #context(
    store: Store,
    connectors: readonly Connector[],
    target: TargetConnector,
    standby: StandbySession | null = null,
    known: RuleSet | null = null,
  ): EngineContext {
    const rules = known ?? loadRuleSet(this.config.rules, this.config.identity);
    this.#rules = rules;
    return {
      store,
      rules,
      sources: connectors.map((connector, index) => ({
        connector,
        scope: this.config.sources[index]?.scope ?? { include: [], exclude: [], groups: [] },
      })),
      target,
      guards: this.config.guards,
      deletions: this.config.deletions,
      settings: membershipSettings(this.config),
      matching: this.config.matching,
      drift: this.config.drift,
      isWrittenElsewhere: this.config.staging || standby?.isActive === false,
      now: this.#now,
      log: this.#options.log,
      progress: this.#options.progress,
    };
  }

  #sources(wishes: Pick<ConnectorContext, 'isImpatient'> = {}): readonly Connector[] {
    return this.config.sources.map((source) => {
      const definition = SOURCES.find((one) => one.kind === source.kind);
      if (definition === undefined)
        throw new DirbridgeError('bug', `there is no connector for sources of kind ${source.kind}`);
      const context = { ...this.#connectorContext(source.name), ...wishes };
      return retryReads(definition.create(source.section as never, context), { log: this.#options.log });
    });
  }

  /** `requireRight`: throws when another server has taken over. */
  #target(requireRight?: () => Promise<void>): TargetConnector {
    const target = this.#plainTarget(requireRight === undefined ? {} : { requireRight });
    return this.config.staging ? makeReadonly(target) : target;
  }

  #plainTarget(wishes: Pick<ConnectorContext, 'requireRight' | 'isImpatient'> = {}): TargetConnector {
    const definition = TARGETS.find((one) => one.kind === this.config.target.kind);
    if (definition === undefined)
      throw new DirbridgeError('bug', `there is no connector for targets of kind ${this.config.target.kind}`);
    return definition.create(this.config.target.section as never, { ...this.#connectorContext('tenant'), ...wishes });
  }

  #connectorContext(name: string): ConnectorContext {
    const { log, now = () => new Date() } = this.#options;
    return createConnectorContext(name, this.config.folder, log, now, this.#told);
  }
}

/** Everything of its plan was carried out. */
function isWhole({ outcome, failed }: CycleResult): boolean {
  return outcome === 'done' && failed === 0;
}

function passwordStatus(store: Store): Promise<PasswordStatus> {
  return readPasswordStatus(store, (space, anchor) => nameOfAccount(store, space, anchor));
}

async function* nameLines(name: string, lines: AsyncIterable<CheckLine>): AsyncIterable<CheckLine> {
  for await (const line of lines) yield line.what.startsWith(name) ? line : { ...line, what: `${name}: ${line.what}` };
}

function errorLine(what: string, error: unknown): CheckLine {
  const remedy = error instanceof DirbridgeError ? { remedy: error.remedy, code: error.code } : {};
  return { what, state: 'error', detail: messageOf(error), ...remedy };
}

/** Keys that decide who belongs, besides the scopes of the sources. */
function membershipSettings({ rules, identity }: Config): Readonly<Record<string, string>> {
  const keys = Object.entries(identity).map(([key, value]): readonly [string, string] => [
    `identity.${key}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { rules: rules.join(', '), ...Object.fromEntries(keys) };
}

/** Who runs us, and where, for the record of an approval. */
function currentUser(): string {
  const sudo = process.env['SUDO_USER'];
  const name = userInfo().username;
  return `${sudo === undefined ? name : `${sudo} (as ${name})`} on ${hostname()}`;
}
