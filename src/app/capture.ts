import type { PasswordSettings } from '../config.ts';
import type { CheckLine, Connector, PasswordMarkSource, TargetConnector } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { copySecret } from '../model/secret-bytes.ts';
import { startCaptureServer } from '../passwords/capture/capture-server.ts';
import { CapturedPasswords } from '../passwords/capture/captured-passwords.ts';
import { ClearPasswords } from '../passwords/capture/clear-passwords.ts';
import { type DeskClock, HandOverDesk } from '../passwords/capture/hand-over-desk.ts';
import { HeldPasswords } from '../passwords/capture/held-passwords.ts';
import { findFault } from '../passwords/capture/socket-place.ts';
import type { PasswordContext } from '../passwords/password-context.ts';

/** What a password cycle needs to know otherwise when passwords are handed over. */
export function captureParts(
  config: PasswordSettings,
  connectors: readonly Connector[],
  target: TargetConnector,
  held: HeldPasswords,
): Pick<PasswordContext, 'sources' | 'target' | 'derive' | 'isCaptured'> {
  const refusal = whyNoCapture(config, connectors, target);
  if (refusal !== null) throw refusal;
  const { clearPasswordTarget } = target;
  if (clearPasswordTarget === undefined) throw new DirbridgeError('bug', 'the target lost its passwords');
  const { temporaryPasswords, expiration } = config.passwords;
  const choice = { mayForceChange: temporaryPasswords === 'send', expires: expiration === 'tenant' };
  return {
    sources: [...marksOf(connectors)].map(([name, marks]) => ({
      name,
      passwords: new CapturedPasswords(name, marks, held),
    })),
    target: new ClearPasswords(clearPasswordTarget, choice),
    derive: async (password) => copySecret(password),
    isCaptured: true,
  };
}

export function newHeldPasswords(config: PasswordSettings, now: () => number): HeldPasswords {
  return new HeldPasswords({ now, hold: config.passwords.hold });
}

function marksOf(connectors: readonly Connector[]): ReadonlyMap<string, PasswordMarkSource> {
  return new Map(
    connectors.flatMap(({ name, passwordMarks }) => (passwordMarks === undefined ? [] : [[name, passwordMarks]])),
  );
}

function whyNoCapture(
  { file, sources }: PasswordSettings,
  connectors: readonly Connector[],
  target: TargetConnector,
): DirbridgeError | null {
  if (marksOf(connectors).size === 0) {
    const kinds = [...new Set(sources.map(({ kind }) => kind))].join(', ');
    return new DirbridgeError(
      'config-invalid',
      `${file}: passwords.method is capture, but no source has domain controllers that could hand passwords over (they are of kind ${kinds})`,
      { remedy: 'Name a source of kind ad, or set passwords: { method: off }.' },
    );
  }
  if (target.clearPasswordTarget !== undefined) return null;
  return new DirbridgeError(
    'config-invalid',
    `${file}: passwords.method is capture, but through the target as it is configured no password can be set`,
    {
      remedy:
        'Write the tenant through Microsoft Graph (target.via: graph), or use passwords: { method: hash } with via: provisioning.',
    },
  );
}

/** Lines for `check` of a source. */
export async function* checkCaptureSource(connector: Connector): AsyncIterable<CheckLine> {
  if (connector.passwordMarks !== undefined) yield* connector.passwordMarks.check();
}

/** Lines for `check`: the socket, and whether the tenant would take passwords. */
export async function* checkCaptureTarget(
  config: PasswordSettings,
  connectors: readonly Connector[],
  target: TargetConnector,
): AsyncIterable<CheckLine> {
  const refusal = whyNoCapture(config, connectors, target);
  if (refusal !== null)
    yield {
      what: 'passwords',
      state: 'error',
      detail: refusal.message,
      remedy: refusal.remedy,
      code: refusal.code,
    };
  yield checkSocket(config);
  if (target.clearPasswordTarget !== undefined) yield* target.clearPasswordTarget.check();
}

function checkSocket({ passwords: { socket = '', socketAccess } }: PasswordSettings): CheckLine {
  const what = 'socket for new passwords';
  const fault = findFault(socket, socketAccess);
  if (fault === null) return { what, state: 'ok', detail: socket };
  const { message, remedy, code } = new DirbridgeError('capture-socket', `${socket}: ${fault}`);
  return { what, state: 'error', detail: message, remedy, code };
}

export interface CaptureRun {
  readonly config: PasswordSettings;
  /** Its own connections to the directories: they are not closed here. */
  readonly connectors: readonly Connector[];
  readonly held: HeldPasswords;
  readonly onTaken: () => void;
  readonly clock: DeskClock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Takes new passwords from domain controllers until the signal is given; `whenOpen` is told when it listens. Throws `capture-socket`. */
export async function runCapture(run: CaptureRun, whenOpen: () => void): Promise<void> {
  const { config, held, onTaken, clock, log, signal } = run;
  const { socket = '', socketAccess } = config.passwords;
  const desk = new HandOverDesk({ held, sources: marksOf(run.connectors), onTaken, clock, log });
  const server = await startCaptureServer({ path: socket, access: socketAccess, take: (one) => desk.take(one), log });
  try {
    whenOpen();
    await desk.run(signal);
  } finally {
    await server.close();
  }
}
