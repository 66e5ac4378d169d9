import { DirbridgeError } from '../../../errors.ts';
import type { BerCursor } from '../ldap/ber-cursor.ts';
import { showDeletedControl } from '../ldap/ldap-controls.ts';
import { decodeEntry, readText } from '../ldap/ldap-entry.ts';
import { isTransient } from '../ldap/ldap-failure.ts';
import { columnNames } from '../objects/attribute-columns.ts';
import { type DirectoryObject, IDENTITY_ATTRIBUTES, ObjectDecoder } from '../objects/directory-object.ts';
import { Attempts, type Session } from '../session/sessions.ts';
import { type ChangePoint, dirSyncFlags } from './change-point.ts';
import { requestDirSync } from './dirsync-request.ts';
import { searchPages } from './paged-search.ts';
import { objectControls, type ReadContext } from './read-context.ts';

/** Objects as a change tells them: DirSync what changed of them, uSNChanged all of them. */
export type ChangeStream = AsyncGenerator<readonly DirectoryObject[], ChangePoint, void>;

/** Everything that changed since the point, and returns the point to go on from. A broken connection is taken up again. */
export function streamChanges(context: ReadContext, point: ChangePoint): ChangeStream {
  return point.method === 'usn' ? streamByUsn(context, point) : streamByDirSync(context, point);
}

/** `name` makes the server tell the parent, whenCreated tells new objects from changed ones, isDeleted the deleted and restored ones. */
export const CHANGE_ATTRIBUTES: readonly string[] = [
  'name',
  'objectClass',
  'objectGUID',
  'whenCreated',
  'isDeleted',
  'showInAdvancedViewOnly',
];

async function* streamByDirSync(context: ReadContext, start: ChangePoint): ChangeStream {
  const decoder = new ObjectDecoder(context.columns, 'changes');
  const attributes = [...new Set([...columnNames(context.columns), ...CHANGE_ATTRIBUTES])];
  const attempts = new Attempts();
  let point = start;
  for (;;) {
    try {
      const session = await context.sessions.current();
      const cookie = point.cookie ?? Buffer.alloc(0);
      // Deleted objects have lost most attributes, so the filter must take every object.
      const request = { filter: '(objectClass=*)', attributes, cookie, flags: dirSyncFlags(point.method) };
      const answer = requestDirSync(session, request);
      let next = await answer.next();
      for (; !next.done; next = await answer.next()) yield next.value.map((entry) => decoder.decode(entry));
      point = { ...point, cookie: next.value.cookie, invocationId: session.facts.invocationId };
      if (!next.value.hasMore) return point;
      attempts.succeed();
    } catch (error) {
      // The cookie of the last whole answer is good on every server of the domain; what came since is told again.
      await attempts.fail(error, context.log);
    }
  }
}

async function* streamByUsn(context: ReadContext, point: ChangePoint): ChangeStream {
  const attempts = new Attempts();
  for (;;) {
    try {
      const session = await openSameServer(context, point);
      // Taken before anything is read: what changes meanwhile is told twice rather than never.
      const until = (await readHighestUsn(session)) ?? point.usn ?? 0n;
      yield* searchByUsn(context, session, point.usn ?? 0n);
      return { ...point, usn: until };
    } catch (error) {
      await attempts.fail(error, context.log);
    }
  }
}

async function openSameServer(context: ReadContext, point: ChangePoint): Promise<Session> {
  const session = await context.sessions.current();
  if (session.facts.invocationId === point.invocationId) return session;
  throw new DirbridgeError(
    'directory-interrupted',
    `${session.connection.server.url}: another server than the one whose changes were being read; its uSNChanged means something else`,
  );
}

async function readHighestUsn(session: Session): Promise<bigint | null> {
  const root = await session.connection.readEntry({ base: '', attributes: ['highestCommittedUSN'] });
  const usn = root ? readText(root, 'highestCommittedUSN') : undefined;
  return usn === undefined ? null : BigInt(usn);
}

async function* searchByUsn(
  context: ReadContext,
  session: Session,
  after: bigint,
): AsyncGenerator<readonly DirectoryObject[], void, void> {
  const decoder = new ObjectDecoder(context.columns, 'positions');
  const decode = (cursor: BerCursor): DirectoryObject => {
    const entry = decodeEntry(cursor);
    const created = readText(entry, 'uSNCreated');
    return { ...decoder.decode(entry), isNew: created !== undefined && BigInt(created) > after };
  };
  const search = {
    base: session.facts.namingContext,
    scope: 'sub',
    filter: `(uSNChanged>=${after + 1n})`,
    attributes: [
      ...columnNames(context.columns),
      ...IDENTITY_ATTRIBUTES,
      'isDeleted',
      'uSNCreated',
      'showInAdvancedViewOnly',
    ],
    controls: [showDeletedControl(), ...objectControls(session.facts)],
  } as const;
  yield* searchPages(session.connection, search, context.pageSize, decode);
}

/** Whether a first answer that failed means that the point itself is refused, not that the server is away. */
export function isPointRefused(thrown: unknown): boolean {
  return !isTransient(thrown) && !(thrown instanceof DirbridgeError);
}
