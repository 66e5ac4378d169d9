import { messageOf } from '../../../errors.ts';
import type { ConnectorContext, ReadEvent } from '../../connector.ts';
import { readParameters } from '../session/directory-facts.ts';
import { Attempts, type Session, type Sessions } from '../session/sessions.ts';
import { type ChangePoint, checkDeletions, findObstacle, METHOD_NAMES, openChangePoint } from './change-point.ts';
import { isPointRefused, streamChanges } from './change-stream.ts';
import { DeltaPages } from './delta-pages.ts';
import { FullRead } from './full-read.ts';
import { readPlainDirectory } from './plain-read.ts';
import type { ReadContext } from './read-context.ts';
import { findRestoredServer } from './server-history.ts';
import { formatWatermark, normalizeNames, parseWatermark, type Watermark } from './watermark.ts';

/** One read from `begin` to `end`, as the request wants it and the server allows it. */
export async function* readDirectory(
  describe: (session: Session) => Promise<ReadContext>,
  sessions: Sessions,
  log: ConnectorContext['log'],
): AsyncGenerator<ReadEvent, void, void> {
  const { context, parameters, session } = await prepare(describe, sessions, log);
  if (session.facts.kind === 'ldap') {
    yield* readPlainDirectory(context, parameters);
    return;
  }
  const wanted = context.request.watermark;
  const obstacle = wanted === null ? null : yield* readDelta(context, session, parameters, wanted);
  if (wanted !== null && obstacle === null) return;
  yield* readFull(context, parameters, obstacle);
}

async function prepare(
  describe: (session: Session) => Promise<ReadContext>,
  sessions: Sessions,
  log: ConnectorContext['log'],
) {
  const attempts = new Attempts();
  for (;;) {
    const session = await sessions.current();
    try {
      const context = await describe(session);
      return { context, session, parameters: await readParameters(session.connection, session.facts) };
    } catch (error) {
      await attempts.fail(error, log);
    }
  }
}

/** Objects first, then what changed since before they were read: nothing that happens meanwhile is missed. */
async function* readFull(
  context: ReadContext,
  parameters: Readonly<Record<string, string>>,
  obstacle: string | null,
): AsyncGenerator<ReadEvent, void, void> {
  const point = await openChangePoint(await context.sessions.current(), context.delta);
  const reason = joinReasons(obstacle, point.reason);
  const method = point.method === 'none' ? 'paged search' : `paged search, then ${METHOD_NAMES[point.method]}`;
  yield { kind: 'begin', mode: 'full', method, reason, parameters };
  let reached = yield* new FullRead(context, point, 'objects').pages();
  if (reached.method !== 'none') {
    const stream = streamChanges(context, reached);
    reached = yield* new DeltaPages(context).pages(stream, await stream.next(), reached.method);
  }
  yield { kind: 'end', watermark: await describePoint(context, reached) };
}

/** Reads the changes since the watermark; returns why it could not be done, before anything was delivered, and null when it was done. */
async function* readDelta(
  context: ReadContext,
  session: Session,
  parameters: Readonly<Record<string, string>>,
  text: string,
): AsyncGenerator<ReadEvent, string | null, void> {
  const watermark = parseWatermark(text);
  if (watermark === null) return 'the watermark of the last import is of another version';
  const names = [...context.request.attributes, ...context.request.references];
  const obstacle =
    findObstacle(watermark, session, names, context.delta) ??
    (await findRestoredServer(watermark, session, context.now()));
  if (obstacle !== null) return obstacle;
  const point = toPoint(watermark);
  const deletions = await checkDeletions(session, point.method);
  const stream = streamChanges(context, point);
  let first: Awaited<ReturnType<typeof stream.next>>;
  try {
    first = await stream.next();
  } catch (error) {
    if (!isPointRefused(error)) throw error;
    return `the server refused to go on from the last import: ${messageOf(error)}`;
  }
  yield {
    kind: 'begin',
    mode: deletions.areTold ? 'delta' : 'full',
    method: METHOD_NAMES[point.method],
    reason: joinReasons(point.reason, deletions.reason),
    parameters,
  };
  if (!deletions.areTold) yield* new FullRead(context, point, 'presence').pages();
  const reached = yield* new DeltaPages(context).pages(stream, first, point.method);
  yield { kind: 'end', watermark: await describePoint(context, reached) };
  return null;
}

function joinReasons(...reasons: readonly (string | null)[]): string | null {
  const given = reasons.filter((reason) => reason !== null);
  return given.length === 0 ? null : given.join('; ');
}

function toPoint(watermark: Watermark): ChangePoint {
  return {
    method: watermark.method,
    invocationId: watermark.invocationId,
    cookie: watermark.cookie === null ? null : Buffer.from(watermark.cookie, 'base64'),
    usn: watermark.usn === null ? null : BigInt(watermark.usn),
    reason: watermark.reason,
  };
}

async function describePoint(context: ReadContext, point: ChangePoint): Promise<string> {
  const { facts } = await context.sessions.current();
  // Of another server it would tell nothing about the one that the point belongs to.
  const seenUsn = facts.invocationId === point.invocationId ? facts.highestUsn : null;
  return formatWatermark({
    version: 1,
    method: point.method,
    namingContext: facts.namingContext,
    invocationId: point.invocationId,
    cookie: point.cookie?.toString('base64') ?? null,
    usn: point.usn?.toString() ?? null,
    reason: point.reason,
    seenUsn: seenUsn?.toString() ?? null,
    attributes: normalizeNames([...context.request.attributes, ...context.request.references]),
    // By the clock of the directory, whose tombstones age by it: ours may be wrong.
    takenAt: (facts.currentTime ?? context.now()).toISOString(),
  });
}
