import {
  AuthError,
  ConfidentialClientApplication,
  type Configuration,
  type INetworkModule,
  type NetworkRequestOptions,
  type NetworkResponse,
} from '@azure/msal-node';
import { DirbridgeError, messageOf } from '../../errors.ts';
import { explainSignInRefusal } from './aadsts.ts';
import type { ClientCredential } from './client-credential.ts';
import type { Endpoints } from './config.ts';
import { causeOf, describeSilence } from './no-answer-reason.ts';
import { backOff, mayTryAgain, type Pace, type Patience, readRetryAfter } from './pace.ts';

const TIMEOUT = 30_000;
const MOST_TRIES = 4;
/** A token is renewed this long before it ends. */
const MARGIN = 5 * 60_000;

export interface SignInOptions {
  readonly tenant: string;
  readonly clientId: string;
  readonly endpoints: Endpoints;
  readonly readCredential: () => ClientCredential;
  readonly pace: Pace;
  readonly patience: Patience;
  /** Milliseconds for one request; never more than half a minute. */
  readonly timeout: number;
}

interface Token {
  readonly text: string;
  readonly endsAt: number;
}

/** Access tokens of the application for Graph. Signs in when one is asked for and none is good any more; several callers share one sign-in. */
export class SignIn {
  readonly #options: SignInOptions;
  #token: Token | null = null;
  #running: Promise<Token> | null = null;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** Throws `tenant-sign-in` with the AADSTS number, `tenant-unreachable`, or `config-secret`. */
  async token(): Promise<string> {
    if (this.#token && this.#token.endsAt - MARGIN > Date.now()) return this.#token.text;
    this.#running ??= this.#signIn().finally(() => {
      this.#running = null;
    });
    this.#token = await this.#running;
    return this.#token.text;
  }

  /** Graph has refused this token: the next call of `token` signs in anew. */
  forget(refused: string): void {
    if (this.#token?.text === refused) this.#token = null;
  }

  async #signIn(): Promise<Token> {
    const { pace, patience } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#signInOnce();
      } catch (thrown) {
        if (!isTransient(thrown) || !mayTryAgain(patience, attempt, MOST_TRIES, thrown.retryAfter))
          throw this.#explain(thrown);
        await pace.delay(backOff(attempt, thrown.retryAfter, pace));
      }
    }
  }

  async #signInOnce(): Promise<Token> {
    const network = new TimedNetwork(Math.min(this.#options.timeout, TIMEOUT));
    // A new client each time: MSAL would otherwise keep the secret and an old answer.
    const client = new ConfidentialClientApplication(this.#configuration(network));
    const request = { scopes: [this.#options.endpoints.scope], skipCache: true };
    const result = await client.acquireTokenByClientCredential(request).catch((thrown: unknown) => {
      throw network.failure ?? thrown;
    });
    if (!result) throw new DirbridgeError('tenant-sign-in', 'The sign-in gave no token.');
    return { text: result.accessToken, endsAt: result.expiresOn?.getTime() ?? 0 };
  }

  #configuration(networkClient: INetworkModule): Configuration {
    const { clientId, endpoints } = this.#options;
    const auth = { clientId, ...this.#options.readCredential() };
    const system = { networkClient, disableInternalRetries: true };
    if (!endpoints.isCustom) return { auth: { ...auth, authority: endpoints.authority }, system };
    // MSAL refuses an authority that is not https, but takes the endpoints as they are told (configuration allows http on loopback only).
    const url = new URL(endpoints.authority);
    return {
      auth: {
        ...auth,
        authority: `https://${url.host}${url.pathname}`,
        knownAuthorities: [url.host],
        authorityMetadata: JSON.stringify({
          authorization_endpoint: `${endpoints.authority}/oauth2/v2.0/authorize`,
          token_endpoint: `${endpoints.authority}/oauth2/v2.0/token`,
          issuer: `${endpoints.authority}/v2.0`,
          jwks_uri: `${endpoints.authority}/discovery/v2.0/keys`,
        }),
      },
      system,
    };
  }

  #explain(thrown: unknown): DirbridgeError {
    const { tenant, clientId } = this.#options;
    if (thrown instanceof DirbridgeError) return thrown;
    if (thrown instanceof SignInUnreachable) {
      const message = `Sign-in at ${this.#options.endpoints.authority} did not answer: ${thrown.message}.`;
      return new DirbridgeError('tenant-unreachable', message, { cause: thrown });
    }
    const refusal = explainSignInRefusal(thrown instanceof AuthError ? thrown.errorMessage : messageOf(thrown));
    const message = `Sign-in of ${clientId} in ${tenant} was refused: ${refusal.message}`;
    return new DirbridgeError('tenant-sign-in', message, {
      cause: thrown,
      ...(refusal.remedy === null ? {} : { remedy: refusal.remedy }),
    });
  }
}

/** No answer, or one that says to come again. */
class SignInUnreachable extends Error {
  /** Milliseconds that the answer says to wait. */
  readonly retryAfter: number | null;

  constructor(message: string, cause: unknown, retryAfter: number | null = null) {
    super(message, { cause });
    this.retryAfter = retryAfter;
  }
}

function isTransient(thrown: unknown): thrown is SignInUnreachable {
  return thrown instanceof SignInUnreachable;
}

/** MSAL's own client has no time-outs, and MSAL hides what failed below it. */
class TimedNetwork implements INetworkModule {
  failure: unknown = null;
  readonly #timeout: number;

  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#exchange(url, 'GET', options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    return this.#exchange(url, 'POST', options);
  }

  async #exchange<T>(url: string, method: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    try {
      return await exchange<T>(url, method, this.#timeout, options);
    } catch (thrown) {
      this.failure = thrown;
      throw thrown;
    }
  }
}

async function exchange<T>(
  url: string,
  method: string,
  timeout: number,
  options?: NetworkRequestOptions,
): Promise<NetworkResponse<T>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method,
      headers: options?.headers ?? {},
      signal: AbortSignal.timeout(timeout),
      redirect: 'error',
      ...(options?.body === undefined ? {} : { body: options.body }),
    });
    text = await response.text();
  } catch (cause) {
    throw new SignInUnreachable(describeSilence(causeOf(cause), timeout), cause);
  }
  if (response.status === 429 || response.status >= 500) {
    const wait = readRetryAfter(response.headers.get('retry-after'), new Date());
    throw new SignInUnreachable(`it answered ${response.status}`, undefined, wait);
  }
  try {
    return { status: response.status, headers: Object.fromEntries(response.headers), body: JSON.parse(text) as T };
  } catch (cause) {
    throw new SignInUnreachable(`it answered ${response.status} without JSON`, cause);
  }
}
