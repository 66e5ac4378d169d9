import type { Figure, Limit } from './figure.ts';
import type { MeasuredProcess } from './measured/measured-process.ts';
import type { RigDescription } from './measured/rig.ts';

/** How large what is measured is. */
export interface Sizes {
  readonly users: number;
  readonly groups: number;
  readonly memberships: number;
  /** How often import and ldapsearch take turns. */
  readonly importRounds: number;
  /** Users of the smaller and the larger of two directories, in memory and in Samba. */
  readonly memoryDirectories: readonly [number, number];
  readonly sambaDirectories: readonly [number, number];
  /** Members of the smaller and the larger of two groups. */
  readonly memoryGroups: readonly [number, number];
  readonly sambaGroups: readonly [number, number];
  /** Cycles of which the median is taken; the first few, in which code is compiled, come on top. */
  readonly memoryCycles: number;
  readonly sambaCycles: number;
  readonly firstLoadUsers: number;
  /** Users that are written with and without intents. */
  readonly journalUsers: number;
  /** Users who have all set a new password. */
  readonly passwords: number;
  /** What the documented quota is multiplied by for the first load. */
  readonly throttleFactor: number;
}

export interface MeasureContext {
  readonly sizes: Sizes;
  /** A folder for what the measure writes; removed at the end. */
  readonly folder: string;
  /** Tell also where the time goes; the times themselves are then too long. */
  readonly isProfiling: boolean;
  /** Says what is going on, on stderr. */
  note(text: string): void;
  /** Starts a process that does what is measured and nothing else. It is ended when the measure ends. */
  start(rig: RigDescription): Promise<MeasuredProcess>;
  /** The limit of a figure; none where the sizes are not those that the limits are for. */
  limit(kind: Limit['kind'], value: number): { readonly limit?: Limit };
}

/** One line of the specification: makes its own data and servers, measures, and stops what it started. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  /** Whether it needs directory servers, and so root. */
  readonly needsServers: boolean;
  run(context: MeasureContext): Promise<readonly Figure[]>;
}
