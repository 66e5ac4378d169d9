import { DirbridgeError, messageOf } from '../../../../errors.ts';
import type { ConnectorContext, TargetWrite, WriteFailure, WriteResult } from '../../../connector.ts';
import { backOff, type Pace } from '../../pace.ts';
import { readCloudAnchor } from '../cloud-anchor.ts';
import { element } from '../nbfx/xml-building.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { isTransientCode } from '../service-fault.ts';
import { buildSyncRequest } from './sync-object.ts';
import { describeFailure, isGone, readSyncResults, type SyncResult } from './sync-results.ts';
import type { UserLicences } from './user-licences.ts';
import {
  type DeletionWrite,
  editsOf,
  isDeletion,
  linksOf,
  nameOf,
  takeoverOf,
  toSyncObject,
  withEdits,
} from './write-properties.ts';

export interface WriteParts {
  readonly client: ProvisioningClient;
  readonly pace: Pace;
  readonly log: ConnectorContext['log'];
  readonly licences: Pick<UserLicences, 'give'>;
  /** References that one request may change, at most. */
  readonly mostLinks: number;
  /** Of all writes of a run, which come in several parts: the service keeps the last numbers that it is told. */
  readonly exported: { total: number; successes: number };
}

type MembersWrite = Extract<TargetWrite, { action: 'members' }>;

const MOST_TRIES = 6;

/**
 * The write of the contract, one request after the other as Microsoft's own client does it. A request that is lost is sent again by the client: setting what
 * is set already changes nothing, and a creation finds the object that it made by its source anchor. At the end the service is told how many went well.
 */
export async function* writeObjects(
  parts: WriteParts,
  chunks: AsyncIterable<readonly TargetWrite[]>,
): AsyncGenerator<readonly WriteResult[]> {
  const { exported } = parts;
  const before = exported.total;
  for await (const chunk of chunks) {
    const licences = chunk.filter(({ action }) => action === 'license');
    if (licences.length > 0) yield* parts.licences.give(licences);
    if (licences.length === chunk.length) continue;
    const results = await writeChunk(
      parts,
      chunk.filter(({ action }) => action !== 'license'),
    );
    exported.total += results.length;
    exported.successes += results.filter(({ outcome }) => outcome === 'done').length;
    yield results;
  }
  if (exported.total > before) await finalizeExport(parts);
}

/** What it is good for is the tenant's own report; without it nothing is lost. That another server writes is no such matter. */
async function finalizeExport({ client, log, exported: { total, successes } }: WriteParts): Promise<void> {
  const content = [element('totalExported', String(total)), element('successfulExportCount', String(successes))];
  try {
    await client.call({ action: 'FinalizeExport', content, isChange: true });
  } catch (thrown) {
    if (!(thrown instanceof DirbridgeError) || thrown.code === 'server-replaced') throw thrown;
    log.warn({}, `the tenant was not told that the export has ended: ${messageOf(thrown)}`);
  }
}

async function writeChunk(parts: WriteParts, chunk: readonly TargetWrite[]): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = [];
  for (const request of splitRequests(chunk, parts.mostLinks)) {
    const answers = await sendUntilTold(parts, request);
    for (const write of request) results.push(await judge(parts, write, answers.get(write)));
  }
  return results;
}

/** No object twice in one request, so that each result has its write; and no more references than the service takes. */
function splitRequests(chunk: readonly TargetWrite[], mostLinks: number): readonly (readonly TargetWrite[])[] {
  const requests: { readonly writes: TargetWrite[]; readonly names: Set<string>; links: number }[] = [];
  for (const write of chunk) {
    const name = nameOf(write);
    const links = linksOf(write);
    let request = requests.find((one) => !one.names.has(name) && one.links + links <= mostLinks);
    if (request === undefined) {
      request = { writes: [], names: new Set(), links: 0 };
      requests.push(request);
    }
    request.writes.push(write);
    request.names.add(name);
    request.links += links;
  }
  return requests.map(({ writes }) => writes);
}

/** Results by their writes; those that the service was too busy for are asked for again. */
async function sendUntilTold(
  { client, pace }: WriteParts,
  writes: readonly TargetWrite[],
): Promise<ReadonlyMap<TargetWrite, SyncResult>> {
  const told = new Map<TargetWrite, SyncResult>();
  let open = writes;
  for (let attempt = 1; open.length > 0 && attempt <= MOST_TRIES; attempt++) {
    if (attempt > 1) await pace.delay(backOff(attempt - 1, null, pace));
    const content = buildSyncRequest(open.map(toSyncObject));
    const answer = await client.call({ action: 'ProvisionAzureADSyncObjects2', content, isChange: true });
    for (const [write, result] of pairResults(open, readSyncResults(answer))) told.set(write, result);
    open = open.filter((write) => isTransientCode(told.get(write)?.errorCode ?? null));
  }
  return told;
}

/** By the anchors that a result names, else by its place. */
function pairResults(
  writes: readonly TargetWrite[],
  results: readonly SyncResult[],
): readonly (readonly [TargetWrite, SyncResult])[] {
  const byName = new Map<string, SyncResult>();
  for (const result of results) {
    // Where it says two things of one object, a refusal counts: to send again is harmless.
    for (const name of [result.sourceAnchor, result.cloudAnchor])
      if (name !== null && byName.get(name)?.isSuccess !== false) byName.set(name, result);
  }
  return writes.flatMap((write, at) => {
    const atPlace = results.length === writes.length ? results[at] : undefined;
    const isNameless = atPlace?.sourceAnchor === null && atPlace.cloudAnchor === null;
    const result = byName.get(nameOf(write)) ?? (isNameless ? atPlace : undefined);
    return result === undefined ? [] : [[write, result] as const];
  });
}

async function judge(parts: WriteParts, write: TargetWrite, result: SyncResult | undefined): Promise<WriteResult> {
  const { id } = write;
  if (result === undefined) return { id, outcome: 'failed', failure: NO_RESULT };
  if (result.isSuccess) return succeed(write, result);
  if (write.action !== 'create' && isGone(result))
    return { id, outcome: 'gone', failure: describeFailure(write, result) };
  if (write.action === 'members' && linksOf(write) > 0 && IS_OF_REFERENCE.has(result.errorCode ?? ''))
    return divide(parts, write, result);
  if (isDeletion(write) && IS_OF_CLOUD.has(result.errorCode ?? '')) return deleteTakenOver(parts, write);
  return { id, outcome: 'failed', failure: describeFailure(write, result) };
}

const IS_OF_REFERENCE: ReadonlySet<string> = new Set(['ReferenceUpdateFailed']);
const IS_OF_CLOUD: ReadonlySet<string> = new Set(['DeletionAccessViolation', '114']);

/** What we manage became the tenant's own while nobody looked (an administrator restored it, synchronization was off): it is ours again first. */
async function deleteTakenOver(parts: WriteParts, write: DeletionWrite): Promise<WriteResult> {
  let result: SyncResult | undefined;
  for (const step of [takeoverOf(write), write]) {
    result = (await sendUntilTold(parts, [step])).get(step);
    if (result?.isSuccess !== true) break;
  }
  if (result?.isSuccess) return succeed(write, result);
  const failure = result === undefined ? NO_RESULT : describeFailure(write, result);
  return { id: write.id, outcome: result !== undefined && isGone(result) ? 'gone' : 'failed', failure };
}

const NO_RESULT: WriteFailure = { code: 'no-result', message: 'The service gave no result for this object.' };

function succeed(write: TargetWrite, { cloudAnchor }: SyncResult): WriteResult {
  const targetId = readCloudAnchor(cloudAnchor ?? '')?.id ?? ('targetId' in write ? write.targetId : null);
  if (targetId === null) return { id: write.id, outcome: 'failed', failure: NO_RESULT };
  return { id: write.id, outcome: 'done', targetId };
}

/** One reference that cannot be made spoils all of its write. Halves are sent until those are left alone; the others are done then. */
async function divide(parts: WriteParts, write: MembersWrite, result: SyncResult): Promise<WriteResult> {
  const edits = editsOf(write);
  if (edits.length === 1) {
    const failure = describeFailure(write, result);
    const to = edits[0]?.add[0] ?? edits[0]?.remove[0] ?? '';
    return { id: write.id, outcome: 'done', targetId: write.targetId, failedReferences: [{ to, failure }] };
  }
  const middle = Math.ceil(edits.length / 2);
  const failed: { readonly to: string; readonly failure: WriteFailure }[] = [];
  for (const part of [edits.slice(0, middle), edits.slice(middle)]) {
    const half = withEdits(write, part);
    const answers = await sendUntilTold(parts, [half]);
    const outcome = await judge(parts, half, answers.get(half));
    if (outcome.outcome !== 'done') return outcome;
    failed.push(...(outcome.failedReferences ?? []));
  }
  return { id: write.id, outcome: 'done', targetId: write.targetId, failedReferences: failed };
}
