import { parseArgs } from 'node:util';

export const DIRECTORIES = ['memory', 'samba'] as const;
/** How objects go to the tenant. */
export const WAYS = ['graph', 'provisioning'] as const;
export type Way = (typeof WAYS)[number];

export interface CampaignOptions {
  readonly runs: number;
  /** Of the first run; the others follow by one. */
  readonly seed: number;
  /** No run is begun later. */
  readonly minutes: number;
  readonly against: (typeof DIRECTORIES)[number];
  readonly via: Way;
  /** Runs at the same time. */
  readonly parallel: number;
  /** Replication delay of the tenant in every run, in milliseconds; null: every run chooses its own. */
  readonly lag: number | null;
  /** Tell also what was done in runs that are good. */
  readonly isTalkative: boolean;
  /** Of the file in test/faults/results, without its ending; null: none is written. */
  readonly name: string | null;
}

export class UsageError extends Error {}

export const HELP = `npm run faults -- [options]

  --runs N          runs (default: 500)
  --seed N          seed of the first run, the others follow by one (default: 1)
  --minutes N       begin no run later than this (default: no limit)
  --against NAME    memory or samba: the directory that is followed (default: memory; samba needs root)
  --via NAME        graph or provisioning: how objects go to the tenant (default: graph)
  --lag MS          replication delay of the tenant in every run, in milliseconds (default: each run chooses 0, 5000 or 60000; Graph only)
  --parallel N      runs at the same time, memory only (default: 4)
  --name NAME       write the table to test/faults/results/NAME.md
  --verbose         print what was done in every run, not only in those that failed
  --help

Each run changes a directory at random, lets the tenant, the network and the directory fail at random, kills the process at random, and then
compares the tenant with one that was filled from scratch. A run that failed prints its seed: repeat it with --runs 1 --seed N.

Exit codes: 0 every tenant is right, 1 something was lost, duplicated, wrongly deleted or wrong, 2 wrong use.
`;

/** Throws UsageError. Null when help is asked for. */
export function readOptions(args: readonly string[]): CampaignOptions | null {
  const values = parse(args);
  if (values.help) return null;
  const against = readName('--against', values.against, DIRECTORIES);
  const via = readName('--via', values.via, WAYS);
  const name = values.name ?? null;
  if (name !== null && !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name))
    throw new UsageError('--name: letters, digits, dots, dashes and underscores only');
  return {
    runs: readNumber('--runs', values.runs, 500),
    seed: readNumber('--seed', values.seed, 1),
    minutes: readNumber('--minutes', values.minutes, Number.POSITIVE_INFINITY),
    against,
    via,
    parallel: against === 'samba' ? 1 : readNumber('--parallel', values.parallel, 4),
    lag: values.lag === undefined ? null : readNumber('--lag', values.lag, 0, 0),
    isTalkative: values.verbose ?? false,
    name,
  };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      runs: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      against: { type: 'string' },
      via: { type: 'string' },
      parallel: { type: 'string' },
      lag: { type: 'string' },
      name: { type: 'string' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The first name is the default. */
function readName<Name extends string>(
  option: string,
  given: string | undefined,
  names: readonly [Name, ...Name[]],
): Name {
  if (given === undefined) return names[0];
  const found = names.find((name) => name === given);
  if (found === undefined) throw new UsageError(`${option}: there is no "${given}"; there are ${names.join(', ')}`);
  return found;
}

function readNumber(option: string, text: string | undefined, otherwise: number, least = 1): number {
  if (text === undefined) return otherwise;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isInteger(number) || number < least)
    throw new UsageError(`${option}: a whole number from ${least} on, not "${text}"`);
  return number;
}
