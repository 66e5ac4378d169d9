import { readOwedLicences } from '../engine/licences.ts';
import type { Finding } from '../model/finding.ts';
import type { MemberName, NotUndone, Operation } from '../model/plan.ts';
import type { Run } from '../model/run.ts';
import type { OwedLicences, PlanPart, Store } from '../store/store.ts';

/** A finding with the time of its first appearance and the run that saw it last. */
export type OpenFinding = Finding & { readonly firstSeen: string; readonly run: string };

/** The operations of one plan, read in pages. */
export class PlanPages {
  readonly #store: Store;
  readonly #plan: string;

  constructor(store: Store, plan: string) {
    this.#store = store;
    this.#plan = plan;
  }

  /** Operations after a position, in order. */
  operations(after: number, limit: number, part?: PlanPart): Promise<readonly Operation[]> {
    return this.#store.apply.operations(this.#plan, after, limit, part);
  }

  countOperations(part: PlanPart): Promise<number> {
    return this.#store.apply.countOperations(this.#plan, part);
  }

  members(operation: string, adds: boolean, offset: number, limit: number): Promise<readonly MemberName[]> {
    return this.#store.apply.members(this.#plan, operation, adds, offset, limit);
  }

  findings(limit: number, offset = 0): Promise<readonly OpenFinding[]> {
    return this.#store.runs.findings(limit, offset);
  }

  /** Of a plan that takes back a run: what it leaves, and why. */
  notUndone(offset: number, limit: number): Promise<readonly NotUndone[]> {
    return this.#store.undo.notUndone(this.#plan, offset, limit);
  }

  countNotUndone(): Promise<number> {
    return this.#store.undo.countNotUndone(this.#plan);
  }

  /** The run that made the plan, with its steps. */
  run(id: string): Promise<Run | null> {
    return this.#store.runs.run(id);
  }

  countFindings(): Promise<Readonly<Record<'error' | 'warning' | 'info', number>>> {
    return this.#store.runs.countFindings();
  }

  /** What users whom earlier runs restored have not been given back yet: each apply tries. Read after one user's id, in their order. */
  owedLicences(after: string, limit: number): Promise<readonly OwedLicences[]> {
    return readOwedLicences(this.#store, after, limit);
  }
}
