import type { SettledWrite, TargetWrite } from '../../../connector.ts';
import { readCloudAnchor } from '../cloud-anchor.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { anchorsOf, readBack } from './read-back.ts';
import { sourceAnchorOf } from './write-properties.ts';

/** The settle of the contract. The service looks up nothing, so that everything is read, once for all writes: after a kill, and then only. */
export async function* settleObjects(
  client: ProvisioningClient,
  writes: readonly TargetWrite[],
): AsyncGenerator<readonly SettledWrite[]> {
  const asked = writes.filter(({ action }) => action === 'create' || action === 'delete' || action === 'restore');
  const live = asked.length === 0 ? NOTHING : await readLive(client, asked);
  yield writes.map((write) => settle(write, live));
}

interface Live {
  readonly bySource: ReadonlyMap<string, string>;
  readonly ids: ReadonlySet<string>;
}
const NOTHING: Live = { bySource: new Map(), ids: new Set() };

/** Only what the writes are about is held. */
async function readLive(client: ProvisioningClient, writes: readonly TargetWrite[]): Promise<Live> {
  const sources = new Set(writes.map(sourceAnchorOf));
  const wanted = new Set(writes.flatMap((write) => ('targetId' in write ? [write.targetId] : [])));
  const bySource = new Map<string, string>();
  const ids = new Set<string>();
  for await (const { objects } of readBack(client, null)) {
    for (const { cloud, source } of objects.map(anchorsOf)) {
      const known = readCloudAnchor(cloud ?? '');
      if (known === null) continue;
      if (source !== undefined && sources.has(source)) bySource.set(source, known.id);
      if (wanted.has(known.id)) ids.add(known.id);
    }
  }
  return { bySource, ids };
}

function settle(write: TargetWrite, live: Live): SettledWrite {
  const { id } = write;
  if (write.action === 'create') {
    const targetId = live.bySource.get(sourceAnchorOf(write));
    return targetId === undefined ? { id, outcome: 'not-done' } : { id, outcome: 'done', targetId };
  }
  if (write.action !== 'delete' && write.action !== 'restore') return { id, outcome: 'unknown' };
  const isLive = live.ids.has(write.targetId);
  const isDone = write.action === 'restore' ? isLive : !isLive;
  return { id, outcome: isDone ? 'done' : 'not-done', targetId: write.targetId };
}
