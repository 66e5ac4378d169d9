import { randomUUID } from 'node:crypto';
import { DirbridgeError } from '../../errors.ts';
import { isJson } from './graph-object.ts';
import { isTransientStatus, readRefusal } from './graph-refusal.ts';
import { causeOf, describeSilence } from './no-answer-reason.ts';
import { backOff, mayTryAgain, type Pace, type Patience, readRetryAfter } from './pace.ts';
import type { SignIn } from './sign-in.ts';

export interface GraphRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** From the version on (`/users/delta?…`), or a link of this same Graph. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** JSON that is ready, in the place of `body`. It goes out as it is and is copied nowhere by us; the buffer stays the caller's. */
  readonly bytes?: Uint8Array;
}

export interface GraphAnswer {
  readonly status: number;
  /** By name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

/** No answer came. `wasSent`: the tenant may have carried the request out. */
export class NoAnswer extends Error {
  readonly wasSent: boolean;

  constructor(message: string, wasSent: boolean, cause: unknown) {
    super(message, { cause });
    this.name = 'NoAnswer';
    this.wasSent = wasSent;
  }
}

export interface GraphOptions {
  /** With the version, without a slash at the end. */
  readonly base: string;
  readonly signIn: SignIn;
  readonly pace: Pace;
  readonly patience: Patience;
  /** Milliseconds for one request. */
  readonly timeout: number;
  readonly now: () => Date;
}

const MOST_TRIES = 10;
/** Milliseconds: no page takes longer, and a read can be repeated at once. */
const READ_TIMEOUT = 30_000;

/** HTTP to Microsoft Graph: tokens, time-outs, repeated reads. It never repeats a write by itself. */
export class Graph {
  readonly #options: GraphOptions;

  constructor(options: GraphOptions) {
    this.#options = options;
  }

  get base(): string {
    return this.#options.base;
  }

  /** A link of this Graph from the version on. Throws `tenant-refused` for a link to anywhere else: that must never get our token. */
  relative(link: string): string {
    const { base } = this.#options;
    if (link.startsWith('/')) return link;
    if (link.startsWith(`${base}/`)) return link.slice(base.length);
    const origin = URL.parse(link)?.origin ?? link;
    throw new DirbridgeError('tenant-refused', `The tenant sent a link to another server: ${origin}.`);
  }

  /**
   * Sends one request and gives whatever status came back. A refused token is renewed once: Graph had not begun with the request then.
   * Throws NoAnswer, and DirbridgeError when sign-in fails.
   */
  async send(request: GraphRequest): Promise<GraphAnswer> {
    const token = await this.#options.signIn.token();
    const answer = await this.#exchange(request, token);
    if (answer.status !== 401) return answer;
    this.#options.signIn.forget(token);
    return this.#exchange(request, await this.#options.signIn.token());
  }

  /**
   * A read (or a POST that only reads), repeated with back-off while the tenant says to come again. Gives any other answer, also a refusal.
   * Throws `tenant-unreachable` when the tries are used up.
   */
  async read(url: string, headers: Readonly<Record<string, string>> = {}): Promise<GraphAnswer> {
    const { pace, patience } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#tryRead({ method: 'GET', url, headers });
      if (!(outcome instanceof NoAnswer) && !isTransientStatus(outcome.status)) return outcome;
      const retryAfter = outcome instanceof NoAnswer ? null : this.retryAfter(outcome.headers);
      if (!mayTryAgain(patience, attempt, MOST_TRIES, retryAfter)) throw this.#giveUp(url, outcome);
      await pace.delay(backOff(attempt, retryAfter, pace));
    }
  }

  /** `read` that takes only success. Throws `tenant-refused` with the tenant's words. */
  async readBody(
    url: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.read(url, headers);
    if (answer.status !== 200) throw refused(url, answer);
    if (isJson(answer.body)) return answer.body;
    throw answeredByOther(url);
  }

  /** Milliseconds that an answer says to wait, else null. A date is taken by the clock of the answer: ours may be wrong. */
  retryAfter(headers: Readonly<Record<string, string>>): number | null {
    const theirs = Date.parse(headers['date'] ?? '');
    return readRetryAfter(headers['retry-after'], Number.isNaN(theirs) ? this.#options.now() : new Date(theirs));
  }

  async #tryRead(request: GraphRequest): Promise<GraphAnswer | NoAnswer> {
    try {
      return await this.send(request);
    } catch (thrown) {
      if (thrown instanceof NoAnswer) return thrown;
      throw thrown;
    }
  }

  async #exchange(request: GraphRequest, token: string): Promise<GraphAnswer> {
    const { base } = this.#options;
    const url = base + this.relative(request.url);
    const longest = request.method === 'GET' ? READ_TIMEOUT : Number.POSITIVE_INFINITY;
    const timeout = Math.min(this.#options.timeout, longest);
    try {
      const response = await fetch(url, {
        method: request.method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'client-request-id': randomUUID(),
          'x-ms-throttle-priority': 'Normal',
          ...bodyHeaders(request),
          ...request.headers,
        },
        signal: AbortSignal.timeout(timeout),
        redirect: 'manual',
        ...bodyOf(request),
      });
      const text = await response.text();
      const body = parse(text);
      const isCut = body === undefined && text !== '' && response.ok && isOfJson(response);
      if (!isCut) return { status: response.status, headers: Object.fromEntries(response.headers), body };
      throw new NoAnswer(`${request.method} ${pathOf(url)}: the answer ends in the middle`, true, undefined);
    } catch (thrown) {
      if (thrown instanceof NoAnswer) throw thrown;
      const reason = causeOf(thrown);
      const words = describeSilence(reason, timeout);
      throw new NoAnswer(`${request.method} ${pathOf(url)}: ${words}`, !isBeforeSending(reason), thrown);
    }
  }

  #giveUp(url: string, outcome: GraphAnswer | NoAnswer): DirbridgeError {
    if (outcome instanceof NoAnswer) {
      return new DirbridgeError('tenant-unreachable', `Microsoft Graph did not answer: ${outcome.message}.`, {
        cause: outcome,
      });
    }
    const refusal = readRefusal(outcome.status, outcome.body);
    const message = `Microsoft Graph kept answering ${outcome.status} ${refusal.code} to GET ${pathOf(url)}.`;
    return new DirbridgeError('tenant-unreachable', message);
  }
}

/** `tenant-refused`: a proxy, a portal or a wrong address in the configuration. */
export function answeredByOther(url: string): DirbridgeError {
  const what = `The answer to ${pathOf(url)} is no JSON`;
  return new DirbridgeError('tenant-refused', `${what}: something other than Microsoft Graph has answered.`);
}

/** `tenant-refused` with status, code and words of the answer. */
export function refused(url: string, answer: GraphAnswer): DirbridgeError {
  if (answer.status >= 300 && answer.status < 400) return ledElsewhere(url, answer);
  const refusal = readRefusal(answer.status, answer.body);
  const request = refusal.requestId === null ? '' : ` (request ${refusal.requestId})`;
  const message = `Microsoft Graph refused ${pathOf(url)}: ${answer.status} ${refusal.code}: ${refusal.message}${request}`;
  if (answer.status !== 401) return new DirbridgeError('tenant-refused', message);
  return new DirbridgeError('tenant-refused', message, {
    remedy:
      'Look at the clock of this machine ("dirbridge check" compares it with that of the tenant). A token that Graph refuses although sign-in has just given it mostly begins later than the clock of Graph shows: the next run, some minutes later, goes on.',
  });
}

/** Graph never leads elsewhere, and our token must not go there. */
function ledElsewhere(url: string, { status, headers }: GraphAnswer): DirbridgeError {
  const to = URL.parse(headers['location'] ?? '')?.origin ?? 'another place';
  const message = `The request to ${pathOf(url)} was led to ${to} (${status}): something other than Microsoft Graph has answered.`;
  return new DirbridgeError('tenant-refused', message, {
    remedy: 'Let this machine reach Microsoft Graph without a proxy that asks for a sign-in.',
  });
}

function bodyHeaders({ body, bytes }: GraphRequest): Readonly<Record<string, string>> {
  if (body === undefined && bytes === undefined) return {};
  // The length of a stream is not known by itself, and it would go out in chunks.
  return {
    'content-type': 'application/json',
    ...(bytes === undefined ? {} : { 'content-length': String(bytes.length) }),
  };
}

/** Bytes as a stream: `fetch` would make a copy of a buffer that nobody could overwrite. */
function bodyOf({ body, bytes }: GraphRequest): RequestInit {
  if (bytes !== undefined) return { body: ReadableStream.from([bytes]), duplex: 'half' };
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

function isOfJson(response: Response): boolean {
  return response.headers.get('content-type')?.startsWith('application/json') === true;
}

/** The path without its options: tokens and filters do not belong in messages. */
function pathOf(url: string): string {
  return url.replace(/^https?:\/\/[^/]+/, '').replace(/\?.*$/s, '');
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const BEFORE_SENDING: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Whether the failure is of a kind that leaves no doubt: not a byte of the request had gone out. */
function isBeforeSending(reason: unknown): boolean {
  if (reason instanceof AggregateError) return reason.errors.every(isBeforeSending);
  const code = typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : undefined;
  return typeof code === 'string' && BEFORE_SENDING.has(code);
}
