import { isRecord } from './json-value.ts';
import type { EmulatorOptions } from './options.ts';
import { type Emulator, startEmulator } from './server.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** An answer with its JSON, and a way into it that needs no casts. */
export class Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;

  constructor(status: number, headers: Headers, text: string) {
    this.status = status;
    this.headers = headers;
    this.text = text;
    this.body = headers.get('content-type')?.startsWith('application/json') ? (JSON.parse(text) as unknown) : undefined;
  }

  /** The value at a path of names and places: `at('error', 'code')`. */
  at(...path: readonly (string | number)[]): unknown {
    let value: unknown = this.body;
    for (const step of path) {
      if (Array.isArray(value) && typeof step === 'number') value = value[step];
      else if (isRecord(value)) value = value[step];
      else return undefined;
    }
    return value;
  }

  textAt(...path: readonly (string | number)[]): string {
    return String(this.at(...path));
  }

  list(...path: readonly (string | number)[]): readonly JsonObject[] {
    const value = this.at(...(path.length > 0 ? path : ['value']));
    return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
  }
}

/** A small Graph client over the real socket, for the emulator's own tests. Signs in with the client secret. */
export class GraphClient {
  readonly emulator: Emulator;
  #token: string | undefined;

  constructor(emulator: Emulator) {
    this.emulator = emulator;
  }

  /** Starts an emulator and a client of it. Tests get throttling switched off unless they ask for it. */
  static async start(options: EmulatorOptions = {}): Promise<GraphClient> {
    const defaults: EmulatorOptions = {
      domains: ['contoso.com'],
      throttle: 'off',
      randomSeed: 1,
      log: () => undefined,
    };
    return new GraphClient(await startEmulator({ ...defaults, ...options }));
  }

  close(): Promise<void> {
    return this.emulator.close();
  }

  /** A POST of form fields to the token endpoint of the tenant. */
  async signIn(
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const url = `${this.emulator.url}/${this.emulator.tenant}/oauth2/v2.0/token`;
    return read(await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) }));
  }

  secretFields(): Record<string, string> {
    return {
      client_id: this.emulator.clientId,
      client_secret: this.emulator.clientSecret,
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
    };
  }

  async token(): Promise<string> {
    this.#token ??= (await this.signIn(this.secretFields())).textAt('access_token');
    return this.#token;
  }

  forgetToken(): void {
    this.#token = undefined;
  }

  /** Path below the version, or a whole link. */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    const url = path.startsWith('http') ? path : `${this.emulator.url}/v1.0${path}`;
    const response = await fetch(url, {
      method,
      headers: {
        authorization: `Bearer ${await this.token()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return read(response);
  }

  get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('GET', path, undefined, headers);
  }

  post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('POST', path, body, headers);
  }

  patch(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return this.send('PATCH', path, body, headers);
  }

  delete(path: string): Promise<Reply> {
    return this.send('DELETE', path);
  }

  /** A control endpoint below /emulator. */
  control(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.send(method, `${this.emulator.url}/emulator${path}`, body);
  }

  /** Creates a user and returns its id; throws when it is refused. */
  async createUser(name: string, more: JsonObject = {}): Promise<string> {
    return created(await this.post('/users', { ...userBody(name), ...more }));
  }

  async createGroup(name: string, more: JsonObject = {}): Promise<string> {
    return created(await this.post('/groups', { ...groupBody(name), ...more }));
  }

  /** Reads a delta or a list to its end. */
  async readAll(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Round> {
    const entries: JsonObject[] = [];
    let next: string | undefined = path;
    let pages = 0;
    let deltaLink = '';
    while (next !== undefined) {
      const reply: Reply = await this.get(next, headers);
      if (reply.status !== 200) throw new Error(`${next} answered ${reply.status}: ${reply.text}`);
      pages++;
      entries.push(...reply.list());
      deltaLink = String(reply.at('@odata.deltaLink'));
      const link = reply.at('@odata.nextLink');
      next = typeof link === 'string' ? link : undefined;
    }
    return { entries, pages, deltaLink };
  }
}

export interface Round {
  readonly entries: readonly JsonObject[];
  readonly pages: number;
  readonly deltaLink: string;
}

async function read(response: Response): Promise<Reply> {
  return new Reply(response.status, response.headers, await response.text());
}

function created(reply: Reply): string {
  if (reply.status !== 201) throw new Error(`not created: ${reply.status} ${reply.text}`);
  return reply.textAt('id');
}

export const PASSWORD = 'Correct-Horse-7';

export function userBody(name: string): JsonObject {
  return {
    accountEnabled: true,
    displayName: name,
    mailNickname: name,
    userPrincipalName: `${name}@contoso.com`,
    passwordProfile: { password: PASSWORD },
  };
}

export function groupBody(name: string): JsonObject {
  return { displayName: name, mailEnabled: false, mailNickname: name, securityEnabled: true };
}

/** The URL by which a body names another object. */
export function referenceTo(id: string): string {
  return `https://graph.microsoft.com/v1.0/directoryObjects/${id}`;
}
