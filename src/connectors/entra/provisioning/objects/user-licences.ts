import type { ConnectorContext, HeldLicences, TargetWrite, WriteResult } from '../../../connector.ts';
import { BATCH_SIZE } from '../../batch.ts';
import type { Graph } from '../../graph.ts';
import { LicenceReader } from '../../licences.ts';
import type { Pace } from '../../pace.ts';
import { WriteQuota } from '../../quota.ts';
import { ReplicationLag } from '../../replication-lag.ts';
import { writeAll } from '../../write.ts';

/** Licences are no matter of the service: whoever comes back is given them by Microsoft Graph, which lets them be assigned to synchronized users too. */
export class UserLicences {
  readonly #graph: Graph;
  readonly #pace: Pace;
  readonly #context: ConnectorContext;
  readonly #reader: LicenceReader;

  constructor(graph: Graph, pace: Pace, context: ConnectorContext) {
    this.#graph = graph;
    this.#pace = pace;
    this.#context = context;
    this.#reader = new LicenceReader(graph, pace);
  }

  /** Who cannot be read is left out: an application that may only synchronize must be able to delete all the same. */
  async read(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>> {
    const all = await this.#reader.read(targetIds);
    const refused = [...all.values()].find((one) => one.outcome === 'refused');
    if (refused?.outcome !== 'refused') return all;
    this.#context.log.warn(
      {},
      `the licences of some users are not known, and not given back should they return, because Microsoft Graph refused us: ${refused.failure.message}`,
    );
    return new Map([...all].filter(([, { outcome }]) => outcome !== 'refused'));
  }

  give(writes: readonly TargetWrite[]): AsyncIterable<readonly WriteResult[]> {
    const [graph, pace] = [this.#graph, this.#pace];
    const { log, now, requireRight = async () => undefined } = this.#context;
    const quota = new WriteQuota(1, BATCH_SIZE);
    return writeAll({ graph, pace, quota, lag: new ReplicationLag(graph, now), log, requireRight }, inBatches(writes));
  }
}

async function* inBatches(writes: readonly TargetWrite[]): AsyncGenerator<readonly TargetWrite[]> {
  for (let from = 0; from < writes.length; from += BATCH_SIZE) yield writes.slice(from, from + BATCH_SIZE);
}
