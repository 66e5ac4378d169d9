import { parseArgs } from 'node:util';
import type { Sizes } from './measure.ts';
import { MEASURES } from './measures.ts';

const FULL: Sizes = {
  users: 100_000,
  groups: 20_000,
  memberships: 1_000_000,
  importRounds: 5,
  memoryDirectories: [1_000, 100_000],
  sambaDirectories: [1_000, 10_000],
  memoryGroups: [50, 50_000],
  sambaGroups: [50, 5_000],
  memoryCycles: 60,
  sambaCycles: 20,
  firstLoadUsers: 20_000,
  journalUsers: 5_000,
  passwords: 10_000,
  throttleFactor: 8,
};

/** So small that all of it takes a few minutes: to see that everything works, not how fast. */
const QUICK: Sizes = {
  users: 1_000,
  groups: 200,
  memberships: 10_000,
  importRounds: 2,
  memoryDirectories: [100, 1_000],
  sambaDirectories: [50, 200],
  memoryGroups: [5, 200],
  sambaGroups: [5, 100],
  memoryCycles: 5,
  sambaCycles: 3,
  firstLoadUsers: 400,
  journalUsers: 200,
  passwords: 300,
  throttleFactor: 0.2,
};

export interface BenchOptions {
  /** Names of the measures to run. */
  readonly only: readonly string[];
  readonly sizes: Sizes;
  readonly isQuick: boolean;
  /** Limits are for the full sizes only. */
  readonly hasLimits: boolean;
  readonly isProfiling: boolean;
  /** Of the file in bench/results, without its ending. */
  readonly name: string;
}

export class UsageError extends Error {}

export const HELP = `npm run bench -- [options]

  --only NAMES      measures to run, separated by commas: ${MEASURES.map((measure) => measure.name).join(', ')}
  --users N         users of import and cold-plan, with a fifth as many groups and ten memberships each (default: 100000)
  --throttle N      what the documented quota is multiplied by for first-load (default: ${FULL.throttleFactor})
  --quick           small sizes, without limits: does everything still work?
  --profile         tell where the time of import and cold-plan goes, by step (their times are then too long)
  --name NAME       name of the file in bench/results (default: the date, or quick)
  --help

Exit codes: 0 every limit kept, 1 a limit missed or a measure failed, 2 wrong use.
`;

/** Throws UsageError. Null when help is asked for. */
export function readOptions(args: readonly string[], today: Date): BenchOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const isQuick = values.quick ?? false;
  const base = isQuick ? QUICK : FULL;
  const users = values.users === undefined ? base.users : readCount('--users', values.users);
  const name = values.name ?? (isQuick ? 'quick' : today.toISOString().slice(0, 10));
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw new UsageError('--name: letters, digits, dots, dashes and underscores only');
  return {
    only: readNames(values.only),
    sizes: {
      ...base,
      ...(values.users === undefined ? {} : { users, groups: Math.ceil(users / 5), memberships: users * 10 }),
      ...(values.throttle === undefined ? {} : { throttleFactor: readFactor(values.throttle) }),
    },
    isQuick,
    hasLimits: !isQuick && values.users === undefined,
    isProfiling: values.profile ?? false,
    name,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      only: { type: 'string' },
      users: { type: 'string' },
      throttle: { type: 'string' },
      quick: { type: 'boolean' },
      profile: { type: 'boolean' },
      name: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function readNames(text: string | undefined): readonly string[] {
  const known = MEASURES.map((measure) => measure.name);
  if (text === undefined) return known;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--only: there is no measure "${unknown}"; there are ${known.join(', ')}`);
  return names;
}

function readCount(option: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 100) throw new UsageError(`${option}: a whole number from 100 on`);
  return count;
}

function readFactor(text: string): number {
  const factor = Number(text);
  if (!(factor > 0)) throw new UsageError('--throttle: a number above 0');
  return factor;
}
