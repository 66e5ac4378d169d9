import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { type Config, configJsonSchema, deadAfterOf, loadConfig, readSecret } from './config.ts';
import { SOURCES, TARGETS } from './connectors/all.ts';
import type { CheckLine, Connector, ConnectorContext, TargetConnector } from './connectors/connector.ts';
import { fenceWrites } from './connectors/fenced.ts';
import { makeReadonly } from './connectors/readonly.ts';
import { retryReads } from './connectors/retry.ts';
import type { EngineContext, Progress } from './engine/context.ts';
import { type Explanation, explainObject } from './engine/explain.ts';
import { type HandLinked, linkByHand, unlinkByHand } from './engine/hand-links.ts';
import { dueOf } from './engine/leaving.ts';
import { readOwedLicences } from './engine/licences.ts';
import { markRestored } from './engine/mark-restored.ts';
import { ruleSource, runParameters } from './engine/rule-source.ts';
import { type CycleResult as EngineResult, runApply, runCycle, runUndo } from './engine/run.ts';
import { readSample, type SampledObject, type SampleRequest } from './engine/sample-object.ts';
import type { ObjectTrace } from './engine/trace-object.ts';
import { traceAlone, traceInStore, traceMetaverse } from './engine/try-rules.ts';
import { countUpnSuffixes, describeUpnSuffixes } from './engine/upn-suffixes.ts';
import { WantedObjects } from './engine/wanted-objects.ts';
import { DirbridgeError, messageOf } from './errors.ts';
import { type Log, SILENT_LOG } from './log.ts';
import { type Comparison, type ComparisonRequest, compareWithConnect } from './migration/csexport/comparison.ts';
import { type ConfigurationDiff, diffConfigurations } from './migration/diff-configuration.ts';
import type { Difference } from './migration/difference.ts';
import { type ExportedConfiguration, exportConfiguration } from './migration/export-configuration.ts';
import { compareWithMark, type ShippedComparison } from './migration/export-mark.ts';
import { followConfiguration } from './migration/follow-configuration.ts';
import { type ImportedConfiguration, importConfiguration } from './migration/import-configuration.ts';
import { nextSteps } from './migration/import-report.ts';
import { readConnectExport } from './migration/read-export.ts';
import { writeExport } from './migration/write-export.ts';
import { tryFiles, writeFiles } from './migration/write-files.ts';
import type { TargetType } from './model/change.ts';
import { type Finding, finding } from './model/finding.ts';
import type { MemberName, NotUndone, Operation, PlanHead } from './model/plan.ts';
import type { Run } from './model/run.ts';
import { isReferenceAttribute } from './rules/reference-attributes.ts';
import {
  attributesOfExpression,
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
import { readSampleFile } from './rules/sample-file.ts';
import { describeCheck } from './scheduler/standby/describe-check.ts';
import { forgetPublication } from './scheduler/standby/publish.ts';
import { type PairOptions, ServerPair } from './scheduler/standby/server-pair.ts';
import { configurationFolder, type Term } from './scheduler/standby/server-records.ts';
import { describeRoles, type StandbyReport, StandbySession } from './scheduler/standby/standby-session.ts';
import { openSqliteStore, storeExists } from './store/sqlite.ts';
import { backUpStore, type RestoredStore, restoreStore, type StoreCopy } from './store/sqlite-copies.ts';
import type { OwedLicences, PlanPart, Store } from './store/store.ts';

export type { Config } from './config.ts';
export type { CheckLine } from './connectors/connector.ts';
export type { Explanation } from './engine/explain.ts';
export type { HandLinked } from './engine/hand-links.ts';
export type { ObjectTrace } from './engine/trace-object.ts';
export { createLog, LOG_LEVELS, type Log, type LogLevel, SILENT_LOG } from './log.ts';
export type { Comparison } from './migration/csexport/comparison.ts';
export type { ComparedSide, ConfigurationDiff } from './migration/diff-configuration.ts';
export type { Difference } from './migration/difference.ts';
export type { ExportedConfiguration } from './migration/export-configuration.ts';
export type { ShippedComparison } from './migration/export-mark.ts';
export type { ImportedConfiguration } from './migration/import-configuration.ts';
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

/** A finding with the time of its first appearance and the run that saw it last. */
export type OpenFinding = Finding & { readonly firstSeen: string; readonly run: string };

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
}

/** Reads and checks a configuration file; throws `config-missing`, `config-invalid`. */
export function readConfig(file: string): Config {
  return loadConfig(file, { sources: SOURCES, targets: TARGETS });
}

/** The JSON schema of the configuration file. */
export function configSchema(): Readonly<Record<string, unknown>> {
  return configJsonSchema({ sources: SOURCES, targets: TARGETS });
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
  const exported = exportConfiguration(file, { sources: SOURCES, targets: TARGETS }, version);
  if (output === null) return { ...exported, written: [] };
  const written = writeExport(exported, output, force);
  for (const path of written.slice(0, 1)) readRules(readConfig(path));
  return { ...exported, written };
}

/** Compares two configurations, files or folders, by what they mean. Throws `config-missing`, `config-invalid`, `rules-invalid`. */
export function diffConfigs(a: string, b: string): ConfigurationDiff {
  return diffConfigurations(a, b, { sources: SOURCES, targets: TARGETS });
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

/** Works an expression out without any object: what it reads is absent. Throws `rules-invalid`. */
export function tryAlone(expression: string): TriedExpression {
  return tryExpression(expression, ruleSource({}, {}, runParameters(new Date()), null, ''));
}

/** Works an expression out on the object of a JSON file, or on the first of an LDIF file that is no container. */
export async function tryOnFile(expression: string, file: string): Promise<TriedExpression> {
  const { source } = await sampleOfFile(file, sampleRequest(expression, null), 'user');
  return tryExpression(expression, source);
}

/** What the rules of the configuration do with an object, step by step. */
export interface TriedRules {
  readonly object: string;
  readonly type: string;
  /** The source it was read from; null for a file. */
  readonly source: string | null;
  readonly trace: ObjectTrace;
}

/**
 * Lets the object of a JSON file, or the first of an LDIF file that is no container, go through the rules. `rule`: the one of interest; of an
 * outbound one the JSON file is the metaverse object that it reads.
 */
export async function tryRulesOnFile(config: Config, file: string, rule: CompiledRule | null): Promise<TriedRules> {
  const rules = loadRuleSet(config.rules, config.identity);
  const type = rule?.sourceType ?? 'user';
  const now = new Date();
  if (rule?.direction === 'outbound' && isJson(file)) {
    const { attributes = {} } = readSampleFile(file);
    return { object: file, type, source: null, trace: await traceMetaverse(rules, type, attributes, now) };
  }
  const sample = await sampleOfFile(
    file,
    rulesRequest(rules, null, now),
    rule?.direction === 'outbound' ? 'user' : type,
  );
  return { object: sample.dn || file, type: sample.type, source: null, trace: await traceAlone(rules, sample, now) };
}

function isJson(file: string): boolean {
  return file.toLowerCase().endsWith('.json');
}

/** `type`: of an object in JSON, which does not tell. */
async function sampleOfFile(file: string, request: SampleRequest, type: string): Promise<SampledObject> {
  if (isJson(file)) {
    const { attributes = {} } = readSampleFile(file);
    const dn = typeof attributes['dn'] === 'string' ? attributes['dn'] : null;
    const source = ruleSource(attributes, {}, runParameters(request.now), dn, file);
    return { source, type, anchor: file, dn: dn ?? '', attributes };
  }
  const definition = SOURCES.find((one) => one.kind === 'ldif');
  if (definition === undefined) throw new DirbridgeError('bug', 'there is no connector for LDIF files');
  const context = createConnectorContext('file', process.cwd(), SILENT_LOG, () => new Date());
  const connector = definition.create(definition.section.parse({ path: file }) as never, context);
  const sample = await readSample(connector, request);
  if (sample === null) throw new DirbridgeError('object-not-found', `there is no object in ${file}`);
  return sample;
}

function sampleRequest(expression: string, dn: string | null): SampleRequest {
  const names = attributesOfExpression(expression).filter((name) => name !== 'dn');
  return {
    attributes: names.filter((name) => !isReferenceAttribute(name)),
    references: names.filter(isReferenceAttribute),
    dn,
    now: new Date(),
  };
}

function rulesRequest(rules: RuleSet, dn: string | null, now: Date): SampleRequest {
  return {
    attributes: rules.attributesRead('source'),
    references: rules.referencesRead('source'),
    groups: rules.scopeGroups(),
    dn,
    now,
  };
}

function createConnectorContext(name: string, folder: string, log: Log, now: () => Date): ConnectorContext {
  return {
    name,
    log,
    now,
    readSecret: (source) => readSecret(source, folder, (message) => log.warn({}, message)),
    resolvePath: (path) => resolve(folder, path),
  };
}

interface FoundSample {
  readonly sample: SampledObject;
  readonly sourceName: string;
}

function describeTried({ sample, sourceName }: FoundSample, trace: ObjectTrace): TriedRules {
  return { object: sample.dn, type: sample.type, source: sourceName, trace };
}

/** The composition: the only place that knows which connectors and which store there are. Every method opens what it needs and closes it again. */
export class App {
  readonly config: Config;
  readonly #options: AppOptions;

  constructor(config: Config, options: AppOptions) {
    this.config = config;
    this.#options = options;
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
    if (this.config.staging) {
      throw new DirbridgeError(
        'usage',
        `${this.config.file} says staging: true, so nothing is ever written to the tenant`,
        {
          remedy: 'Take staging out of the configuration when this server is to take over.',
        },
      );
    }
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

  // ------------------------------------------------------------ another server for the same tenant

  /** This server, the one that writes, and how our newest plan stands to what that one has done. Throws `usage` without `standby` in the configuration. */
  async standby(): Promise<StandbyReport> {
    return this.#withEngine(async (_context, standby) => {
      if (standby === null) throw noStandby(this.config.file);
      await standby.conclude(null, this.#published);
      return standby.report();
    });
  }

  /** Makes this server the one that writes. Throws `server-alive` while another one is alive, unless forced. */
  async takeOver(isForced: boolean): Promise<StandbyReport & { readonly claimed: Term }> {
    if (this.config.standby !== null && this.config.staging)
      throw new DirbridgeError(
        'usage',
        `${this.config.file} says staging: true, so this server stands by for good and cannot take over`,
        { remedy: 'Take staging out of the configuration; with standby in it nothing is written before the takeover.' },
      );
    return this.#withPair(async (pair, store) => {
      const claimed = await pair.takeOver(currentUser(), isForced);
      await store.transaction(() => store.sync.raiseVersion());
      return { ...(await describeRoles(pair, await pair.roles())), claimed };
    });
  }

  /** Gives the tenant up, so that another server may take over at once. Throws `standby-only`. */
  async handOver(): Promise<StandbyReport> {
    return this.#withPair(async (pair) => {
      await pair.handOver();
      return describeRoles(pair, await pair.roles());
    });
  }

  async #withPair<T>(work: (pair: ServerPair, store: Store) => Promise<T>): Promise<T> {
    return this.#withEngine(async (context, standby) => {
      if (standby === null) throw noStandby(this.config.file);
      const result = await work(standby.pair, context.store);
      await (await StandbySession.resume(standby.pair, context.store, this.#now)).conclude(null, this.#published);
      return result;
    });
  }

  /** This application, or one on the configuration that was taken over from the server that writes. */
  async #inStep(): Promise<{ readonly app: App; readonly followed: readonly Difference[] }> {
    if (this.config.standby?.follow !== true) return { app: this, followed: [] };
    const store = await this.#openStore(false);
    try {
      const followed = await this.#follow(store);
      const app = followed.length === 0 ? this : new App(readConfig(this.config.file), this.#options);
      return { app, followed };
    } finally {
      await store.close();
    }
  }

  /** A configuration that cannot be taken over, such as one of a newer version, leaves ours in force, with a finding. */
  async #follow(store: Store): Promise<readonly Difference[]> {
    const pair = await ServerPair.open(store, this.#pairOptions());
    const { presence, isActive } = await pair.roles();
    if (isActive || presence?.configuration == null || presence.server === pair.server) return [];
    const { server, configuration } = presence;
    const at = this.#now().toISOString();
    try {
      const followed = followConfiguration(
        {
          file: this.config.file,
          published: pair.folder.at(configurationFolder(server, configuration)),
          version: configuration,
          server,
          keep: this.config.standby?.keep ?? [],
        },
        { sources: SOURCES, targets: TARGETS },
      );
      await store.runs.replaceFindings('plan', 'standby configuration', [], '0', at);
      return followed;
    } catch (error) {
      if (!(error instanceof DirbridgeError)) throw error;
      const cause = `The configuration of ${server} (dirbridge ${presence.version}) could not be taken over, so this server stands by with its own: ${error.message}`;
      const told = finding('standby-configuration', 'plan', { cause });
      await store.runs.replaceFindings('plan', 'standby configuration', [told], '0', at);
      return [];
    }
  }

  #pairOptions(): PairOptions {
    const { standby, schedule, staging, file } = this.config;
    if (standby === null) throw noStandby(file);
    const { folder, server } = standby;
    const host = hostname();
    return {
      folder,
      server: server ?? host.replaceAll(/[^A-Za-z0-9_.-]/g, '-'),
      host,
      version: this.#options.version ?? '',
      every: schedule.every,
      deadAfter: deadAfterOf(standby, schedule.every),
      isStaging: staging,
      now: this.#now,
      log: this.#options.log,
    };
  }

  /** What other servers take over of our configuration; nothing that cannot be read as a whole. */
  readonly #published = (): ExportedConfiguration['files'] => {
    const kinds = { sources: SOURCES, targets: TARGETS };
    return exportConfiguration(this.config.file, kinds, this.#options.version ?? '').files;
  };

  async #concluding(standby: StandbySession | null, result: CycleResult): Promise<CycleResult> {
    if (standby === null) return result;
    await standby.conclude(result, this.#published);
    return { ...result, standby: await standby.report() };
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
      await standby?.conclude(null, this.#published);
      return linked;
    });
  }

  /** Takes the two apart; what is in the tenant stays as it is. Throws `object-not-found`, `link-refused`. */
  async unlink(object: string): Promise<HandLinked> {
    return this.#withEngine(async (context, standby) => {
      standby?.requireActive('unlink');
      const linked = await unlinkByHand(context, { object, who: currentUser() });
      await standby?.conclude(null, this.#published);
      return linked;
    });
  }

  /** Whether everything that a run needs is there, line by line. */
  async *check(): AsyncIterable<CheckLine> {
    yield { what: 'configuration', state: 'ok', detail: this.config.file };
    yield* this.#checkRules();
    yield await this.#checkStore();
    if (this.config.standby !== null) yield await this.#checkStandby();
    for (const connector of [...this.#sources(), this.#target()]) {
      try {
        for await (const line of connector.check()) {
          const isNamed = line.what.startsWith(connector.name);
          yield isNamed ? line : { ...line, what: `${connector.name}: ${line.what}` };
        }
      } finally {
        await connector.close();
      }
    }
    yield* await this.#checkSuffixes();
  }

  /** The endings of user principal names in use, as far as a run has told them. */
  async #checkSuffixes(): Promise<readonly CheckLine[]> {
    try {
      const rules = loadRuleSet(this.config.rules, this.config.identity);
      const now = this.#options.now?.() ?? new Date();
      return describeUpnSuffixes(await this.#withStore((store) => countUpnSuffixes(store, rules, now)));
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

  async #checkStandby(): Promise<CheckLine> {
    try {
      const store = await this.#openStore(true);
      try {
        return describeCheck(await this.#requireRoles(store));
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
        standby: await this.#describeStandby(store),
        managed: await store.plans.managedCounts(),
        spaces,
        lastRuns: await store.runs.runs(5),
        plan: await store.apply.plan(),
        leaving: await this.#leaving(store),
        findings: await store.runs.countFindings(),
        every: this.config.schedule.every,
      };
    });
  }

  async #describeStandby(store: Store): Promise<StandbyReport | null> {
    return this.config.standby === null ? null : this.#requireRoles(store);
  }

  async #requireRoles(store: Store): Promise<StandbyReport> {
    const pair = await ServerPair.open(store, { ...this.#pairOptions(), isReader: true });
    return describeRoles(pair, await pair.roles());
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

  async #withEngine<T>(work: (context: EngineContext, standby: StandbySession | null) => Promise<T>): Promise<T> {
    const store = await this.#openStore(false);
    const sources = this.#sources();
    const target = this.#target();
    let standby: StandbySession | null = null;
    try {
      if (this.config.standby !== null) standby = await StandbySession.begin(store, this.#pairOptions());
      const context = this.#context(store, sources, this.#fence(target, standby), standby);
      await standby?.prepare(context);
      return await work(context, standby);
    } catch (error) {
      // What was written before it failed is told to the other server all the same.
      await standby?.conclude(null, this.#published).catch((cause: unknown) => this.#warn('publishing failed', cause));
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

  /** A server that stands by writes nothing, whatever goes wrong; the one that writes stops when it is replaced. */
  #fence(target: TargetConnector, standby: StandbySession | null): TargetConnector {
    if (standby === null) return target;
    return standby.isActive ? fenceWrites(target, () => standby.pair.requireActive()) : makeReadonly(target);
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
    return openSqliteStore(this.config.store.path, { command: this.#options.command, readOnly });
  }

  #context(
    store: Store,
    connectors: readonly Connector[],
    target: TargetConnector,
    standby: StandbySession | null = null,
  ): EngineContext {
    return {
      store,
      rules: loadRuleSet(this.config.rules, this.config.identity),
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

  #sources(): readonly Connector[] {
    return this.config.sources.map((source) => {
      const definition = SOURCES.find((one) => one.kind === source.kind);
      if (definition === undefined)
        throw new DirbridgeError('bug', `there is no connector for sources of kind ${source.kind}`);
      return retryReads(definition.create(source.section as never, this.#connectorContext(source.name)), {
        log: this.#options.log,
      });
    });
  }

  #target(): TargetConnector {
    const definition = TARGETS.find((one) => one.kind === this.config.target.kind);
    if (definition === undefined)
      throw new DirbridgeError('bug', `there is no connector for targets of kind ${this.config.target.kind}`);
    const target = definition.create(this.config.target.section as never, this.#connectorContext('tenant'));
    return this.config.staging ? makeReadonly(target) : target;
  }

  #connectorContext(name: string): ConnectorContext {
    const { log, now = () => new Date() } = this.#options;
    return createConnectorContext(name, this.config.folder, log, now);
  }
}

/** The operations of one plan, read in pages. */
export class PlanPages {
  readonly #store: Store;
  readonly #plan: string;

  constructor(store: Store, plan: string) {
    this.#store = store;
    this.#plan = plan;
  }

  /** Operations after a position, in order. */
  operations(after: number, limit: number, part?: PlanPart): Promise<readonly Operation[]> {
    return this.#store.apply.operations(this.#plan, after, limit, part);
  }

  countOperations(part: PlanPart): Promise<number> {
    return this.#store.apply.countOperations(this.#plan, part);
  }

  members(operation: string, adds: boolean, offset: number, limit: number): Promise<readonly MemberName[]> {
    return this.#store.apply.members(this.#plan, operation, adds, offset, limit);
  }

  findings(limit: number, offset = 0): Promise<readonly OpenFinding[]> {
    return this.#store.runs.findings(limit, offset);
  }

  /** Of a plan that takes back a run: what it leaves, and why. */
  notUndone(offset: number, limit: number): Promise<readonly NotUndone[]> {
    return this.#store.undo.notUndone(this.#plan, offset, limit);
  }

  countNotUndone(): Promise<number> {
    return this.#store.undo.countNotUndone(this.#plan);
  }

  /** The run that made the plan, with its steps. */
  run(id: string): Promise<Run | null> {
    return this.#store.runs.run(id);
  }

  countFindings(): Promise<Readonly<Record<'error' | 'warning' | 'info', number>>> {
    return this.#store.runs.countFindings();
  }

  /** What users whom earlier runs restored have not been given back yet: each apply tries. Read after one user's id, in their order. */
  owedLicences(after: string, limit: number): Promise<readonly OwedLicences[]> {
    return readOwedLicences(this.#store, after, limit);
  }
}

function noStandby(file: string): DirbridgeError {
  return new DirbridgeError('usage', `${file} names no other server for this tenant`, {
    remedy: 'Name the folder that both servers reach: standby: { folder: PATH }. See docs/guide/second-server.md.',
  });
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
