import { guidToText } from '../../../model/anchor.ts';
import { readBytes, readText } from '../ldap/ldap-entry.ts';
import type { Session } from '../session/sessions.ts';
import type { Watermark } from './watermark.ts';

/**
 * Why the server's changes do not continue what the watermark has seen; null when they do. Databases are told apart by their invocation id:
 * one that was put back from a backup has lost changes that we have seen, and would never tell that they are gone.
 */
export async function findRestoredServer(watermark: Watermark, session: Session, now: Date): Promise<string | null> {
  const { facts } = session;
  const tooOld = await findTooOld(watermark, session, facts.currentTime ?? now);
  if (tooOld !== null) return tooOld;
  if (watermark.invocationId === null) return null;
  if (watermark.invocationId === facts.invocationId) return findSmallerUsn(watermark, session);
  if (facts.retiredInvocationIds.includes(watermark.invocationId))
    return 'the server was put back from a backup since the last import (its invocation id changed)';
  if (watermark.method === 'usn')
    return 'another server answers than the last time (its invocation id is another), and its uSNChanged means something else';
  const known = await readReplicationPartners(session);
  if (known.has(watermark.invocationId)) return null;
  return 'the server does not know the one that the last import read (invocation id unknown)';
}

/**
 * A database that was copied back, or a virtual machine set back to a snapshot, keeps its invocation id and counts on from where it was: what it gives
 * the numbers that we have seen to is something else, and we would pass it over.
 */
function findSmallerUsn(watermark: Watermark, { facts }: Session): string | null {
  const seen = watermark.seenUsn ?? watermark.usn;
  if (seen === null || facts.highestUsn === null || facts.highestUsn >= BigInt(seen)) return null;
  return `the server was put back to an earlier state since the last import (its highest USN is ${facts.highestUsn}, it was ${seen})`;
}

const DAY_MS = 86_400_000;
/** [MS-ADTS] 7.1.1.2.4.1.1: what holds when the forest does not say. */
const DEFAULT_TOMBSTONE_DAYS = 60;

/** Deleted objects are forgotten after their tombstone lifetime: whoever asks later does not learn of them. */
async function findTooOld(watermark: Watermark, session: Session, now: Date): Promise<string | null> {
  const age = (now.getTime() - Date.parse(watermark.takenAt)) / DAY_MS;
  if (age < DEFAULT_TOMBSTONE_DAYS) return null;
  const days = await readTombstoneDays(session);
  if (age < days) return null;
  return `the last import is ${Math.floor(age)} days old, and the directory forgets deleted objects after ${days} days`;
}

async function readTombstoneDays(session: Session): Promise<number> {
  const { configuration } = session.facts;
  if (configuration === null) return DEFAULT_TOMBSTONE_DAYS;
  const entry = await session.connection.readEntry({
    base: `CN=Directory Service,CN=Windows NT,CN=Services,${configuration}`,
    attributes: ['tombstoneLifetime'],
  });
  const days = Number(entry ? readText(entry, 'tombstoneLifetime') : undefined);
  return Number.isInteger(days) && days > 0 ? days : DEFAULT_TOMBSTONE_DAYS;
}

/** Whose changes this server has taken over: the cursors of its up-to-dateness vector. */
async function readReplicationPartners(session: Session): Promise<ReadonlySet<string>> {
  const base = session.facts.namingContext;
  const root = await session.connection.readEntry({ base, attributes: ['replUpToDateVector'] });
  const bytes = root ? readBytes(root, 'replUpToDateVector') : undefined;
  return new Set(bytes ? readCursors(bytes) : []);
}

/** replUpToDateVectorBlob ([MS-ADTS] 3.1.1.1.11 with [MS-DRSR] 4.1.24): version, count; a cursor is id and USN, from version 2 on also a time. Exported for tests. */
export function readCursors(bytes: Buffer): readonly string[] {
  if (bytes.length < 16) return [];
  const version = bytes.readUInt32LE(0);
  const count = bytes.readUInt32LE(8);
  const size = version >= 2 ? 32 : 24;
  const ids: string[] = [];
  for (let index = 0, at = 16; index < count && at + 16 <= bytes.length; index++, at += size)
    ids.push(guidToText(bytes.subarray(at, at + 16)));
  return ids;
}
