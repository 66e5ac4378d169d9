import { DirbridgeError } from '../../../errors.ts';
import { NAME_FORM } from './drsuapi/crack-names.ts';
import { DRS_ERROR, DrsRefusal } from './drsuapi/drs-refusal.ts';
import { FROM_THE_START } from './drsuapi/replication-state.ts';
import { HARMLESS, type Replica } from './replica.ts';

/** The names of the rights ([MS-ADTS] 5.1.3.2.1), as people find them in tools and as samba-tool calls them. */
const RIGHTS = {
  changes: {
    name: 'DS-Replication-Get-Changes',
    shown: 'Replicating Directory Changes',
    car: 'get-changes',
  },
  all: {
    name: 'DS-Replication-Get-Changes-All',
    shown: 'Replicating Directory Changes All',
    car: 'get-changes-all',
  },
} as const;
type Right = (typeof RIGHTS)[keyof typeof RIGHTS];

/** Who asks for passwords. */
export interface Asker {
  readonly account: string;
  /** It is not the account of the source, but one for reading passwords alone. */
  readonly hasOwnAccount: boolean;
}

/** Which right a refusal of access means: asks once more for what the first of the two is enough for. Other refusals pass unchanged. */
export async function explainRefusal(thrown: unknown, replica: Replica, asker: Asker): Promise<unknown> {
  if (!(thrown instanceof DrsRefusal) || thrown.code !== DRS_ERROR.accessDenied) return thrown;
  const hasFirst = await mayReadHarmless(replica);
  const missing = hasFirst ? [RIGHTS.all] : [RIGHTS.changes, RIGHTS.all];
  const { account } = asker;
  const { dn } = replica.domain;
  const [first = RIGHTS.all] = missing;
  const also = hasFirst ? '' : `; it needs ${nameOf(RIGHTS.all)} too, which can be tried only with the first`;
  const message = `${replica.session.server.label}: ${account} lacks the right ${nameOf(first)} on ${dn}${also}`;
  const dnOfAccount = await findDn(replica, account);
  return new DirbridgeError('password-rights', message, {
    cause: thrown,
    remedy: `${wayOut(missing, replica, asker)} ${grantCommands(missing, replica, account, dnOfAccount)}`,
  });
}

/** By both names: tools show the one, access control lists and papers of Microsoft the other. */
function nameOf({ shown, name }: Right): string {
  return `"${shown}" (${name})`;
}

async function mayReadHarmless(replica: Replica): Promise<boolean> {
  try {
    await replica.readChanges(FROM_THE_START, 1, HARMLESS);
    return true;
  } catch (error) {
    if (error instanceof DrsRefusal && error.code === DRS_ERROR.accessDenied) return false;
    throw error;
  }
}

/** The command prepares the account of the source and no other. */
function wayOut(missing: readonly Right[], replica: Replica, { account, hasOwnAccount }: Asker): string {
  if (!hasOwnAccount)
    return '"dirbridge account create" gives what is missing, also to an account that is there (docs/guide/service-account.md). By hand:';
  const rights = missing.map(({ shown }) => `"${shown}"`).join(' and ');
  return `Give ${account}, which replication.user names, ${rights} on ${replica.domain.dn}.`;
}

function grantCommands(missing: readonly Right[], replica: Replica, account: string, accountDn: string): string {
  const { dn } = replica.domain;
  const windows = missing.map(({ shown }) => `"${account}:CA;${shown}"`).join(' ');
  const samba = missing.map(
    ({ car }) => `samba-tool dsacl set --action=allow --car=${car} --objectdn="${dn}" --trusteedn="${accountDn}"`,
  );
  return `On Windows: dsacls "${dn}" /G ${windows}. On Samba: ${samba.join(' && ')}`;
}

/**
 * An account that may replicate gets an answer, and in it no passwords: a server that reads with the rights of the caller hides them from him. Samba 4.17 does not
 * do so for an account with both rights; were it done and not seen, everybody would look like an account without a password.
 */
export function secretsHidden(replica: Replica, account: string): DirbridgeError {
  const { label } = replica.session.server;
  const name = /^(?:[^\\]+\\)?([^@]+)/.exec(account)?.[1] ?? account;
  return new DirbridgeError(
    'password-rights',
    `${label}: ${account} may replicate ${replica.domain.dn}, but the domain controller leaves the passwords out of its answers`,
    {
      remedy: `Name another domain controller first in servers. If it is Samba, its version may give passwords only to members of Builtin\\Administrators: samba-tool group addmembers Administrators "${name}". Such an account can do everything in the domain; protect it like one.`,
    },
  );
}

async function findDn(replica: Replica, account: string): Promise<string> {
  const found = await replica.nameAccount(account, NAME_FORM.dn).catch(() => null);
  return found ?? account;
}
