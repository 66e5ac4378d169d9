import { randomUUID } from 'node:crypto';
import type { DirbridgeError } from '../../../errors.ts';
import { NoAnswer } from '../graph.ts';
import { isTransientStatus } from '../graph-refusal.ts';
import { backOff, mayTryAgain, type Pace, type Patience, readRetryAfter } from '../pace.ts';
import type { SignIn } from '../sign-in.ts';
import { readClaims } from '../token-claims.ts';
import type { ClientIdentity } from './client-identity.ts';
import { type HttpAnswer, postBytes } from './http-post.ts';
import { ByteWriter } from './nbfx/byte-writer.ts';
import { decodeXml } from './nbfx/decode-xml.ts';
import { encodeXml } from './nbfx/encode-xml.ts';
import { childOf } from './nbfx/xml-reading.ts';
import { BinaryXmlError, type XmlElement } from './nbfx/xml-tree.ts';
import { followRedirect } from './service-address.ts';
import { isTokenFault, isTransientFault, readFault, type ServiceFault } from './service-fault.ts';
import {
  foreignAnswer,
  ledElsewhere,
  refusedByFault,
  refusedByStatus,
  tooManyRedirects,
  unreachable,
} from './service-refusal.ts';
import { buildEnvelope, buildHttpHeaders } from './soap-envelope.ts';
import { type Action, CONTENT_TYPE } from './wire-names.ts';

export interface ClientOptions {
  readonly url: string;
  readonly tenant: string;
  readonly identity: ClientIdentity;
  readonly signIn: SignIn;
  readonly pace: Pace;
  readonly patience: Patience;
  /** Milliseconds for one request. */
  readonly timeout: number;
  readonly now: () => Date;
  /** Awaited right before each request that changes something. */
  readonly requireRight: () => Promise<void>;
}

export interface ServiceRequest {
  readonly action: Action;
  /** What lies within the element of the action. Values that are bytes are not kept. */
  readonly content: readonly XmlElement[];
  readonly isChange: boolean;
  /** False: what may have been carried out is not sent again. */
  readonly isRepeatable?: boolean;
}

const MOST_TRIES = 10;
const MOST_REDIRECTS = 3;
/** Milliseconds. Who is to come back later than that comes with the next run. */
const LONGEST_WAIT = 15 * 60_000;
/** Bytes of an answer: a page of objects takes a few megabytes. */
const MOST_BYTES = 64 * 1024 * 1024;

/** What came of one try. */
type Outcome =
  | { readonly kind: 'result'; readonly result: XmlElement | undefined }
  | { readonly kind: 'again'; readonly retryAfter: number | null; readonly error: DirbridgeError }
  | { readonly kind: 'redirect'; readonly to: string; readonly error: DirbridgeError }
  | { readonly kind: 'token'; readonly token: string; readonly error: DirbridgeError }
  | { readonly kind: 'refused'; readonly error: DirbridgeError };

/**
 * The directory-synchronization provisioning service: SOAP in binary XML over HTTPS. Nearly every request of ours may be repeated (objects and passwords are set, not
 * added to), so that whatever is lost on the way, or refused for the moment, is sent again.
 */
export class ProvisioningClient {
  readonly #options: ClientOptions;
  /** Where we were sent last. */
  #url: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#url = options.url;
  }

  /**
   * The element `<Action>Result` of the answer; undefined when it has none. Throws `provisioning-refused` with the words of the service, `tenant-unreachable`
   * when the tries are used up, and whatever the sign-in throws.
   */
  async call(request: ServiceRequest): Promise<XmlElement | undefined> {
    const { pace, signIn } = this.#options;
    const patience = { ...this.#options.patience, wait: Math.min(LONGEST_WAIT, this.#options.patience.wait) };
    let redirects = 0;
    let hasNewToken = false;
    for (let attempt = 1; ; ) {
      const outcome = await this.#try(request);
      if (outcome.kind === 'result') return outcome.result;
      if (outcome.kind === 'redirect' && ++redirects <= MOST_REDIRECTS) this.#url = outcome.to;
      else if (outcome.kind === 'token' && !hasNewToken) {
        signIn.forget(outcome.token);
        hasNewToken = true;
      } else if (outcome.kind === 'again' && mayTryAgain(patience, attempt, MOST_TRIES, outcome.retryAfter)) {
        await pace.delay(backOff(attempt++, outcome.retryAfter, pace));
      } else throw outcome.error;
    }
  }

  async #try(request: ServiceRequest): Promise<Outcome> {
    const token = await this.#options.signIn.token();
    if (request.isChange) await this.#options.requireRight();
    const url = this.#url;
    try {
      const answer = await this.#send(request, url, token);
      return this.#judge(request, url, token, answer);
    } catch (thrown) {
      if (!(thrown instanceof NoAnswer)) throw thrown;
      // A regional host may be gone; the address that was configured tells the next one.
      this.#url = this.#options.url;
      return unanswered(request, null, unreachable(thrown));
    }
  }

  /** Encodes and sends. The bytes hold a token and perhaps credentials: they are overwritten before this returns. */
  async #send({ action, content }: ServiceRequest, url: string, token: string): Promise<HttpAnswer> {
    const { identity, tenant, timeout } = this.#options;
    const parts = { action, to: url, token, messageId: randomUUID(), identity, content };
    const tenantId = readClaims(token)['tid'];
    const headers = buildHttpHeaders(parts, typeof tenantId === 'string' ? tenantId : tenant);
    const writer = new ByteWriter();
    try {
      encodeXml(writer, buildEnvelope(parts));
      const body = writer.written();
      return await postBytes({
        url,
        headers: { 'content-type': CONTENT_TYPE, ...headers },
        body,
        timeout,
        mostBytes: MOST_BYTES,
      });
    } finally {
      writer.wipe();
    }
  }

  #judge(request: ServiceRequest, url: string, token: string, answer: HttpAnswer): Outcome {
    const { action } = request;
    if (answer.status === 401) return { kind: 'token', token, error: refusedByStatus(action, url, answer) };
    if (answer.headers['content-type']?.startsWith(CONTENT_TYPE)) return this.#judgeMessage(action, url, token, answer);
    if (isTransientStatus(answer.status)) {
      const [retryAfter, error] = [this.#retryAfter(answer), refusedByStatus(action, url, answer)];
      return isTurnedAway(answer) ? { kind: 'again', retryAfter, error } : unanswered(request, retryAfter, error);
    }
    return { kind: 'refused', error: refusedByStatus(action, url, answer) };
  }

  #judgeMessage(action: Action, url: string, token: string, answer: HttpAnswer): Outcome {
    const envelope = decode(answer.body);
    if (envelope instanceof BinaryXmlError) return { kind: 'refused', error: foreignAnswer(action, url, envelope) };
    const fault = readFault(envelope);
    if (fault !== null) return this.#judgeFault(action, token, fault, answer);
    const response = childOf(envelope, 'Body', `${action}Response`);
    if (response === undefined) return { kind: 'refused', error: foreignAnswer(action, url, null) };
    return { kind: 'result', result: childOf(response, `${action}Result`) };
  }

  #judgeFault(action: Action, token: string, fault: ServiceFault, answer: HttpAnswer): Outcome {
    if (fault.redirect !== null) return this.#judgeRedirect(action, fault.redirect);
    const error = refusedByFault(action, fault);
    if (isTransientFault(fault) || answer.status === 429 || answer.status === 503) {
      return { kind: 'again', retryAfter: this.#retryAfter(answer), error };
    }
    return isTokenFault(fault) ? { kind: 'token', token, error } : { kind: 'refused', error };
  }

  #judgeRedirect(action: Action, named: string): Outcome {
    const to = followRedirect(this.#options.url, named);
    if (to === null) return { kind: 'refused', error: ledElsewhere(action, named) };
    return { kind: 'redirect', to, error: tooManyRedirects(action, MOST_REDIRECTS) };
  }

  #retryAfter({ headers }: HttpAnswer): number | null {
    const theirs = Date.parse(headers['date'] ?? '');
    return readRetryAfter(headers['retry-after'], Number.isNaN(theirs) ? this.#options.now() : new Date(theirs));
  }
}

/** The service may have carried it out. */
function unanswered(
  { isRepeatable = true }: ServiceRequest,
  retryAfter: number | null,
  error: DirbridgeError,
): Outcome {
  return isRepeatable ? { kind: 'again', retryAfter, error } : { kind: 'refused', error };
}

/** Other than a gateway that did not hear from the service in time, these say that nothing was done. */
function isTurnedAway({ status }: HttpAnswer): boolean {
  return status === 429 || status === 503;
}

function decode(body: Uint8Array): XmlElement | BinaryXmlError {
  try {
    return decodeXml(body);
  } catch (thrown) {
    if (thrown instanceof BinaryXmlError) return thrown;
    throw thrown;
  }
}
