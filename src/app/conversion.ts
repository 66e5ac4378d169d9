import type { Config, ConfigKind } from '../config.ts';
import type { CheckLine, Connector, TargetConnector } from '../connectors/connector.ts';
import type { JudgedConversion } from '../engine/judge-conversion.ts';
import type { CycleResult } from '../engine/run.ts';
import { DirbridgeError } from '../errors.ts';
import { readTargetKey } from '../migration/target-key.ts';
import { checkTargetPasswords } from './password-cycles.ts';

export interface ConversionRequest {
  /** The way that the tenant is to be written by. */
  readonly to: string;
  readonly apply: boolean;
  readonly approve: boolean;
}

/**
 * `already`: it is written this way. `unready`: `checks` says what is missing. `refused`: somebody would be harmed. `possible`: nothing was asked for but to look.
 * `incomplete`: some of the plan failed, or a guard or a stale plan stopped it (`run`). `converted`: everything was carried out, and the configuration says so.
 */
export const CONVERSION_OUTCOMES = ['already', 'unready', 'refused', 'possible', 'incomplete', 'converted'] as const;

export interface ConversionResult {
  readonly from: string;
  readonly to: string;
  readonly outcome: (typeof CONVERSION_OUTCOMES)[number];
  readonly checks: readonly CheckLine[];
  /** Null where it did not come to a plan. */
  readonly judged: JudgedConversion | null;
  /** The run that made the plan, and carried it out; of a look alone, on a copy of the store. */
  readonly run: CycleResult | null;
}

interface Ways {
  readonly key: string;
  readonly from: string;
}

/** How the tenant is written now, and by which key of its section. Throws `usage` where there is no such other way. */
export function readWays(
  config: Config,
  kinds: readonly (ConfigKind & { readonly ways?: { readonly key: string; readonly names: readonly string[] } })[],
  to: string,
): Ways {
  const { file, target } = config;
  const ways = kinds.find(({ kind }) => kind === target.kind)?.ways;
  if (ways === undefined)
    throw new DirbridgeError('usage', `${file}: a target of kind ${target.kind} is written in one way only`);
  if (!ways.names.includes(to))
    throw new DirbridgeError('usage', `"${to}" is no way to a target of kind ${target.kind}`, {
      remedy: `Give one of: ${ways.names.join(', ')}.`,
    });
  return { key: ways.key, from: String(readTargetKey(config, ways.key)) };
}

export function isReady(checks: readonly CheckLine[]): boolean {
  return checks.every(({ state }) => state !== 'error');
}

/** Whether the target can be gone on with by its way; nothing more is asked once something is wrong. */
export async function checkWay(
  config: Config,
  sources: readonly Connector[],
  target: TargetConnector,
): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  for await (const line of target.check()) lines.push(line);
  if (isReady(lines) && target.checkTakeover !== undefined)
    for await (const line of target.checkTakeover()) lines.push(line);
  if (!isReady(lines)) return lines;
  for await (const line of checkTargetPasswords(config, sources, target)) lines.push(asNotice(line));
  return lines;
}

/** Objects can go over without them: whoever has a password in the tenant keeps it. */
function asNotice(line: CheckLine): CheckLine {
  if (line.state !== 'error') return line;
  const detail = `${line.detail}. No password is sent this way until that is put right; people keep those that they have in the tenant`;
  return { ...line, state: 'warning', detail };
}
