import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { guidToBytes } from '../../../../model/anchor.ts';
import { ntHash } from '../ciphers/md4.ts';
import { rc4 } from '../ciphers/rc4.ts';
import { AV_ID, formatAvPairs } from '../ntlm/av-pairs.ts';
import { NEEDED_FLAGS } from '../ntlm/ntlm-messages.ts';
import { SealedDirection } from '../ntlm/ntlm-sealing.ts';
import { hmacMd5, ntlmV2Key } from '../ntlm/ntlmv2.ts';
import { partsOf } from '../rpc/call-answer.ts';
import { FragmentReader } from '../rpc/fragment-reader.ts';
import { formatPdu, NDR, PDU_FLAG, PDU_TYPE, type Pdu, parsePdu, WHOLE } from '../rpc/pdu.ts';

const CHALLENGE = Buffer.from('0123456789abcdef', 'hex');
const SIGNATURE_LENGTH = 16;

export interface ServerScript {
  readonly user: string;
  readonly password: string;
  /** What it takes in one fragment. */
  readonly fragmentLength?: number;
  readonly headerSigning?: boolean;
  /** Whatever it is to send for a whole request; `Conversation` helps to make it. */
  readonly answer: (
    request: { readonly callId: number; readonly operation: number; readonly stub: Buffer },
    conversation: Conversation,
  ) => readonly Buffer[];
}

/** One client of a scripted server: keeps the other half of NTLM. */
export class Conversation {
  readonly #script: ServerScript;
  readonly #parts: Buffer[] = [];
  #incoming: SealedDirection | null = null;
  #outgoing: SealedDirection | null = null;
  /** Once somebody is signed in. */
  sessionKey: Buffer = Buffer.alloc(16);
  /** Lengths of the fragments that came. */
  readonly fragments: number[] = [];

  constructor(script: ServerScript) {
    this.#script = script;
  }

  take(fragment: Buffer): readonly Buffer[] {
    const pdu = parsePdu(fragment);
    if (pdu.type === PDU_TYPE.bind) return [this.#acknowledge(pdu)];
    if (pdu.type === PDU_TYPE.auth3) this.#signIn(pdu);
    if (pdu.type !== PDU_TYPE.request) return [];
    this.fragments.push(fragment.length);
    this.#parts.push(this.#open(pdu));
    if ((pdu.flags & PDU_FLAG.last) === 0) return [];
    const stub = Buffer.concat(this.#parts.splice(0));
    return this.#script.answer({ callId: pdu.callId, operation: fragment.readUInt16LE(22), stub }, this);
  }

  /** A fragment of a response, sealed where somebody is signed in. */
  respond(callId: number, part: Buffer, flags: number = WHOLE): Buffer {
    const head = Buffer.alloc(8);
    if (!this.#outgoing) return formatPdu(PDU_TYPE.response, flags, callId, Buffer.concat([head, part]));
    const padLength = (16 - (part.length % 16)) % 16;
    const body = Buffer.concat([head, part, Buffer.alloc(padLength)]);
    const bytes = formatPdu(PDU_TYPE.response, flags, callId, body, {
      value: Buffer.alloc(SIGNATURE_LENGTH),
      padLength,
    });
    const { signed, sealed } = partsOf(bytes, SIGNATURE_LENGTH);
    bytes.set(this.#outgoing.seal(signed, sealed), bytes.length - SIGNATURE_LENGTH);
    return bytes;
  }

  fault(callId: number, status: number): Buffer {
    const body = Buffer.alloc(16);
    body.writeUInt32LE(status, 8);
    return formatPdu(PDU_TYPE.fault, WHOLE, callId, body);
  }

  #open(pdu: Pdu): Buffer {
    const end = pdu.bodyEnd - pdu.padLength;
    if (pdu.authValue === null || !this.#incoming) return Buffer.from(pdu.bytes.subarray(24, end));
    const { signed, sealed } = partsOf(pdu.bytes, pdu.authValue.length);
    this.#incoming.unseal(signed, sealed, pdu.authValue);
    return Buffer.from(pdu.bytes.subarray(24, end));
  }

  #acknowledge(pdu: Pdu): Buffer {
    const body = Buffer.alloc(40);
    body.writeUInt16LE(5840, 0);
    body.writeUInt16LE(this.#script.fragmentLength ?? 5840, 2);
    // An empty second address, two bytes to the next multiple of four, one result.
    body[12] = 1;
    body.set(guidToBytes(NDR.uuid) ?? [], 20);
    body.writeUInt16LE(NDR.major, 36);
    const flags = WHOLE | ((this.#script.headerSigning ?? true) ? PDU_FLAG.headerSigning : 0);
    if (pdu.authValue === null) return formatPdu(PDU_TYPE.bindAck, WHOLE, pdu.callId, body);
    return formatPdu(PDU_TYPE.bindAck, flags, pdu.callId, body, { value: challenge(), padLength: 0 });
  }

  /** [MS-NLMP] 3.2.5.1.2: what only somebody who knows the password can find out. */
  #signIn({ authValue }: Pdu): void {
    const message = authValue ?? Buffer.alloc(0);
    const field = (at: number): Buffer => {
      const start = message.readUInt32LE(at + 4);
      return message.subarray(start, start + message.readUInt16LE(at));
    };
    const response = field(20);
    const domain = field(28).toString('utf16le');
    const key = ntlmV2Key(ntHash(this.#script.password), this.#script.user, domain);
    const proof = hmacMd5(key, CHALLENGE, response.subarray(16));
    this.sessionKey = rc4(hmacMd5(key, proof), field(52));
    this.#incoming = new SealedDirection(this.sessionKey, 'client-to-server');
    this.#outgoing = new SealedDirection(this.sessionKey, 'server-to-client');
  }
}

function challenge(): Buffer {
  const head = Buffer.alloc(56);
  const facts = [
    [AV_ID.netbiosComputer, 'DC1'],
    [AV_ID.dnsDomain, 'corp.example.com'],
  ] as const;
  const info = formatAvPairs(facts.map(([id, text]) => ({ id, value: Buffer.from(text, 'utf16le') })));
  head.write('NTLMSSP\0', 'latin1');
  head.writeUInt32LE(2, 8);
  head.writeUInt32LE(NEEDED_FLAGS, 20);
  CHALLENGE.copy(head, 24);
  head.writeUInt16LE(info.length, 40);
  head.writeUInt32LE(56, 44);
  return Buffer.concat([head, info]);
}

/** A server for tests that does what it is told, on a free port of 127.0.0.1. */
export class ScriptedRpcServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many came. */
  connections = 0;
  conversation: Conversation | null = null;

  private constructor(onConnection: (socket: Socket, server: ScriptedRpcServer) => void) {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      onConnection(socket, this);
    });
  }

  static async start(script: ServerScript): Promise<ScriptedRpcServer> {
    return ScriptedRpcServer.startWith((socket, server) => {
      const conversation = new Conversation(script);
      server.conversation = conversation;
      const fragments = new FragmentReader();
      socket.on('data', (bytes: Buffer) => {
        for (const fragment of fragments.take(bytes))
          for (const answer of conversation.take(fragment)) socket.write(answer);
      });
    });
  }

  static async startWith(
    onConnection: (socket: Socket, server: ScriptedRpcServer) => void,
  ): Promise<ScriptedRpcServer> {
    const server = new ScriptedRpcServer(onConnection);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get address() {
    const { port } = this.#server.address() as AddressInfo;
    return { label: 'the test', host: '127.0.0.1', port };
  }

  /** How many are there. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
