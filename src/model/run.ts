/** A run: one cycle, or the part of one that a command asked for. */
export const RUN_OUTCOMES = ['done', 'blocked', 'stale', 'failed'] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** What one step did: `import corp`, `sync`, `plan`, `apply`. Counts are by what was counted: added, changed, removed, created ... */
export interface RunStep {
  readonly step: string;
  readonly startedAt: string;
  readonly endedAt: string;
  /** How it was done and why, e.g. `full, DirSync: the attribute set has grown`. */
  readonly detail: string;
  readonly counts: Readonly<Record<string, number>>;
}

export interface Run {
  readonly id: string;
  readonly command: string;
  readonly startedAt: string;
  readonly endedAt: string | null;
  readonly plan: string | null;
  readonly outcome: RunOutcome | null;
  readonly message: string | null;
  readonly steps: readonly RunStep[];
  readonly done: Readonly<Record<string, number>>;
  readonly failed: number;
  /** Who let the plan past its guards in this run. */
  readonly approvedBy: string | null;
}
