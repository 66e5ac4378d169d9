import type { EmulatorOptions } from '../../emulator/options.ts';
import { type Emulator, startEmulator } from '../../emulator/server.ts';
import type {
  ConnectorContext,
  ReadEvent,
  ReadRequest,
  TargetConnector,
  TargetWrite,
  WriteResult,
} from '../../src/connectors/connector.ts';
import { entraSection } from '../../src/connectors/entra/config.ts';
import { createEntraConnector, type EntraTuning } from '../../src/connectors/entra/connector.ts';
import { SILENT_LOG } from '../../src/log.ts';
import type { ObjectChange } from '../../src/model/change.ts';

export const NO_WATERMARK: ReadRequest = { watermark: null, attributes: [], references: [] };

/** Waits are cut to a hundredth, so that back-offs of seconds take milliseconds; chance is fixed. */
const HURRIED = {
  now: () => performance.now() * 100,
  delay: (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds / 100)),
  random: () => 0.5,
};

export interface ReadResult {
  readonly begin: Extract<ReadEvent, { kind: 'begin' }>;
  readonly changes: readonly ObjectChange[];
  readonly watermark: string;
}

/** An emulated tenant over a real socket, and an Entra connector signed in to it. */
export interface EntraTenant {
  readonly emulator: Emulator;
  readonly target: TargetConnector;
  /** Another connector to the same tenant. */
  connect(
    more?: Readonly<Record<string, unknown>>,
    tuning?: EntraTuning,
    secrets?: Readonly<Record<string, string>>,
  ): TargetConnector;
  /** Writes in chunks of 20 and gives the results by the id of the write. */
  write(writes: readonly TargetWrite[]): Promise<ReadonlyMap<string, WriteResult>>;
  read(watermark?: string | null): Promise<ReadResult>;
  /** GET without a body, POST with one, or as `method` says. */
  control(path: string, body?: unknown, method?: string): Promise<unknown>;
  /** A request to Graph of its own, as an administrator would make it. Throws unless it succeeds. */
  graph(method: string, path: string, body?: unknown): Promise<void>;
  dump(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

export async function startEntraTenant(options: EmulatorOptions = {}): Promise<EntraTenant> {
  const emulator = await startEmulator({ domains: ['contoso.com'], throttle: 'off', randomSeed: 7, ...options });
  const connect: EntraTenant['connect'] = (more = {}, tuning = {}, secrets = {}) => {
    const base = {
      tenant: emulator.tenant,
      clientId: emulator.clientId,
      graph: emulator.url,
      authority: emulator.url,
      clientSecret: { env: 'SECRET' },
    };
    return createEntraConnector(entraSection.parse({ ...base, ...more }), contextWith(emulator.clientSecret, secrets), {
      pace: HURRIED,
      ...tuning,
    });
  };
  const target = connect();
  const control = async (
    path: string,
    body?: unknown,
    method = body === undefined ? 'GET' : 'POST',
  ): Promise<unknown> => {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await fetch(`${emulator.url}/emulator/${path}`, init);
    if (!response.ok) throw new Error(`/emulator/${path} answered ${response.status}: ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    emulator,
    target,
    connect,
    write: (writes) => writeAll(target, writes),
    read: (watermark = null) => readAll(target, watermark),
    control,
    graph: (method, path, body) => sendToGraph(emulator, method, path, body),
    dump: async () => objectsIn(await control('dump')),
    close: async () => {
      await target.close();
      await emulator.close();
    },
  };
}

function contextWith(clientSecret: string, secrets: Readonly<Record<string, string>>): ConnectorContext {
  return {
    name: 'tenant',
    log: SILENT_LOG,
    now: () => new Date(),
    readSecret: (source) => ('env' in source ? (secrets[source.env] ?? clientSecret) : (secrets[source.file] ?? '')),
    resolvePath: (path) => path,
  };
}

export async function readAll(target: TargetConnector, watermark: string | null): Promise<ReadResult> {
  let begin: ReadResult['begin'] | undefined;
  const changes: ObjectChange[] = [];
  for await (const event of target.read({ ...NO_WATERMARK, watermark })) {
    if (event.kind === 'begin') begin = event;
    if (event.kind === 'page') changes.push(...event.changes);
    if (event.kind === 'end' && begin) return { begin, changes, watermark: event.watermark };
  }
  throw new Error('the read ended without an end');
}

export async function writeAll(
  target: TargetConnector,
  writes: readonly TargetWrite[],
): Promise<ReadonlyMap<string, WriteResult>> {
  async function* chunks(): AsyncGenerator<readonly TargetWrite[]> {
    for (let from = 0; from < writes.length; from += target.chunkSize)
      yield writes.slice(from, from + target.chunkSize);
  }
  const results = new Map<string, WriteResult>();
  for await (const page of target.write(chunks())) {
    for (const result of page) {
      if (results.has(result.id)) throw new Error(`${result.id} was answered twice`);
      results.set(result.id, result);
    }
  }
  return results;
}

function objectsIn(dump: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(dump as Readonly<Record<string, unknown>>).flatMap((list) => (Array.isArray(list) ? list : []));
}

/** A request to Graph as an administrator of the tenant makes it. Throws unless it succeeds. */
export async function sendToGraph(emulator: Emulator, method: string, path: string, body: unknown): Promise<void> {
  const form = new URLSearchParams({
    client_id: emulator.clientId,
    client_secret: emulator.clientSecret,
    scope: 'https://graph.microsoft.com/.default',
    grant_type: 'client_credentials',
  });
  const signIn = await fetch(`${emulator.url}/${emulator.tenant}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const { access_token: token } = (await signIn.json()) as { readonly access_token: string };
  const response = await fetch(`${emulator.url}/v1.0${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
