import { DirbridgeError } from '../../../errors.ts';
import type { CheckLine } from '../../connector.ts';
import { ConnectionLost, LdapRefusal } from '../ldap/ldap-failure.ts';
import { ticksOfTime } from '../objects/directory-time.ts';
import { readStates } from './directory-state.ts';
import { FROM_THE_START } from './drsuapi/replication-state.ts';
import { explainRefusal, secretsHidden } from './missing-rights.ts';
import { type Proof, proveByOwnPassword } from './own-password.ts';
import type { OpenReplica, Replicas } from './replicas.ts';
import { asReplicationError } from './replication-failure.ts';
import type { ReplicaServer } from './replication-settings.ts';

const TICKS_PER_MINUTE = 600_000_000n;
const CLOCK_WARNING_MINUTES = 5n;

/**
 * Signs in to every domain controller, and reads from each the one password that is no secret to us, that of the account itself, and over LDAP what goes with it.
 */
export async function* checkReplication(replicas: Replicas, now: () => Date): AsyncGenerator<CheckLine, void, void> {
  const away: CheckLine[] = [];
  let hasUsable = false;
  for (const server of replicas.settings.servers) {
    const { lines, code } = await lookAt(server, replicas, now());
    const isUsable = lines.every(({ state }) => state !== 'error');
    hasUsable ||= isUsable;
    if (isUsable || isDecisive(code)) yield* lines;
    else away.push(...lines);
    // The same account is refused everywhere; more attempts could lock it.
    if (code === 'directory-credentials') break;
  }
  yield* hasUsable ? away.map(asWarning) : away;
}

function isDecisive(code: string | null): boolean {
  return code === 'directory-credentials' || code === 'password-rights';
}

function asWarning(line: CheckLine): CheckLine {
  return { ...line, state: 'warning', detail: `${line.detail}; another server stands in for it` };
}

async function lookAt(server: ReplicaServer, replicas: Replicas, now: Date) {
  const what = `passwords from ${server.label}`;
  const { source, hasOwnAccount } = replicas.settings;
  let open: OpenReplica | null = null;
  try {
    open = await replicas.open(server);
    const clock = compareClocks(what, open, now);
    const proof = await prove(open, replicas);
    await tryDirectory(open);
    return { lines: [...clock, describeProof(what, proof, open)], code: null };
  } catch (thrown) {
    const explained = open
      ? await explainRefusal(thrown, open.replica, { account: open.account.text, hasOwnAccount }).catch(() => thrown)
      : thrown;
    const { message, remedy, code } = asReplicationError(explained, source, 'trying to read a password');
    const line: CheckLine = { what, state: 'error', detail: message, remedy, code };
    return { lines: [line], code };
  } finally {
    await open?.replica.close();
  }
}

async function prove({ replica, account }: OpenReplica, replicas: Replicas): Promise<Proof> {
  const proof = await proveByOwnPassword(replica, account.text, replicas.settings.readPassword());
  if (proof === 'hidden') throw secretsHidden(replica, account.text);
  // Of an account of another domain the right alone can be tried.
  if (proof === 'elsewhere') await replica.readChanges(FROM_THE_START, 1);
  return proof;
}

/** A password that changed comes without the state of its account, which is then asked for over LDAP: where that is away, only reads of everybody would do. */
async function tryDirectory({ replica, server, account }: OpenReplica): Promise<void> {
  const anchor = (await replica.findAccount(account.text)) ?? replica.domain.guid;
  try {
    const directory = await server.openDirectory();
    await readStates(directory, [anchor]).finally(() => directory.connection.close());
  } catch (error) {
    throw error instanceof ConnectionLost || error instanceof LdapRefusal ? withoutDirectory(server, error) : error;
  }
}

function withoutDirectory({ label }: ReplicaServer, thrown: ConnectionLost | LdapRefusal): DirbridgeError {
  const message = `${label} gives passwords, but cannot be asked over LDAP for the state of an account whose password changed: ${thrown.message}`;
  return new DirbridgeError(thrown instanceof LdapRefusal ? 'directory-refused' : 'directory-unreachable', message, {
    cause: thrown,
    remedy:
      'See that the domain controller answers LDAP at the address that servers of the source names, and that the firewalls between let it through.',
  });
}

function describeProof(what: string, proof: Proof, { replica, account }: OpenReplica): CheckLine {
  const { dn } = replica.domain;
  if (proof === 'proved')
    return { what, state: 'ok', detail: `${account.text} may read passwords of ${dn}: its own was read and is right` };
  if (proof === 'elsewhere')
    return { what, state: 'ok', detail: `${account.text}, an account of another domain, may read passwords of ${dn}` };
  return {
    what,
    state: 'warning',
    detail: `${account.text} may read passwords of ${dn}, but its own is another one than we sign in with`,
    remedy: 'If it was changed a short time ago, write the new one into the file or variable that the source names.',
  };
}

function* compareClocks(what: string, { replica }: OpenReplica, now: Date): Generator<CheckLine> {
  const { time } = replica.session.facts;
  if (time === null) return;
  const apart = time - ticksOfTime(now);
  const minutes = (apart < 0n ? -apart : apart) / TICKS_PER_MINUTE;
  if (minutes < CLOCK_WARNING_MINUTES) return;
  const detail = `the clock of the domain controller and ours are ${minutes} minutes apart`;
  yield { what, state: 'warning', detail, remedy: 'Set both clocks by a time server.' };
}
