import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { DELTA_METHODS } from '../config.ts';
import { CONTROL, DIR_SYNC_FLAGS } from '../ldap/ldap-controls.ts';
import { LdapRefusal, RESULT } from '../ldap/ldap-failure.ts';
import { canReadDeletedObjects } from '../session/directory-facts.ts';
import type { Session } from '../session/sessions.ts';
import { requestDirSync } from './dirsync-request.ts';
import { type ChangeMethod, normalizeNames, type Watermark } from './watermark.ts';

/** From where on changes are to be told, and how. */
export interface ChangePoint {
  readonly method: ChangeMethod;
  /** Of the server it was taken from. */
  readonly invocationId: string | null;
  readonly cookie: Buffer | null;
  readonly usn: bigint | null;
  /** Why the best method is not used; null when it is. */
  readonly reason: string | null;
}

/** Matches nothing: DirSync answers with a cookie of now at once. */
const NOTHING = '(!(objectClass=*))';

export const METHOD_NAMES: Readonly<Record<ChangeMethod, string>> = {
  dirsync: 'DirSync',
  'dirsync-object-security': 'DirSync (object security)',
  usn: 'uSNChanged',
  none: 'paged search',
};

export function dirSyncFlags(method: ChangeMethod): number {
  const { incrementalValues, objectSecurity } = DIR_SYNC_FLAGS;
  return method === 'dirsync-object-security' ? incrementalValues + objectSecurity : incrementalValues;
}

/**
 * Notes where the directory is now, by the best method that the server gives us. Throws `directory-refused` when the configuration
 * demands DirSync and the server refuses it.
 */
export async function openChangePoint(
  session: Session,
  demanded: (typeof DELTA_METHODS)[number],
): Promise<ChangePoint> {
  const reasons: string[] = [];
  if (demanded !== 'usn') {
    const point = await openDirSync(session, reasons);
    if (point) return point;
  } else reasons.push('the configuration demands uSNChanged');
  const reason = reasons.join('; ');
  if (demanded === 'dirsync')
    throw new DirbridgeError('directory-refused', `${session.connection.server.url}: no DirSync: ${reason}`, {
      remedy:
        'Give the account the right "Replicating Directory Changes" on the domain ("dirbridge account create" makes the commands for it), or set delta: auto.',
    });
  const { invocationId, highestUsn } = session.facts;
  if (invocationId !== null && highestUsn !== null)
    return { method: 'usn', invocationId, cookie: null, usn: highestUsn, reason };
  return {
    method: 'none',
    invocationId,
    cookie: null,
    usn: null,
    reason: `${reason}; the server tells no invocation id`,
  };
}

async function openDirSync(session: Session, reasons: string[]): Promise<ChangePoint | null> {
  if (!session.facts.controls.has(CONTROL.dirSync)) {
    reasons.push('the server does not offer DirSync');
    return null;
  }
  for (const method of ['dirsync', 'dirsync-object-security'] as const) {
    try {
      const cookie = await readEmptyAnswer(session, method);
      const reason = reasons.length === 0 ? null : reasons.join('; ');
      return { method, invocationId: session.facts.invocationId, cookie, usn: null, reason };
    } catch (error) {
      if (!(error instanceof LdapRefusal)) throw error;
      reasons.push(explainRefusal(error, method));
      if (error.resultCode !== RESULT.insufficientAccessRights) return null;
    }
  }
  return null;
}

async function readEmptyAnswer(session: Session, method: ChangeMethod): Promise<Buffer> {
  for (let cookie: Buffer = Buffer.alloc(0); ; ) {
    const attributes = ['objectGUID'];
    const answer = requestDirSync(session, { filter: NOTHING, attributes, cookie, flags: dirSyncFlags(method) });
    let next = await answer.next();
    while (!next.done) next = await answer.next();
    if (!next.value.hasMore) return next.value.cookie;
    cookie = next.value.cookie;
  }
}

function explainRefusal(error: LdapRefusal, method: ChangeMethod): string {
  if (error.resultCode === RESULT.insufficientAccessRights && method === 'dirsync')
    return 'the account lacks the right "Replicating Directory Changes" on the domain';
  return `${METHOD_NAMES[method]} was refused (${messageOf(error)})`;
}

export interface Deletions {
  /** Whether changes tell which objects were deleted. When not, a list of all objects has to. */
  readonly areTold: boolean;
  readonly reason: string | null;
}

/**
 * Windows tells deletions to whoever may replicate. Samba shows what it tells with the rights of the account (CVE-2023-4154), and the
 * other methods show what the account may see on Windows, too: then deletions need access to the container of deleted objects.
 */
export async function checkDeletions(session: Session, method: ChangeMethod): Promise<Deletions> {
  const isSamba = session.facts.vendor?.includes('Samba') ?? false;
  if (method === 'dirsync' && !isSamba) return { areTold: true, reason: null };
  if (await canReadDeletedObjects(session.connection, session.facts)) return { areTold: true, reason: null };
  const reason =
    'the account may not read the container of deleted objects, so deletions are found by listing all objects';
  return { areTold: false, reason };
}

/** Why a watermark cannot be used here; null when it can. */
export function findObstacle(
  watermark: Watermark,
  session: Session,
  names: readonly string[],
  demanded: (typeof DELTA_METHODS)[number],
): string | null {
  const { facts } = session;
  const asked = normalizeNames(names);
  if (watermark.method === 'none') return 'the server tells no changes';
  if (watermark.namingContext.toLowerCase() !== facts.namingContext.toLowerCase())
    return `the last import read ${watermark.namingContext}, this server holds ${facts.namingContext}`;
  const added = asked.filter((name) => !watermark.attributes.includes(name));
  if (added.length > 0) return `attributes are read that were not read before: ${added.join(', ')}`;
  if (demanded === 'usn' && watermark.method !== 'usn') return 'the configuration demands uSNChanged now';
  if (demanded === 'dirsync' && watermark.method === 'usn') return 'the configuration demands DirSync now';
  return null;
}
