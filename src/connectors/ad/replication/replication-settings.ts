import type { ConnectorContext } from '../../connector.ts';
import type { AdSection } from '../config.ts';
import { type Session, type SessionSettings, Sessions } from '../session/sessions.ts';
import type { DrsServer } from './drsuapi/drs-session.ts';
import type { RpcLimits } from './rpc/rpc-connection.ts';

/** A domain controller: where it replicates, and how to ask it over LDAP. */
export interface ReplicaServer extends DrsServer {
  /** A session of its own, to be closed. Throws what Sessions.open throws. */
  readonly openDirectory: () => Promise<Session>;
}

export interface ReplicationSettings {
  /** The name of the source. */
  readonly source: string;
  readonly servers: readonly ReplicaServer[];
  /** User principal name, DOMAIN\name or DN. */
  readonly user: string;
  /** It is not the account of the source, but one for reading passwords alone. */
  readonly hasOwnAccount: boolean;
  /** Asked for anew at each sign-in and not kept. */
  readonly readPassword: () => string;
  readonly limits: RpcLimits;
  /** Objects of one page. */
  readonly pageSize: number;
  /** How to pause between attempts, for tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/** What Samba gives at most; more would make nothing faster. */
const MOST_OBJECTS_PER_PAGE = 1000;
/** A page of a thousand accounts takes less than one; Samba may put memberships beside it. */
const MOST_ANSWER_BYTES = 64 * 1024 * 1024;

/** Where passwords are read: on the servers of the source, with an account of its own where the section names one. */
export function describeReplication(
  section: AdSection,
  directory: SessionSettings,
  context: ConnectorContext,
): ReplicationSettings {
  const { replication } = section;
  const secret = replication.password;
  const user = replication.user ?? directory.user;
  const readPassword = secret === undefined ? directory.readPassword : () => context.readSecret(secret);
  // As the source signs in: LDAP takes fewer ways to write an account than NTLM does, and of this one it is known that it may read the directory.
  const sessions = new Sessions(directory, context.log);
  const { connectTimeoutMs, requestTimeoutMs } = directory.connection;
  return {
    source: context.name,
    servers: directory.servers.map((server) => ({
      label: server.host,
      host: server.host,
      port: replication.port ?? null,
      openDirectory: () => sessions.open(server),
    })),
    user,
    hasOwnAccount: replication.user !== undefined,
    readPassword,
    pageSize: Math.min(section.pageSize, MOST_OBJECTS_PER_PAGE),
    limits: { connectTimeoutMs, requestTimeoutMs, mostAnswerBytes: MOST_ANSWER_BYTES },
  };
}
