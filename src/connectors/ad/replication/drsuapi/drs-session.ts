import { ConnectionLost } from '../../ldap/ldap-failure.ts';
import { type NtlmAccount, NtlmClient, type NtlmServerFacts } from '../ntlm/ntlm-client.ts';
import { findPort } from '../rpc/endpoint-mapper.ts';
import { RpcConnection, type RpcLimits } from '../rpc/rpc-connection.ts';
import { RpcRefusal } from '../rpc/rpc-refusal.ts';
import type { TableForm } from './attribute-ids.ts';
import { type BindResult, DRS_OPERATION, DRSUAPI, formatBind, formatUnbind, readBind } from './bind.ts';
import { type ChangesReply, readChangesReply } from './changes-reply.ts';
import { type ChangesRequest, formatChangesRequest } from './changes-request.ts';
import { formatCrackRequest, type NameForm, readCrackedName } from './crack-names.ts';
import {
  type ControllerLevel,
  type DomainController,
  formatControllersRequest,
  readControllers,
} from './domain-controllers.ts';
import { DRS_ERROR, DrsRefusal } from './drs-refusal.ts';

export interface DrsServer {
  /** For messages. */
  readonly label: string;
  readonly host: string;
  /** Of directory replication itself; null: the endpoint mapper is asked. */
  readonly port: number | null;
}

/** [MS-RPCE] 2.1.1.1. */
export const ENDPOINT_MAPPER_PORT = 135;

/** The server closed the connection when it had our sign-in: a refusal, or it just goes away. */
export class ClosedAtSignIn extends ConnectionLost {}

/**
 * One conversation with one domain controller ([MS-DRSR] 1.3.2): from the endpoint mapper to DRSUnbind. Throws ConnectionLost, RpcRefusal, DrsRefusal and
 * MalformedAnswer.
 */
export class DrsSession {
  readonly server: DrsServer;
  /** What the server told of itself when we signed in. */
  readonly facts: NtlmServerFacts;
  readonly #connection: RpcConnection;
  readonly #sessionKey: Buffer;
  #bound: BindResult;
  #tableForm: TableForm = 'plain';

  private constructor(
    server: DrsServer,
    facts: NtlmServerFacts,
    connection: RpcConnection,
    sessionKey: Buffer,
    bound: BindResult,
  ) {
    this.server = server;
    this.facts = facts;
    this.#connection = connection;
    this.#sessionKey = sessionKey;
    this.#bound = bound;
  }

  static async open(server: DrsServer, account: NtlmAccount, limits: RpcLimits): Promise<DrsSession> {
    const connection = await connect(server, limits);
    try {
      const { sessionKey, server: facts } = await connection.bindAs(DRSUAPI, new NtlmClient(account));
      const bound = await bindWithEpoch(connection);
      return new DrsSession(server, facts, connection, sessionKey, bound);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** The key that secrets in answers are encrypted with; zeros once the session is closed. */
  get sessionKey(): Uint8Array {
    return this.#sessionKey;
  }

  async listControllers(domain: string, level: ControllerLevel): Promise<readonly DomainController[]> {
    const request = formatControllersRequest(this.#bound.handle, domain, level);
    const doing = 'asking for the domain controllers';
    return readControllers(await this.#connection.call(DRS_OPERATION.domainControllers, request, doing), level);
  }

  async crackName(name: string, from: NameForm, to: NameForm): Promise<string | null> {
    const request = formatCrackRequest(this.#bound.handle, name, from, to);
    return readCrackedName(await this.#connection.call(DRS_OPERATION.crackNames, request, 'looking a name up'));
  }

  /** `what` is done, for messages: they name the server, because there may be several. */
  async getChanges(request: ChangesRequest, what: string): Promise<ChangesReply> {
    const doing = `${this.server.label}: ${what}`;
    try {
      return await this.#getChanges(request, doing);
    } catch (error) {
      if (!(error instanceof DrsRefusal) || !(await this.#canAdapt(error.code))) throw error;
      return this.#getChanges(request, doing);
    }
  }

  /** Safe to repeat. Never throws: what could be told is of no use any more. */
  async close(): Promise<void> {
    try {
      if (this.isOpen) await this.#connection.call(DRS_OPERATION.unbind, formatUnbind(this.#bound.handle), 'DRSUnbind');
    } catch {
      // The server forgets the handle with the connection.
    } finally {
      this.#connection.close();
    }
  }

  async #canAdapt(code: number): Promise<boolean> {
    if (code === DRS_ERROR.invalidParameter && this.#tableForm === 'plain') {
      this.#tableForm = 'with-schema-version';
      return true;
    }
    // The domain was renamed while we are bound ([MS-DRSR] 4.1.10.5).
    if (code !== DRS_ERROR.differentEpochs) return false;
    this.#bound = await bindWithEpoch(this.#connection);
    return true;
  }

  async #getChanges(request: ChangesRequest, doing: string): Promise<ChangesReply> {
    const stub = formatChangesRequest(this.#bound.handle, request, this.#tableForm);
    return readChangesReply(await this.#connection.call(DRS_OPERATION.getChanges, stub, doing), doing);
  }
}

async function connect(server: DrsServer, limits: RpcLimits): Promise<RpcConnection> {
  const { label, host } = server;
  const mapper = {
    label: `${label}, port ${ENDPOINT_MAPPER_PORT} (endpoint mapper)`,
    host,
    port: ENDPOINT_MAPPER_PORT,
  };
  const port = server.port ?? (await findPort(mapper, DRSUAPI, limits));
  return RpcConnection.open({ label: `${label}, port ${port} (directory replication)`, host, port }, limits);
}

/** A server whose domain was renamed wants to hear its own epoch ([MS-DRSR] 4.1.3.1). */
async function bindWithEpoch(connection: RpcConnection): Promise<BindResult> {
  const first = await bind(connection, 0);
  if (first.replicationEpoch === 0) return first;
  await connection.call(DRS_OPERATION.unbind, formatUnbind(first.handle), 'DRSUnbind', 'connect');
  return bind(connection, first.replicationEpoch);
}

async function bind(connection: RpcConnection, epoch: number): Promise<BindResult> {
  try {
    const doing = 'signing in for replication';
    return readBind(await connection.call(DRS_OPERATION.bind, formatBind(epoch), doing, 'connect'));
  } catch (error) {
    // The first call after the sign-in is what a refused one shows in: Samba finds a mistake in the protocol then, others close the connection.
    if (error instanceof RpcRefusal && error.code === PROTOCOL_ERROR) throw new RpcRefusal(error.message, 'sign-in');
    if (error instanceof ConnectionLost && isClosedByServer(error)) throw new ClosedAtSignIn(error.message);
    throw error;
  }
}

/** nca_s_proto_error ([C706] appendix E). */
const PROTOCOL_ERROR = 0x1c01000b;

function isClosedByServer(error: ConnectionLost): boolean {
  return error.message.endsWith('the server closed the connection');
}
