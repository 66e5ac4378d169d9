import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { BerReader, BerWriter, PresenceFilter, SearchRequest } from 'ldapts';
import { BerCursor } from '../ldap/ber-cursor.ts';
import { MessageFrames } from '../ldap/message-frames.ts';
import { writeEntry } from './write-entry.ts';

export interface ScriptedSearch {
  readonly base: string;
  readonly filter: string;
  readonly attributes: readonly string[];
  readonly controls: ReadonlyMap<string, Buffer>;
}

export interface ScriptedEntry {
  readonly dn: string;
  readonly attributes: Readonly<Record<string, readonly (string | Uint8Array)[]>>;
}

export interface ScriptedAnswer {
  readonly entries?: readonly ScriptedEntry[];
  readonly code?: number;
  readonly diagnostic?: string;
  readonly controls?: Readonly<Record<string, Buffer>>;
}

const BIND = 0x60;
const SEARCH = 0x63;

/** An LDAPS server that answers each search as a function tells it, for what no server of the lab does: Windows cuts and pages more. */
export class ScriptedServer {
  readonly searches: ScriptedSearch[] = [];
  /** To be used by clients; stays what it was when the server is stopped. */
  url = '';
  readonly #server: Server;
  readonly #answer: (search: ScriptedSearch) => ScriptedAnswer;
  readonly #sockets = new Set<TLSSocket>();

  private constructor(
    certificate: { readonly cert: Buffer; readonly key: Buffer },
    answer: (search: ScriptedSearch) => ScriptedAnswer,
  ) {
    this.#answer = answer;
    this.#server = createServer(certificate, (socket) => this.#serve(socket));
  }

  static async start(
    certificate: { readonly cert: Buffer; readonly key: Buffer },
    answer: (search: ScriptedSearch) => ScriptedAnswer,
  ): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(certificate, answer);
    scripted.#server.listen(0, '127.0.0.1');
    await once(scripted.#server, 'listening');
    scripted.url = `ldaps://127.0.0.1:${(scripted.#server.address() as AddressInfo).port}`;
    return scripted;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: TLSSocket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    const frames = new MessageFrames();
    socket.on('data', (chunk: Buffer) => frames.push(chunk, (message) => this.#handle(socket, message)));
  }

  #handle(socket: TLSSocket, message: Buffer): void {
    const cursor = new BerCursor(message);
    cursor.enter(0x30);
    const id = cursor.readInteger();
    if (cursor.peekTag() === BIND) socket.write(encodeDone(id, 0x61, {}));
    if (cursor.peekTag() !== SEARCH) return;
    const search = decodeSearch(cursor);
    this.searches.push(search);
    const answer = this.#answer(search);
    for (const entry of answer.entries ?? []) socket.write(encodeEntry(id, entry));
    socket.write(encodeDone(id, 0x65, answer));
  }
}

function decodeSearch(cursor: BerCursor): ScriptedSearch {
  const end = cursor.enter(SEARCH);
  const request = new SearchRequest({ messageId: 0, filter: new PresenceFilter({ attribute: 'objectClass' }) });
  request.parseMessage(new BerReader(cursor.bytes.subarray(cursor.at, end)));
  cursor.at = end;
  const controls = new Map<string, Buffer>();
  if (!cursor.isAtEnd) {
    const controlsEnd = cursor.enter(0xa0);
    while (cursor.at < controlsEnd) {
      const controlEnd = cursor.enter(0x30);
      const type = cursor.readText();
      if (cursor.peekTag() === 0x01) cursor.skip();
      controls.set(type, cursor.at < controlEnd ? Buffer.from(cursor.readBytes()) : Buffer.alloc(0));
    }
  }
  return { base: request.baseDN, filter: request.filter.toString(), attributes: request.attributes, controls };
}

function encodeEntry(id: number, entry: ScriptedEntry): Buffer {
  const writer = startMessage(id, 0x64);
  writeEntry(writer, entry.dn, Object.entries(entry.attributes));
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

function encodeDone(id: number, operation: number, answer: ScriptedAnswer): Buffer {
  const writer = startMessage(id, operation);
  writer.writeEnumeration(answer.code ?? 0);
  writer.writeString('');
  writer.writeString(answer.diagnostic ?? '');
  writer.endSequence();
  writer.startSequence(0xa0);
  for (const [type, value] of Object.entries(answer.controls ?? {})) {
    writer.startSequence();
    writer.writeString(type);
    writer.writeBuffer(value, 0x04);
    writer.endSequence();
  }
  writer.endSequence();
  writer.endSequence();
  return writer.buffer;
}

function startMessage(id: number, operation: number): BerWriter {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  return writer;
}
