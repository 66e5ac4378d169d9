import type { CycleResult } from '../../../src/app.ts';
import type { Finding, FindingCode } from '../../../src/model/finding.ts';
import { LOUD, type Server, TwoServers } from '../../standby/two-servers.ts';
import type { Provocation } from '../provocation.ts';
import type { ProvokedWorld } from '../provoked-world.ts';

/** Two servers for one tenant: `one` writes, and `two` stands by. Half an hour passes before each cycle; the findings are those of `two`. */
class ServersWorld implements ProvokedWorld {
  readonly context = null;
  /** The server that writes does nothing any more. */
  isAway = false;
  /** What another version makes of the configuration that `one` publishes. */
  break: (text: string) => string = (text) => text;
  readonly company: TwoServers;
  readonly one: Server;
  readonly two: Server;

  private constructor(company: TwoServers, one: Server, two: Server) {
    this.company = company;
    this.one = one;
    this.two = two;
  }

  static async begin(): Promise<ServersWorld> {
    const company = await TwoServers.start([{ name: 'ann', title: 'Analyst' }]);
    const world = new ServersWorld(company, await company.server('one'), await company.server('two'));
    await world.one.takeOver();
    await world.run();
    return world;
  }

  get folder(): string {
    return this.company.folder;
  }

  findings(code?: FindingCode): Promise<readonly Finding[]> {
    return this.two.findings(code);
  }

  async run(options: { readonly full?: boolean } = {}): Promise<CycleResult> {
    await this.company.pass(30);
    if (!this.isAway) await this.one.sync();
    await this.company.breakConfiguration('one', this.break);
    return this.two.sync(options);
  }

  end(): Promise<void> {
    return this.company.stop();
  }
}

export const standbyDiffers: Provocation<ServersWorld> = {
  told: [
    {
      object: 'user "ann@contoso.com" in the tenant',
      otherObject: null,
      attribute: 'jobTitle',
      value: 'ANALYST',
      cause:
        'This server would change jobTitle of ann@contoso.com from "Analyst" to "ANALYST", but one, which writes to the tenant, has written otherwise (2030-03-01 08:30 UTC, run 1 in "dirbridge runs" here).',
      remedy:
        'Compare versions, configurations (dirbridge config diff) and what both read; dirbridge standby shows the whole difference. It goes by itself when both want the same.',
    },
  ],
  provoke: async () => {
    const world = await ServersWorld.begin();
    await world.two.writeFile('loud.yaml', LOUD);
    const standby = { folder: world.company.shared, server: 'two', follow: false };
    await world.two.configure({ standby, rules: ['standard', './loud.yaml'] });
    await world.run();
    await world.run();
    return { world, follow: () => world.two.configure({ rules: ['standard'] }) };
  },
};

export const standbyConfiguration: Provocation<ServersWorld> = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: null,
      cause:
        'The configuration of one (dirbridge 1.0.0) could not be taken over, so this server stands by with its own: dirbridge.yaml of one:28:1: newKey is not a key that is known here; allowed: sources, target, store, rules, identity, matching, guards, deletions, drift, passwords, schedule, staging, standby',
      remedy:
        'Install the same version on both servers, and put in its place what the reason names; then it goes by itself.',
    },
  ],
  provoke: async () => {
    const world = await ServersWorld.begin();
    world.break = (text) => (text.includes('newKey') ? text : `${text}newKey: of a later version\n`);
    await world.run();
    return {
      world,
      follow: () => {
        world.break = (text) => text.replace(/^newKey.*\n/m, '');
      },
    };
  },
};

export const nobodyWrites: Provocation<ServersWorld> = {
  told: [
    {
      object: null,
      otherObject: null,
      attribute: null,
      value: null,
      cause: 'one, which writes to the tenant, gave its last sign of life at 2030-03-01 08:30 UTC.',
      remedy: 'See what happened to the server that ought to write, or have this one take over: dirbridge take-over.',
    },
  ],
  provoke: async () => {
    const world = await ServersWorld.begin();
    world.isAway = true;
    for (let passed = 0; passed < 4; passed++) await world.run();
    return {
      world,
      follow: async () => {
        await world.two.takeOver();
      },
    };
  },
};
