import { hostname } from 'node:os';
import { type Config, deadAfterOf, type StandbyConfig } from '../config.ts';
import type { TargetConnector } from '../connectors/connector.ts';
import { makeReadonly } from '../connectors/readonly.ts';
import { DirbridgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Difference } from '../migration/difference.ts';
import { type ExportedConfiguration, exportConfiguration } from '../migration/export-configuration.ts';
import { followConfiguration } from '../migration/follow-configuration.ts';
import type { SectionKinds } from '../migration/section-kind.ts';
import { finding } from '../model/finding.ts';
import { type PairOptions, ServerPair } from '../scheduler/standby/server-pair.ts';
import { configurationFolder } from '../scheduler/standby/server-records.ts';
import { describeRoles, type StandbyReport, StandbySession } from '../scheduler/standby/standby-session.ts';
import type { Store } from '../store/store.ts';

export interface OtherServerOptions {
  readonly config: Config;
  readonly kinds: SectionKinds;
  /** Of dirbridge. */
  readonly version: string;
  readonly now: () => Date;
  readonly log: Log;
}

/** A server that may write, and how long it may. */
export interface Writer {
  readonly term: number;
  readonly requireRight: () => Promise<void>;
}

/** What the configuration says of another server for the same tenant, put together. */
export class OtherServer {
  readonly #options: OtherServerOptions;
  readonly #standby: StandbyConfig;

  private constructor(options: OtherServerOptions, standby: StandbyConfig) {
    this.#options = options;
    this.#standby = standby;
  }

  /** Null where the configuration names none. */
  static of(options: OtherServerOptions): OtherServer | null {
    const { standby } = options.config;
    return standby === null ? null : new OtherServer(options, standby);
  }

  begin(store: Store): Promise<StandbySession> {
    return StandbySession.begin(store, this.#pairOptions());
  }

  /** Writes nothing, neither in the folder nor in the store. */
  async describe(store: Store): Promise<StandbyReport> {
    const pair = await ServerPair.open(store, { ...this.#pairOptions(), isReader: true });
    return describeRoles(pair, await pair.roles());
  }

  /** Throws `standby-only` when this is not the server that writes; answers since which term it is, and what throws as soon as it is not any more. Gives no sign of life. */
  async requireWriter(store: Store): Promise<Writer> {
    const pair = await ServerPair.open(store, { ...this.#pairOptions(), isReader: true });
    const { isActive, term } = await pair.roles();
    if (isActive && term !== null) return { term: term.term, requireRight: () => pair.requireActive() };
    throw new DirbridgeError(
      'standby-only',
      `Passwords are sent by the server that writes to the tenant, and that is ${term?.server ?? 'nobody yet'}, not ${pair.server}`,
    );
  }

  /**
   * Takes over the configuration of the server that writes; answers what changed. One that cannot be taken over, such as one of a newer version, leaves ours
   * in force, with a finding.
   */
  async follow(store: Store): Promise<readonly Difference[]> {
    const pair = await ServerPair.open(store, this.#pairOptions());
    const { presence, isActive } = await pair.roles();
    if (!this.#standby.follow || isActive || presence?.configuration == null || presence.server === pair.server)
      return [];
    const { server, configuration, version } = presence;
    const at = this.#options.now().toISOString();
    try {
      const published = pair.folder.at(configurationFolder(server, configuration));
      const followed = this.#takeOver(server, configuration, published);
      await store.runs.replaceFindings('plan', 'standby configuration', [], '0', at);
      return followed;
    } catch (error) {
      if (!(error instanceof DirbridgeError)) throw error;
      const cause = `The configuration of ${server} (dirbridge ${version}) could not be taken over, so this server stands by with its own: ${error.message}`;
      const told = finding('standby-configuration', 'plan', { cause });
      await store.runs.replaceFindings('plan', 'standby configuration', [told], '0', at);
      return [];
    }
  }

  #takeOver(server: string, version: string, published: string): readonly Difference[] {
    const { config, kinds } = this.#options;
    const { keep } = this.#standby;
    return followConfiguration({ file: config.file, published, version, server, keep }, kinds);
  }

  /** What the other servers take over of our configuration; throws what is wrong with it. */
  readonly published = (): ExportedConfiguration['files'] => {
    const { config, kinds, version } = this.#options;
    return exportConfiguration(config.file, kinds, version).files;
  };

  #pairOptions(): PairOptions {
    const { config, version, now, log } = this.#options;
    const { folder, server } = this.#standby;
    const host = hostname();
    return {
      folder,
      server: server ?? host.replaceAll(/[^A-Za-z0-9_.-]/g, '-'),
      host,
      version,
      every: config.schedule.every,
      deadAfter: deadAfterOf(this.#standby, config.schedule.every),
      isStaging: config.staging,
      now,
      log,
    };
  }
}

/** A server that stands by writes nothing, whatever goes wrong. */
export function guardTarget(target: TargetConnector, standby: StandbySession | null): TargetConnector {
  return standby === null || standby.isActive ? target : makeReadonly(target);
}

/** Throws `usage` where the configuration names no other server. */
export function requireOther<T>(standby: T | null, { file }: Config): T {
  if (standby !== null) return standby;
  throw new DirbridgeError('usage', `${file} names no other server for this tenant`, {
    remedy: 'Name the folder that both servers reach: standby: { folder: PATH }. See docs/guide/second-server.md.',
  });
}
