import type { Socket } from 'node:net';
import {
  BindRequest,
  type Control,
  ExtendedRequest,
  type Filter,
  FilterParser,
  ProtocolOperation,
  SearchRequest,
  UnbindRequest,
} from 'ldapts';
import { BerCursor } from './ber-cursor.ts';
import { type ByteSink, openSecureSocket, openSocket, secureSocket } from './connect-socket.ts';
import { decodeEntry, type LdapEntry } from './ldap-entry.ts';
import { ConnectionLost, LdapRefusal, RESULT } from './ldap-failure.ts';
import { MessageFrames } from './message-frames.ts';
import type { ServerAddress } from './server-address.ts';
import type { ServerCertificate, TlsDemand } from './tls-verification.ts';

export interface ConnectionSettings {
  readonly tls: TlsDemand;
  /** For each step of getting connected. */
  readonly connectTimeoutMs: number;
  /** How long the server may say nothing while we wait for an answer. */
  readonly requestTimeoutMs: number;
}

export interface LdapSearch {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  /** RFC 4515 text, or a filter with binary values. */
  readonly filter: string | Filter;
  readonly attributes: readonly string[];
  readonly controls?: readonly Control[];
}

/** Values of the controls of an answer, by object identifier. */
export type AnswerControls = ReadonlyMap<string, Buffer>;

const START_TLS = '1.3.6.1.4.1.1466.20037';
const SEARCH_REFERENCE = 0x73;
/** Entries that wait for who reads them before the server is made to wait. */
const QUEUE_LIMIT = 2000;

export interface CollectedAnswer<Item> {
  readonly items: readonly Item[];
  readonly controls: AnswerControls;
}

export interface Collection<Item> {
  readonly done: Promise<CollectedAnswer<Item>>;
  /** Nobody waits for it any more: what still comes is thrown away, and `done` never ends. */
  abandon(): void;
}

interface PendingAnswer {
  /** The cursor stands on the content of a SearchResultEntry, whose bytes are good until the call returns. Throws RangeError for what is malformed. */
  onEntry(cursor: BerCursor): void;
  onDone(result: { readonly code: number; readonly diagnostic: string; readonly controls: AnswerControls }): void;
  onFailure(error: ConnectionLost): void;
}

/**
 * One LDAP connection. The messages we send are written by ldapts; what we receive is decoded here, because its client holds all
 * entries of an answer at once, limits the whole answer instead of the silence, and takes "sent empty" and "not sent" for the same.
 */
export class LdapConnection {
  readonly server: ServerAddress;
  readonly certificate: ServerCertificate | null;
  readonly #socket: Socket;
  readonly #settings: ConnectionSettings;
  readonly #pending = new Map<number, PendingAnswer>();
  #lastId: number;
  #failure: ConnectionLost | null = null;

  private constructor(
    server: ServerAddress,
    socket: Socket,
    certificate: ServerCertificate | null,
    settings: ConnectionSettings,
    lastId: number,
    sink?: Sink,
  ) {
    this.server = server;
    this.certificate = certificate;
    this.#socket = socket;
    this.#settings = settings;
    this.#lastId = lastId;
    this.#listen(sink);
  }

  /** Connects, with TLS as the address demands. Throws ConnectionLost, LdapRefusal (StartTLS) or `directory-certificate`. */
  static async open(server: ServerAddress, settings: ConnectionSettings): Promise<LdapConnection> {
    if (server.protection === 'tls') {
      const sink = new Sink();
      const secured = await openSecureSocket(server, settings.tls, settings.connectTimeoutMs, sink);
      return new LdapConnection(server, secured.socket, secured.certificate, settings, 0, sink);
    }
    const plain = await openSocket(server, settings.connectTimeoutMs);
    if (server.protection === 'startTls') {
      const first = new LdapConnection(server, plain, null, settings, 0);
      try {
        await first.#startTls();
      } catch (error) {
        plain.destroy();
        throw error;
      }
      first.#detach();
    }
    if (server.protection === 'none') return new LdapConnection(server, plain, null, settings, 0);
    const { socket, certificate } = await secureSocket(plain, server, settings.tls, settings.connectTimeoutMs);
    return new LdapConnection(server, socket, certificate, settings, 1);
  }

  get isOpen(): boolean {
    return this.#failure === null;
  }

  /** A simple bind. Throws LdapRefusal or ConnectionLost. */
  async bind(user: string, password: string): Promise<void> {
    await this.carryOut((messageId) => new BindRequest({ messageId, dn: user, password }));
  }

  /** Carries one search out and hands its entries over as they come; returns the controls of the answer. Throws LdapRefusal or ConnectionLost. */
  async *search(search: LdapSearch): AsyncGenerator<readonly LdapEntry[], AnswerControls, void> {
    const answer = new EntryQueue({ hold: () => this.#hold(), release: () => this.#socket.resume() });
    const messageId = this.#send(answer, (id) => encodeSearch(search, id));
    try {
      for (;;) {
        const entries = await answer.take();
        if (entries.length > 0) yield entries;
        else if (answer.controls) return answer.controls;
      }
    } finally {
      this.#forget(messageId);
      this.#socket.resume();
    }
  }

  /**
   * Carries a search out whose answer is bounded (a page), and answers all of it at once. `decode` is called for each entry as it comes, with the cursor
   * on its content. Throws LdapRefusal or ConnectionLost.
   */
  collect<Item>(search: LdapSearch, decode: (cursor: BerCursor) => Item): Collection<Item> {
    const items: Item[] = [];
    let messageId = 0;
    const done = new Promise<CollectedAnswer<Item>>((resolve, reject) => {
      const answer: PendingAnswer = {
        onEntry: (cursor) => {
          items.push(decode(cursor));
        },
        onDone: ({ code, diagnostic, controls }) => {
          if (code === RESULT.success) resolve({ items, controls });
          else reject(new LdapRefusal(code, diagnostic));
        },
        onFailure: reject,
      };
      messageId = this.#send(answer, (id) => encodeSearch(search, id));
    });
    return { done, abandon: () => this.#forget(messageId) };
  }

  /** All entries of a small search. */
  async searchAll(search: LdapSearch): Promise<readonly LdapEntry[]> {
    const all: LdapEntry[] = [];
    for await (const entries of this.search(search)) all.push(...entries);
    return all;
  }

  /** The one entry of a base search; null when it is not there or not to be seen. */
  async readEntry(search: Omit<LdapSearch, 'scope' | 'filter'>): Promise<LdapEntry | null> {
    try {
      const entries = await this.searchAll({ ...search, scope: 'base', filter: '(objectClass=*)' });
      return entries[0] ?? null;
    } catch (error) {
      if (error instanceof LdapRefusal && error.resultCode === RESULT.noSuchObject) return null;
      throw error;
    }
  }

  /** Sends one request and waits for its one answer. Throws LdapRefusal or ConnectionLost. */
  carryOut(build: (messageId: number) => { write(): Buffer }): Promise<void> {
    return new Promise((resolve, reject) => {
      const answer: PendingAnswer = {
        onEntry: () => undefined,
        onDone: ({ code, diagnostic }) => {
          if (code === RESULT.success) resolve();
          else reject(new LdapRefusal(code, diagnostic));
        },
        onFailure: reject,
      };
      this.#send(answer, (messageId) => build(messageId).write());
    });
  }

  close(): void {
    if (this.#failure) return;
    this.#failure = new ConnectionLost(`${this.server.url}: the connection was closed by us`);
    const request = new UnbindRequest({ messageId: ++this.#lastId });
    this.#socket.end(request.write());
    this.#socket.unref();
  }

  async #startTls(): Promise<void> {
    await this.carryOut((messageId) => new ExtendedRequest({ messageId, oid: START_TLS }));
  }

  #send(answer: PendingAnswer, encode: (messageId: number) => Buffer): number {
    const messageId = ++this.#lastId;
    if (this.#failure) {
      answer.onFailure(this.#failure);
      return messageId;
    }
    this.#pending.set(messageId, answer);
    this.#socket.resume();
    this.#socket.setTimeout(this.#settings.requestTimeoutMs);
    this.#socket.write(encode(messageId));
    return messageId;
  }

  /** Makes the server wait, unless another answer would have to wait as well: its reader may be the one we wait for. */
  #hold(): void {
    if (this.#pending.size === 1) this.#socket.pause();
  }

  #forget(messageId: number): void {
    this.#pending.delete(messageId);
    if (this.#pending.size === 0) this.#socket.setTimeout(0);
  }

  #listen(sink: Sink | undefined): void {
    const frames = new MessageFrames();
    const onMessage = (message: Buffer): void => this.#receive(message);
    const take = (chunk: Buffer): void => {
      try {
        frames.push(chunk, onMessage);
      } catch (error) {
        this.#break('the answer could not be read', error);
      }
    };
    if (sink === undefined) this.#socket.on('data', take);
    else sink.onBytes = take;
    this.#socket.on('timeout', () => {
      // A reader that takes its time makes the socket pause; that is not the silence of the server.
      if (!this.#socket.isPaused()) this.#break(`no answer within ${this.#settings.requestTimeoutMs / 1000} s`);
    });
    this.#socket.on('error', (error) => this.#break(error.message, error));
    this.#socket.on('close', () => this.#break('the server closed the connection'));
  }

  #detach(): void {
    this.#socket.removeAllListeners();
    this.#socket.setTimeout(0);
  }

  #break(reason: string, cause?: unknown): void {
    this.#failure ??= new ConnectionLost(`${this.server.url}: ${reason}`, cause);
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const answer of pending) answer.onFailure(this.#failure);
  }

  #receive(message: Buffer): void {
    const cursor = new BerCursor(message);
    cursor.enter(0x30);
    const messageId = cursor.readInteger();
    const operation = cursor.peekTag();
    const pending = this.#pending.get(messageId);
    if (operation === ProtocolOperation.LDAP_RES_SEARCH_ENTRY) {
      if (!pending) return;
      cursor.enter(operation);
      pending.onEntry(cursor);
      return;
    }
    if (operation === SEARCH_REFERENCE) return;
    const result = decodeResult(new BerCursor(Buffer.from(message), cursor.at), operation);
    // RFC 4511 §4.4.1: id 0 is the notice of disconnection.
    if (messageId === 0) {
      this.#break(`the server ends the connection: ${result.diagnostic}`);
      return;
    }
    this.#forget(messageId);
    pending?.onDone(result);
  }
}

/** Hands bytes to a connection that is made after them. Nothing comes before we have asked for something. */
class Sink implements ByteSink {
  onBytes: (bytes: Buffer) => void = () => undefined;

  take(bytes: Buffer): void {
    this.onBytes(bytes);
  }
}

/** Holds the entries of a running search until they are taken, and makes the server wait when they are too many. */
class EntryQueue implements PendingAnswer {
  controls: AnswerControls | null = null;
  readonly #flow: { hold(): void; release(): void };
  #entries: LdapEntry[] = [];
  #failure: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(flow: { hold(): void; release(): void }) {
    this.#flow = flow;
  }

  onEntry(cursor: BerCursor): void {
    this.#entries.push(decodeEntry(new BerCursor(Buffer.from(cursor.bytes), cursor.at)));
    if (this.#entries.length >= QUEUE_LIMIT) this.#flow.hold();
    this.#notify();
  }

  onDone({ code, diagnostic, controls }: Parameters<PendingAnswer['onDone']>[0]): void {
    if (code === RESULT.success) this.controls = controls;
    else this.#failure = new LdapRefusal(code, diagnostic);
    this.#notify();
  }

  onFailure(error: ConnectionLost): void {
    this.#failure = error;
    this.#notify();
  }

  /** What has come, when something has; empty once the answer is over. */
  async take(): Promise<readonly LdapEntry[]> {
    while (this.#entries.length === 0) {
      if (this.#failure) throw this.#failure;
      if (this.controls) return [];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.#entries;
    this.#entries = [];
    if (taken.length >= QUEUE_LIMIT) this.#flow.release();
    return taken;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = null;
    wake?.();
  }
}

function encodeSearch(search: LdapSearch, messageId: number): Buffer {
  const filter = typeof search.filter === 'string' ? FilterParser.parseString(search.filter) : search.filter;
  return new SearchRequest({
    messageId,
    baseDN: search.base,
    scope: search.scope,
    filter,
    attributes: [...search.attributes],
    controls: [...(search.controls ?? [])],
    timeLimit: 0,
  }).write();
}

function decodeResult(cursor: BerCursor, operation: number) {
  const end = cursor.enter(operation);
  const code = cursor.readInteger(0x0a);
  cursor.readText();
  const diagnostic = cursor.readText();
  cursor.at = end;
  return { code, diagnostic, controls: decodeControls(cursor) };
}

function decodeControls(cursor: BerCursor): AnswerControls {
  const controls = new Map<string, Buffer>();
  if (cursor.isAtEnd || cursor.peekTag() !== ProtocolOperation.LDAP_CONTROLS) return controls;
  const end = cursor.enter(ProtocolOperation.LDAP_CONTROLS);
  while (cursor.at < end) {
    const controlEnd = cursor.enter(0x30);
    const type = cursor.readText();
    if (cursor.at < controlEnd && cursor.peekTag() === 0x01) cursor.skip();
    if (cursor.at < controlEnd) controls.set(type, cursor.readBytes());
    cursor.at = controlEnd;
  }
  return controls;
}
