import { DirbridgeError } from '../../errors.ts';
import type { CheckLine } from '../connector.ts';
import type { DELTA_METHODS } from './config.ts';
import { readText, readTexts } from './ldap/ldap-entry.ts';
import { ConnectionLost } from './ldap/ldap-failure.ts';
import type { ServerAddress } from './ldap/server-address.ts';
import { isSameSpelling } from './objects/extended-dn.ts';
import { checkDeletions, METHOD_NAMES, openChangePoint } from './reading/change-point.ts';
import { asDirectoryError } from './session/directory-failure.ts';
import type { Session, Sessions } from './session/sessions.ts';

const DAY_MS = 86_400_000;
const CERTIFICATE_WARNING_DAYS = 30;
const CLOCK_WARNING_MS = 5 * 60_000;

const LEVELS = ['2000', '2003 interim', '2003', '2008', '2008 R2', '2012', '2012 R2', '2016', '', '', '2025'];

/** Looks at every server, then at the domain and the rights of the account through the first that answers. */
export async function* checkDirectory(
  source: string,
  sessions: Sessions,
  demanded: (typeof DELTA_METHODS)[number],
  now: () => Date,
): AsyncGenerator<CheckLine, void, void> {
  let usable: Session | null = null;
  const away: CheckLine[] = [];
  try {
    for (const server of sessions.settings.servers) {
      const { session, lines, isLast, isAway } = await lookAt(server, source, sessions, now());
      if (isAway) away.push(...lines);
      else yield* lines;
      if (session || usable) yield* away.splice(0).map(asWarning);
      if (usable && session) yield* compareDomains(usable, session);
      if (usable) session?.connection.close();
      else usable = session;
      if (isLast) break;
    }
    yield* away;
    if (usable) yield* checkDomain(source, usable, demanded);
  } catch (error) {
    const failure = asDirectoryError(error, source, 'looking at the domain');
    yield {
      what: `source ${source}`,
      state: 'error',
      detail: failure.message,
      remedy: failure.remedy,
      code: failure.code,
    };
  } finally {
    usable?.connection.close();
  }
}

/** What several servers are named for: one that is away stops nothing as long as another one answers. */
function asWarning(line: CheckLine): CheckLine {
  return { ...line, state: 'warning', detail: `${line.detail}; another server stands in for it` };
}

function* compareDomains(first: Session, other: Session): Generator<CheckLine> {
  if (isSameSpelling(first.facts.namingContext, other.facts.namingContext)) return;
  const what = other.connection.server.url;
  const detail = `it holds ${other.facts.namingContext}, the server before it ${first.facts.namingContext}`;
  yield { what, state: 'error', detail, remedy: 'Name only servers of one domain in servers.' };
}

async function lookAt(server: ServerAddress, source: string, sessions: Sessions, now: Date) {
  try {
    const session = await sessions.open(server);
    const lines = [...checkServer(session, server, sessions.settings.user, now)];
    return { session, lines, isLast: false, isAway: false };
  } catch (error) {
    const failure = describeAway(error) ?? asDirectoryError(error, source, 'connecting');
    const line: CheckLine = {
      what: server.url,
      state: 'error',
      detail: failure.message,
      remedy: failure.remedy,
      code: failure.code,
    };
    // The same account is refused everywhere; more attempts could lock it.
    const isLast = failure.code === 'directory-credentials';
    return { session: null, lines: [line], isLast, isAway: failure.code === 'directory-unreachable' };
  }
}

/** Nothing was being read, so that a broken connection means no more than a server that does not answer. */
function describeAway(thrown: unknown): DirbridgeError | null {
  if (!(thrown instanceof ConnectionLost)) return null;
  return new DirbridgeError('directory-unreachable', thrown.message, {
    cause: thrown,
    remedy: 'Check that this server is up and that the network lets us through.',
  });
}

function* checkServer(session: Session, server: ServerAddress, user: string, now: Date): Generator<CheckLine> {
  const { certificate } = session.connection;
  const { facts } = session;
  const what = server.url;
  yield { what, state: 'ok', detail: `${facts.hostName ?? server.host} answers; signed in as ${user}` };
  if (certificate) {
    const days = Math.floor((certificate.validTo.getTime() - now.getTime()) / DAY_MS);
    const detail = `certificate issued by ${certificate.issuer}, valid for ${days} more days, SHA-256 ${certificate.fingerprint}`;
    if (days > CERTIFICATE_WARNING_DAYS) yield { what, state: 'ok', detail };
    else yield { what, state: 'warning', detail, remedy: 'Renew the certificate of the server before it expires.' };
  }
  const skew = facts.currentTime === null ? 0 : Math.abs(facts.currentTime.getTime() - now.getTime());
  if (skew > CLOCK_WARNING_MS) {
    const detail = `the clock of the server and ours are ${Math.round(skew / 60_000)} minutes apart`;
    yield { what, state: 'warning', detail, remedy: 'Set both clocks by a time server.' };
  }
}

async function* checkDomain(
  source: string,
  session: Session,
  demanded: (typeof DELTA_METHODS)[number],
): AsyncGenerator<CheckLine, void, void> {
  const what = `source ${source}`;
  const { facts } = session;
  if (facts.namingContext === '') {
    const detail = 'the server names no domain';
    yield {
      what,
      state: 'error',
      detail,
      remedy: 'Name a domain controller, not a global catalog or a proxy, in servers.',
    };
    return;
  }
  if (facts.kind === 'ldap') {
    const detail = `${facts.namingContext} on a server that is no Active Directory: each import reads everything`;
    yield { what, state: 'warning', detail, remedy: 'Name domain controllers in servers, if there are any.' };
    return;
  }
  const level = facts.domainLevel === null ? 'unknown' : (LEVELS[facts.domainLevel] ?? String(facts.domainLevel));
  yield { what, state: 'ok', detail: `domain ${facts.namingContext}, functional level ${level}` };
  yield await checkChanges(what, session, demanded);
  yield await checkRecycleBin(what, session);
}

const REPLICATE =
  'Give the account the right "Replicating Directory Changes" on the domain; "dirbridge account create" makes the commands for it, also for an account that is there.';
const READ_DELETED =
  'Give the account list and read rights on the container of deleted objects; "dirbridge account create" makes the commands for it, also for an account that is there.';

/** How changes and deletions are read with the rights of the account that is signed in. */
export async function checkChanges(
  what: string,
  session: Session,
  demanded: (typeof DELTA_METHODS)[number],
): Promise<CheckLine> {
  try {
    const point = await openChangePoint(session, demanded);
    const deletions = await checkDeletions(session, point.method);
    const reasons = [point.reason, deletions.reason].filter((reason) => reason !== null);
    const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
    const detail = `changes are read by ${METHOD_NAMES[point.method]}${because}`;
    const isAsDemanded = point.method === 'dirsync' || demanded === 'usn';
    if (isAsDemanded && deletions.areTold) return { what, state: 'ok', detail };
    return { what, state: 'warning', detail, remedy: isAsDemanded ? READ_DELETED : REPLICATE };
  } catch (error) {
    if (error instanceof DirbridgeError) return { what, state: 'error', detail: error.message, remedy: error.remedy };
    throw error;
  }
}

async function checkRecycleBin(what: string, session: Session): Promise<CheckLine> {
  const { configuration } = session.facts;
  const features = await session.connection.searchAll({
    base: `CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services,${configuration ?? ''}`,
    scope: 'one',
    filter: '(objectClass=msDS-OptionalFeature)',
    attributes: ['cn', 'msDS-EnabledFeatureBL'],
  });
  const bin = features.find((entry) => readText(entry, 'cn') === 'Recycle Bin Feature');
  if (bin && readTexts(bin, 'msDS-EnabledFeatureBL').length > 0)
    return { what, state: 'ok', detail: 'the recycle bin is enabled' };
  const detail = 'the recycle bin is not enabled: an object that is restored comes back without most of its attributes';
  const remedy = 'Enable-ADOptionalFeature "Recycle Bin Feature" -Scope ForestOrConfigurationSet -Target FOREST';
  return { what, state: 'warning', detail, remedy };
}
