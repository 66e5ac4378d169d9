import type { Socket } from 'node:net';
import { openSocket } from '../../ldap/connect-socket.ts';
import { ConnectionLost } from '../../ldap/ldap-failure.ts';
import { MalformedAnswer } from '../malformed-answer.ts';
import type { NtlmClient, NtlmSession } from '../ntlm/ntlm-client.ts';
import { type BindAnswer, readBindAnswer } from './bind-answer.ts';
import { CallAnswer, type Protection } from './call-answer.ts';
import { formatCall } from './call-fragments.ts';
import { FragmentReader } from './fragment-reader.ts';
import {
  FRAGMENT_LENGTH,
  formatBindBody,
  formatPdu,
  PDU_FLAG,
  PDU_TYPE,
  type Pdu,
  parsePdu,
  type RpcInterface,
  WHOLE,
} from './pdu.ts';

export interface RpcAddress {
  /** For messages. */
  readonly label: string;
  readonly host: string;
  readonly port: number;
}

export interface RpcLimits {
  /** For each step of getting connected: how long the server may say nothing. */
  readonly connectTimeoutMs: number;
  /** The same for what is asked then; a whole answer may take ten times as long. */
  readonly requestTimeoutMs: number;
  /** Of one answer. */
  readonly mostAnswerBytes: number;
}

/** A server that goes on and on saying a little would be waited for without an end. */
const SILENCES_OF_AN_ANSWER = 10;

/** Whether an exchange is a step of getting connected: somebody who takes connections and says nothing is found out sooner. */
type Purpose = 'connect' | 'request';

/** What the next fragments are for. */
interface Expectation {
  take(pdu: Pdu): void;
  fail(error: Error): void;
}

/**
 * Connection-oriented RPC over TCP ([C706] chapter 12, [MS-RPCE] 2.1.1.1) with one interface and one call at a time. Throws ConnectionLost when the connection
 * breaks or the server says nothing for too long, RpcRefusal for its refusals, MalformedAnswer for anything else. It is closed after each of them.
 */
export class RpcConnection {
  readonly address: RpcAddress;
  readonly #socket: Socket;
  readonly #limits: RpcLimits;
  readonly #fragments = new FragmentReader();
  #expectation: Expectation | null = null;
  #failure: Error | null = null;
  #callId = 0;
  #fragmentLength = FRAGMENT_LENGTH;
  #protection: Protection | null = null;
  #session: NtlmSession | null = null;

  private constructor(address: RpcAddress, socket: Socket, limits: RpcLimits) {
    this.address = address;
    this.#socket = socket;
    this.#limits = limits;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', (error) => this.#fail(this.#lost(error.message, error)));
    socket.on('close', () => this.#fail(this.#lost('the server closed the connection')));
  }

  static async open(address: RpcAddress, limits: RpcLimits): Promise<RpcConnection> {
    const { label, host, port } = address;
    const socket = await openSocket({ url: label, host, port, protection: 'none' }, limits.connectTimeoutMs);
    return new RpcConnection(address, socket, limits);
  }

  /** Without anybody signing in, as for the endpoint mapper. */
  async bind(offered: RpcInterface): Promise<void> {
    const pdu = formatPdu(PDU_TYPE.bind, WHOLE, this.#nextCall(), formatBindBody(offered));
    const answer = await this.#offer(pdu, offered);
    this.#fragmentLength = answer.fragmentLength;
  }

  /**
   * Signs in with NTLM and packet privacy ([MS-RPCE] 3.3.1.5.2): all that follows is signed and sealed. The last of the three messages has no answer, so that a
   * refused sign-in shows as the fault of the first call.
   */
  async bindAs(offered: RpcInterface, client: NtlmClient): Promise<NtlmSession> {
    const auth = (value: Buffer) => ({ value, padLength: 0 });
    const callId = this.#nextCall();
    const flags = WHOLE | PDU_FLAG.headerSigning;
    const bind = formatPdu(PDU_TYPE.bind, flags, callId, formatBindBody(offered), auth(client.negotiate()));
    const answer = await this.#offer(bind, offered);
    const { message, session } = this.#guard(() => client.authenticate(requireChallenge(answer, this.address.label)));
    // [MS-RPCE] 2.2.2.10, rpc_auth_3: four bytes that mean nothing.
    this.#socket.write(formatPdu(PDU_TYPE.auth3, WHOLE, callId, Buffer.alloc(4), auth(message)));
    this.#fragmentLength = answer.fragmentLength;
    this.#protection = session;
    this.#session = session;
    return session;
  }

  /** Calls an operation of the interface; `doing` names it in messages. Answers its stub data. */
  call(operation: number, stub: Buffer, doing: string, purpose: Purpose = 'request'): Promise<Buffer> {
    const callId = this.#nextCall();
    const answer = new CallAnswer(callId, doing, this.#protection, this.#limits.mostAnswerBytes);
    const fragments = formatCall(callId, operation, stub, this.#fragmentLength, this.#protection);
    return this.#exchange(fragments, purpose, (pdu) => answer.take(pdu));
  }

  /** Closes the connection and forgets the keys. Safe to repeat. */
  close(): void {
    this.#fail(this.#lost('the connection was closed'));
    this.#session?.clear();
  }

  get isOpen(): boolean {
    return this.#failure === null;
  }

  #nextCall(): number {
    this.#callId += 1;
    return this.#callId;
  }

  #offer(bind: Buffer, offered: RpcInterface): Promise<BindAnswer> {
    return this.#exchange([bind], 'connect', (pdu) => readBindAnswer(this.#own(pdu, offered), offered.name));
  }

  #own(pdu: Pdu, offered: RpcInterface): Pdu {
    if (pdu.callId === this.#callId) return pdu;
    throw new MalformedAnswer(
      `RPC bind to ${offered.name}: an answer to call ${pdu.callId} instead of ${this.#callId}`,
    );
  }

  /** Sends, and hands what comes to `read` until it answers something. */
  #exchange<Answer>(requests: readonly Buffer[], purpose: Purpose, read: (pdu: Pdu) => Answer | null): Promise<Answer> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#expectation) return Promise.reject(new Error('one call at a time'));
    const { connectTimeoutMs, requestTimeoutMs } = this.#limits;
    const longest = purpose === 'connect' ? connectTimeoutMs : requestTimeoutMs;
    return new Promise((resolve, reject) => {
      const silence = this.#failAfter(longest, 'no answer within');
      const whole = this.#failAfter(longest * SILENCES_OF_AN_ANSWER, 'the answer did not end within');
      const end = (settle: () => void): void => {
        clearTimeout(silence);
        clearTimeout(whole);
        this.#expectation = null;
        settle();
      };
      this.#expectation = {
        take: (pdu) => {
          silence.refresh();
          const answer = read(pdu);
          if (answer !== null) end(() => resolve(answer));
        },
        fail: (error) => end(() => reject(error)),
      };
      for (const request of requests) this.#socket.write(request);
    });
  }

  #failAfter(ms: number, what: string): NodeJS.Timeout {
    return setTimeout(() => this.#fail(this.#lost(`${what} ${ms / 1000} s`)), ms);
  }

  #take(bytes: Buffer): void {
    if (this.#failure) return;
    try {
      for (const fragment of this.#fragments.take(bytes)) this.#dispatch(parsePdu(fragment));
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  #dispatch(pdu: Pdu): void {
    if (pdu.type === PDU_TYPE.shutdown) throw this.#lost('the server shuts the connection down');
    if (!this.#expectation) throw new MalformedAnswer(`RPC: a fragment of type ${pdu.type} that nobody asked for`);
    this.#expectation.take(pdu);
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw this.#fail(asError(error));
    }
  }

  /** The first failure is the one that is told. */
  #fail(error: Error): Error {
    if (!this.#failure) {
      this.#failure = error;
      // Not once everything is sent: a server that takes nothing more would keep us for ever.
      this.#socket.destroy();
      this.#expectation?.fail(error);
    }
    return error;
  }

  #lost(reason: string, cause?: unknown): ConnectionLost {
    return new ConnectionLost(`${this.address.label}: ${reason}`, cause);
  }
}

const UNSIGNED =
  'does not sign the headers of what it sends; Windows does, and Samba unless smb.conf says "dcesrv:header signing = no"';

function requireChallenge({ authValue, hasHeaderSigning }: BindAnswer, label: string): Buffer {
  if (authValue === null) throw new MalformedAnswer(`${label}: the server sent no NTLM challenge`);
  // Nobody signs this answer: were it left to the flag in it, anybody on the way could take it out, and then change headers.
  if (!hasHeaderSigning) throw new MalformedAnswer(`${label}: the server ${UNSIGNED}`);
  return authValue;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
