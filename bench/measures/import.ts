import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { loadRuleSet } from '../../src/rules/rule-set.ts';
import { type SlapdServer, startSlapd } from '../../test/lab/slapd.ts';
import { type Figure, median, toMegabytes } from '../figure.ts';
import type { Measure, MeasureContext } from '../measure.ts';
import { BASE_DN, generateEntries } from '../population.ts';

const PAGE_SIZE = 1000;
/** What the AD connector asks for besides what the rules read. */
const IDENTITY = ['objectGUID', 'entryUUID', 'objectClass'] as const;

interface Round {
  readonly ldapsearch: number;
  readonly dirbridge: number;
  readonly processor: number;
  readonly peakMemory: number;
}

/**
 * A full import into an empty store beside ldapsearch, which reads the same entries and attributes in the same pages over LDAPS. They
 * take turns in one run, and the medians are compared: how long the server needs swings with what else the machine does.
 */
export const importMeasure: Measure = {
  name: 'import',
  title: 'Full import from LDAP beside ldapsearch',
  needsServers: true,
  async run(context) {
    const { users, importRounds } = context.sizes;
    context.note(`loading ${users} users into slapd`);
    const server = await startSlapd({
      baseDn: BASE_DN,
      entries: generateEntries({ users, groups: 0, memberships: 0 }),
    });
    try {
      await searchAll(server);
      const rounds: Round[] = [];
      for (let number = 1; number <= importRounds; number++) {
        const round = await measureRound(context, server, number);
        rounds.push(round);
        context.note(
          `round ${number}: ldapsearch ${Math.round(round.ldapsearch)} ms, import ${Math.round(round.dirbridge)} ms`,
        );
      }
      return describe(context, rounds);
    } finally {
      await server.stop();
    }
  },
};

async function measureRound(context: MeasureContext, server: SlapdServer, number: number): Promise<Round> {
  const ldapsearch = await searchAll(server);
  const measured = await context.start({
    store: join(context.folder, `import-${number}.db`),
    source: {
      kind: 'ad',
      server: server.url,
      ca: server.ca,
      user: server.bindDn,
      password: server.password,
      include: [],
    },
    target: { kind: 'memory' },
  });
  const { milliseconds, cpuMilliseconds, read, report } = await measured.import({ profile: context.isProfiling });
  if (report !== null) context.note(report);
  const peakMemory = await measured.peakMemory();
  await measured.end();
  if (read < context.sizes.users) throw new Error(`only ${read} of ${context.sizes.users} users were imported`);
  return { ldapsearch, dirbridge: milliseconds, processor: cpuMilliseconds, peakMemory };
}

/** Milliseconds that ldapsearch needs to read everything. */
async function searchAll(server: SlapdServer): Promise<number> {
  const rules = loadRuleSet(['standard']);
  const names = [...rules.attributesRead('source'), ...rules.referencesRead('source'), 'member', ...IDENTITY];
  const bind = ['-x', '-H', server.url, '-D', server.bindDn, '-y', server.passwordFile];
  const search = ['-LLL', '-b', server.baseDn, '-E', `pr=${PAGE_SIZE}/noprompt`, '(objectClass=*)', ...new Set(names)];
  const startedAt = performance.now();
  const child = spawn('ldapsearch', [...bind, ...search], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, LDAPTLS_CACERT: server.ca },
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`ldapsearch ended with code ${code}`);
  return performance.now() - startedAt;
}

function describe(context: MeasureContext, rounds: readonly Round[]): readonly Figure[] {
  const ldapsearch = median(rounds.map((round) => round.ldapsearch)) / 1000;
  const dirbridge = median(rounds.map((round) => round.dirbridge)) / 1000;
  const peak = Math.max(...rounds.map((round) => round.peakMemory));
  return [
    { name: 'ldapsearch (median)', value: ldapsearch, unit: 's' },
    { name: 'ldapsearch (fastest)', value: Math.min(...rounds.map((round) => round.ldapsearch)) / 1000, unit: 's' },
    { name: 'ldapsearch (slowest)', value: Math.max(...rounds.map((round) => round.ldapsearch)) / 1000, unit: 's' },
    { name: 'import (median)', value: dirbridge, unit: 's' },
    {
      name: 'import, processor time (median)',
      value: median(rounds.map((round) => round.processor)) / 1000,
      unit: 's',
    },
    { name: 'import / ldapsearch', value: dirbridge / ldapsearch, unit: 'times', ...context.limit('at most', 2.5) },
    { name: 'peak memory', value: toMegabytes(peak), unit: 'MB', ...context.limit('at most', 400) },
  ];
}
