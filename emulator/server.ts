import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { EmulatorClock } from './clock.ts';
import { answerControl, type ControlParts } from './control.ts';
import { EmulatorError } from './emulator-error.ts';
import { EMULATOR_PATH } from './emulator-path.ts';
import { answerInstead, spoil } from './fault-answers.ts';
import type { ArmedFault } from './faults.ts';
import { type Answer, answerEmpty, answerJson, type Call } from './http-exchange.ts';
import { createIdentity, readIdentity } from './identity.ts';
import type { EmulatorOptions } from './options.ts';
import { isProvisioningPath } from './provisioning/provisioning-service.ts';
import { Randomness } from './randomness.ts';
import { sendAnswer } from './send-answer.ts';
import { SigningKey } from './sign-in/signing-key.ts';
import { type StateFrame, StateKeeper } from './state-keeper.ts';
import { readStateFile } from './tenant/state-file.ts';
import { createWorld, type World } from './world.ts';

/** A running emulator. */
export interface Emulator {
  /** Scheme, host and port, without a slash at the end: Graph is at `url/v1.0`, sign-in at `url/<tenant>`. */
  readonly url: string;
  readonly tenantId: string;
  /** Initial domain, `contoso.onmicrosoft.com`. */
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Moves the emulator's clock forward, as POST /emulator/clock does. */
  advanceClock(milliseconds: number): void;
  /** Ends every connection, writes the state file when there is one, and frees the port. */
  close(): Promise<void>;
}

const LARGEST_BODY = 4 * 1024 * 1024;

/** Starts an emulated tenant in this process. Throws EmulatorError for wrong options, seeds and state files. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const log = options.log ?? ((line: string) => void process.stderr.write(`emulator: ${line}\n`));
  const clock = new EmulatorClock(options.now);
  const stored = options.stateFile === undefined ? undefined : readStateFile(options.stateFile);
  const identity = stored
    ? readIdentity(stored['identity'], options, options.stateFile ?? '')
    : createIdentity(options, options.randomness ?? new Randomness(options.randomSeed));
  if (stored) clock.advance(Number(stored['clockAdvanced'] ?? 0));
  const key = new SigningKey(identity.signingKey);
  let generation = Number(stored?.['generation'] ?? clock.now());
  const build = (state: Readonly<Record<string, unknown>> | undefined): World =>
    createWorld({ options, identity, key, clock, generation, state, log });
  let world = build(stored);
  const frame = (): StateFrame => ({
    identity: { ...identity, signingKey: key.exportPem() },
    clockAdvanced: clock.advanced,
    generation,
  });
  const keeper = options.stateFile === undefined ? undefined : new StateKeeper(options.stateFile, frame, log);
  const reset = (): void => {
    generation++;
    world = build(undefined);
    keeper?.watch(world.tenant);
  };
  const advance = (milliseconds: number): void => {
    clock.advance(milliseconds);
    world.tenant.settle();
    keeper?.save();
  };
  const answer = (call: Call): Answer => answerCall(call, world, { clock, advance, reset, save: () => keeper?.save() });
  const server = listen(options, (request, response) => void serve(request, response, answer, () => world, log));
  const url = await ready(server, options);
  // Only now: a start that fails for its port must not touch the file of the emulator that has it.
  keeper?.watch(world.tenant);
  return {
    url,
    tenantId: identity.tenantId,
    tenant: identity.initialDomain,
    clientId: identity.clientId,
    clientSecret: identity.clientSecret,
    advanceClock: advance,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      keeper?.close();
    },
  };
}

type LifeParts = Pick<ControlParts, 'clock' | 'advance' | 'reset' | 'save'>;

function answerCall(call: Call, world: World, parts: LifeParts): Answer {
  if (call.path.startsWith('/v1.0/')) return world.graph.answer(call);
  if (isProvisioningPath(call.path)) return world.provisioning.answer(call);
  if (call.path.startsWith(`${EMULATOR_PATH}/`)) return answerControl(call, { ...world, ...parts });
  return answerSignIn(call, world) ?? world.graph.refuse(call);
}

/** Sign-in, which faults strike as well. */
function answerSignIn(call: Call, world: World): Answer | undefined {
  const fault = world.faults.strike(call.method, [call.path]);
  if (!fault) return world.signIn.answer(call);
  world.stats.countFault(fault.fault);
  const answer = answerInstead(fault) ?? refuseSignIn(fault) ?? signInLate(call, world, fault) ?? answerEmpty(404);
  return spoil(answer, fault, call);
}

function refuseSignIn(fault: ArmedFault): Answer | undefined {
  const status = Number(fault.fault);
  if (Number.isNaN(status)) return undefined;
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  return { status, headers, text: 'Service unavailable' };
}

/** The answer of the service; a token that is not valid yet begins as much later as the fault says. */
function signInLate(call: Call, world: World, fault: ArmedFault): Answer | undefined {
  if (fault.fault === 'tokenNotYetValid') world.tokens.postpone(fault.delay);
  return world.signIn.answer(call);
}

function listen(
  options: EmulatorOptions,
  serveOne: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  if (!options.tls) return createServer({ keepAliveTimeout: 60_000 }, serveOne);
  try {
    return createTlsServer({ ...options.tls, keepAliveTimeout: 60_000 }, serveOne);
  } catch (cause) {
    throw new EmulatorError(`The certificate and key for HTTPS cannot be used: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

async function ready(server: Server, options: EmulatorOptions): Promise<string> {
  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new EmulatorError(`Cannot listen on ${host}:${options.port ?? 0}: ${cause.message}`, { cause })),
    );
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `${options.tls ? 'https' : 'http'}://${shown}:${port}`;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (call: Call) => Answer,
  world: () => World,
  log: (line: string) => void,
): Promise<void> {
  const { stats } = world();
  const isGraph = request.url?.startsWith('/v1.0/') === true;
  if (isGraph) stats.begin();
  let isEnded = false;
  const end = (): void => {
    if (isGraph && !isEnded) stats.end();
    isEnded = true;
  };
  // An answer counts as given when it is handed over; a connection that breaks never gets so far.
  response.once('finish', end).once('close', end);
  try {
    const call = await readCall(request);
    if (!call) return sendAnswer(response, world().graph.refuseSize(request.headers as Call['headers']));
    sendAnswer(response, answer(call));
  } catch (error) {
    log(`failed at ${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`);
    if (!response.headersSent) {
      sendAnswer(
        response,
        answerJson(500, { error: { code: 'InternalServerError', message: 'A defect of the emulator: see its log.' } }),
      );
    } else response.destroy();
  }
}

/** Reads a whole request; undefined when its body is larger than Graph takes. */
async function readCall(request: IncomingMessage): Promise<Call | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= LARGEST_BODY) pieces.push(piece);
  }
  if (size > LARGEST_BODY) return undefined;
  const url = request.url ?? '/';
  const at = url.indexOf('?');
  const scheme = 'encrypted' in request.socket ? 'https' : 'http';
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    headers: request.headers as Readonly<Record<string, string | undefined>>,
    body: Buffer.concat(pieces),
    origin: `${scheme}://${request.headers.host ?? '127.0.0.1'}`,
  };
}
