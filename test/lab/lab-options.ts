import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface LabOptions {
  readonly forests: number;
  /** In each forest. */
  readonly users: number;
  readonly groups: number;
  readonly badObjects: boolean;
  /** Where the configuration is written. */
  readonly folder: string;
  /** Further arguments for the emulator. */
  readonly emulatorArguments: readonly string[];
}

export const LAB_USAGE = `npm run lab -- [--forests N] [--users N] [--groups N] [--no-bad-objects]
               [--folder DIR] [--emulator-args="..."]

Starts real Samba Active Directory domains and an emulated Entra ID tenant, writes lab/dirbridge.yaml, prints how to use
them and stays up until Ctrl-C.

  --forests N          domains, each its own forest (default 1, at most 8)
  --users N            users of each (default 200)
  --groups N           groups of each (default 40)
  --no-bad-objects     leave the deliberately bad objects out
  --folder DIR         where the configuration is written (default lab); give two labs at once two folders
  --emulator-args="…"  further arguments for dirbridge-emulator, e.g. --emulator-args="--throttle 10 --lag 500";
                       for password hashes and the provisioning service --emulator-args="--synchronization"

Exit codes: 0 stopped by Ctrl-C, 1 something could not be started, 2 wrong use.`;

const MOST_FORESTS = 8;
const DEFAULT_FOLDER = fileURLToPath(new URL('../../lab', import.meta.url));

/** Throws an Error that says which option is wrong; answers undefined when help is asked for. */
export function parseLabOptions(args: readonly string[]): LabOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      forests: { type: 'string', default: '1' },
      users: { type: 'string', default: '200' },
      groups: { type: 'string', default: '40' },
      'bad-objects': { type: 'boolean', default: true },
      folder: { type: 'string', default: DEFAULT_FOLDER },
      'emulator-args': { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
    allowNegative: true,
  });
  if (values.help) return undefined;
  return {
    forests: parseCount('--forests', values.forests, 1, MOST_FORESTS),
    users: parseCount('--users', values.users, 1, 100_000),
    groups: parseCount('--groups', values.groups, 0, 100_000),
    badObjects: values['bad-objects'],
    folder: resolve(values.folder),
    emulatorArguments: values['emulator-args'].split(/\s+/).filter((part) => part !== ''),
  };
}

function parseCount(option: string, text: string, least: number, most: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= least && count <= most) return count;
  throw new Error(`${option} ${text}: must be a whole number from ${least} to ${most}`);
}
