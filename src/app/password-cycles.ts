import { createHash } from 'node:crypto';
import type { PasswordSettings } from '../config.ts';
import type { CheckLine, Connector, PasswordTarget, TargetConnector } from '../connectors/connector.ts';
import type { EngineContext } from '../engine/context.ts';
import { findPasswordAccount, findUnknownChoices, PasswordJudge } from '../engine/password-judge.ts';
import { DirbridgeError, messageOf } from '../errors.ts';
import { runCapturedCycle } from '../passwords/capture/captured-cycle.ts';
import type { HeldPasswords } from '../passwords/capture/held-passwords.ts';
import { type CycleRecord, storeCycle } from '../passwords/cycle-record.ts';
import { WithExpiryPolicy } from '../passwords/expiry-policy.ts';
import type { PasswordContext } from '../passwords/password-context.ts';
import { describe, type OpenPassword } from '../passwords/status.ts';
import type { Store } from '../store/store.ts';
import { captureParts, checkCaptureSource, checkCaptureTarget, newHeldPasswords } from './capture.ts';

/** What a password cycle came to; `users`: those who were named, and when the tenant took their password last. */
export interface PasswordSyncResult {
  readonly cycle: CycleRecord;
  readonly users: readonly (OpenPassword & { readonly asked: string; readonly sentAt: string | null })[];
}

export interface PasswordSyncOptions {
  /** Read everybody and send everybody's password again. */
  readonly full: boolean;
  /** Only these, again. */
  readonly users: readonly string[];
}

/** One password cycle. `requireRight`: throws when another server has taken over; `held`: passwords that were handed over. */
export async function syncPasswords(
  engine: EngineContext,
  config: PasswordSettings,
  options: PasswordSyncOptions,
  requireRight: (() => Promise<void>) | undefined,
  held: HeldPasswords = newHeldPasswords(config, Date.now),
): Promise<PasswordSyncResult> {
  requireMethod(config);
  const startedAt = engine.now().toISOString();
  const context = await createContext(engine, config, requireRight, held).catch(async (error: unknown) => {
    await storeUnbegun(engine, startedAt, messageOf(error));
    throw error;
  });
  const accounts: { space: number; anchor: string; asked: string }[] = [];
  for (const asked of options.users) accounts.push({ ...(await findPasswordAccount(engine, asked)), asked });
  const only = accounts.length === 0 ? {} : { accounts };
  const cycle = await runCapturedCycle(context, held, { full: options.full, ...only });
  const users: PasswordSyncResult['users'][number][] = [];
  for (const { space, anchor, asked } of accounts) {
    const [giver] = await engine.store.passwords.givers(space, [anchor]);
    if (giver?.account == null) continue;
    const sentAt = giver.account.sent?.at ?? null;
    users.push({ asked, sentAt, ...describe(giver.account, await context.judge.nameOf(space, anchor)) });
  }
  return { cycle, users };
}

/** A cycle that could not begin has failed as well: status must not show the last good one for days. */
async function storeUnbegun({ store, now }: EngineContext, startedAt: string, message: string): Promise<void> {
  const nothing = { read: 0, sent: 0, blocked: 0, failed: 0, gone: 0 };
  const endedAt = now().toISOString();
  await storeCycle(store, { startedAt, endedAt, mode: 'delta', outcome: 'failed', message, ...nothing });
}

async function createContext(
  engine: EngineContext,
  config: PasswordSettings,
  requireRight: (() => Promise<void>) | undefined,
  held: HeldPasswords,
): Promise<PasswordContext> {
  const { store, now, log, progress, rules } = engine;
  const { only, except, expiredAccounts } = config.passwords;
  const connectors = engine.sources.map(({ connector }) => connector);
  const parts =
    config.passwords.method === 'capture'
      ? captureParts(config, connectors, engine.target, held)
      : hashParts(config, connectors, engine.target);
  return {
    store,
    ...parts,
    expiredAccounts,
    judge: await PasswordJudge.open(engine, { only, except }),
    fingerprint: createHash('sha256')
      .update(JSON.stringify([rules.hash, config.passwords]))
      .digest('base64url'),
    ...(requireRight === undefined ? {} : { requireRight }),
    now,
    log,
    progress,
  };
}

/** Throws `config-invalid` when the method needs something that the sources or the target cannot do. */
function hashParts(
  config: PasswordSettings,
  sources: readonly Connector[],
  target: TargetConnector,
): Pick<PasswordContext, 'sources' | 'target'> {
  const refusal = whyNotBySources(config, sources) ?? whyNotByTarget(config, target);
  if (refusal !== null) throw refusal;
  const { passwordTarget } = target;
  if (passwordTarget === undefined) throw new DirbridgeError('bug', 'the target lost its passwords');
  return {
    sources: sources.flatMap(({ name, passwords }) => (passwords === undefined ? [] : [{ name, passwords }])),
    target: withExpiry(config, passwordTarget),
  };
}

function withExpiry({ passwords: { expiration } }: PasswordSettings, target: PasswordTarget): PasswordTarget {
  return expiration === undefined ? target : new WithExpiryPolicy(target, expiration === 'tenant');
}

/** Throws `usage` while passwords are not synchronized at all. */
export function requireMethod({ file, passwords }: PasswordSettings): void {
  if (passwords.method !== 'off') return;
  throw new DirbridgeError(
    'usage',
    `${file} says passwords: { method: ${passwords.method} }, so no password is synchronized`,
    {
      remedy:
        'Set passwords: { method: hash } (docs/guide/passwords.md) or { method: capture } (docs/guide/password-capture.md).',
    },
  );
}

function whyNotBySources({ file, sources }: PasswordSettings, connectors: readonly Connector[]): DirbridgeError | null {
  if (connectors.some(({ passwords }) => passwords !== undefined)) return null;
  const kinds = [...new Set(sources.map(({ kind }) => kind))].join(', ');
  return new DirbridgeError(
    'config-invalid',
    `${file}: passwords.method is hash, but no source gives passwords (they are of kind ${kinds})`,
    { remedy: 'Passwords come from a source of kind ad. Name one, or set passwords: { method: off }.' },
  );
}

function whyNotByTarget({ file }: PasswordSettings, target: TargetConnector): DirbridgeError | null {
  if (target.passwordTarget !== undefined) return null;
  return new DirbridgeError(
    'config-invalid',
    `${file}: passwords.method is hash, but the target as it is configured takes no passwords`,
    { remedy: 'Configure the target as docs/guide/passwords.md says, or set passwords: { method: off }.' },
  );
}

/** Lines for `check`: whether passwords of a source can be read; nothing when none are asked for. */
export async function* checkSourcePasswords(config: PasswordSettings, connector: Connector): AsyncIterable<CheckLine> {
  if (config.passwords.method === 'capture') yield* checkCaptureSource(connector);
  if (config.passwords.method === 'hash' && connector.passwords !== undefined) yield* connector.passwords.check();
}

/** Lines for `check`: names of `passwords.only` and `passwords.except` that would stop every cycle. */
export async function checkPasswordChoice(config: PasswordSettings, store: Store): Promise<readonly CheckLine[]> {
  if (config.passwords.method === 'off') return [];
  const names = config.sources.map(({ name }) => name);
  return (await findUnknownChoices(store, names, config.passwords)).map(({ message, remedy, code }) => ({
    what: 'whose passwords',
    state: 'error',
    detail: message,
    remedy,
    code,
  }));
}

/** Whether passwords can be read at all, and whether the tenant would take them. */
export async function* checkTargetPasswords(
  config: PasswordSettings,
  sources: readonly Connector[],
  target: TargetConnector,
): AsyncIterable<CheckLine> {
  if (config.passwords.method === 'capture') yield* checkCaptureTarget(config, sources, target);
  if (config.passwords.method !== 'hash') return;
  for (const refusal of [whyNotBySources(config, sources), whyNotByTarget(config, target)])
    if (refusal !== null)
      yield {
        what: 'passwords',
        state: 'error',
        detail: refusal.message,
        remedy: refusal.remedy,
        code: refusal.code,
      };
  if (target.passwordTarget !== undefined) yield* withExpiry(config, target.passwordTarget).check();
}
