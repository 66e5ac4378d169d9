import { z } from 'zod';
import type { TargetType } from '../../model/change.ts';
import { type Finding, finding } from '../../model/finding.ts';
import type { Action, Operation, PlanValue } from '../../model/plan.ts';
import type { ChangeLogEntry, Store } from '../../store/store.ts';
import { pendingHeadSchema, pendingLineSchema } from './publish.ts';
import type { ServerPair } from './server-pair.ts';
import { type Presence, pendingFile } from './server-records.ts';

/**
 * How an operation that is planned here stands to what the server that writes does. `onlyHere`: it was wanted here before that one ran last, and that one did
 * not do it; `contradicts`: because it has written something else. `waitsThere`: that one has planned the same and not carried it out. `notYet`: it has not run since.
 */
export const DIFFERENCE_KINDS = ['contradicts', 'onlyHere', 'waitsThere', 'notYet'] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  readonly action: Action;
  readonly type: TargetType;
  readonly anchor: string;
  readonly name: string;
  /** Native name; null: the operation as a whole. */
  readonly attribute: string | null;
  readonly here: PlanValue;
  readonly there: PlanValue;
  /** The change of the other server, by our number of its run. */
  readonly run: string | null;
  readonly at: string | null;
}

export interface PlanDifference {
  /** The server that writes. */
  readonly server: string;
  readonly plan: string;
  readonly operations: number;
  /** Changes that the other server has published within a day. */
  readonly written: number;
  /** Guards that hold its newest plan back. */
  readonly blockedThere: readonly string[];
  readonly counts: Readonly<Record<DifferenceKind, number>>;
  /** The first of each kind. */
  readonly differences: readonly Difference[];
}

const PAGE = 500;
const TOLD_PER_KIND = 200;
const HISTORY = 50;
const DAY = 86_400_000;
const MEMBERS_COMPARED = 1000;

/** Compares the newest plan of this server with what the one that writes has done and left undone. Null without a plan. */
export async function comparePlan(
  pair: ServerPair,
  store: Store,
  { server, lastRun }: Pick<Presence, 'server' | 'lastRun'>,
  now: Date,
): Promise<PlanDifference | null> {
  const head = await store.apply.plan();
  if (head === null) return null;
  const pending = await PendingThere.read(pair, store, server, head.id);
  const earlier = lastRun === null ? null : await store.peers.planBefore(lastRun.startedAt);
  const comparison = new Comparison(store, server, head.id, pending, earlier);
  for (let after = 0; ; ) {
    const page = await store.apply.operations(head.id, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) break;
    after = Number(last.id);
    for (const operation of page) await comparison.judge(operation);
  }
  const since = new Date(now.getTime() - DAY).toISOString();
  return {
    server,
    plan: head.id,
    operations: head.operations,
    written: await store.peers.countChanges(server, since),
    blockedThere: pending.guards,
    counts: comparison.counts,
    differences: comparison.differences,
  };
}

/** What the other server has planned and not carried out, as far as the same is planned here. */
class PendingThere {
  guards: readonly string[] = [];
  readonly #same = new Set<string>();

  static async read(pair: ServerPair, store: Store, server: string, plan: string): Promise<PendingThere> {
    const pending = new PendingThere();
    let isHead = true;
    for await (const line of pair.folder.readLines(pendingFile(server))) {
      const told: unknown = JSON.parse(line);
      if (isHead) pending.guards = pendingHeadSchema.parse(told).guards;
      else await pending.#take(pendingLineSchema.parse(told), store, plan);
      isHead = false;
    }
    return pending;
  }

  async #take(line: z.infer<typeof pendingLineSchema>, store: Store, plan: string): Promise<void> {
    const ours = await store.peers.operationOf(plan, line.anchor);
    if (ours !== null && ours.action === line.action && isSubset(ours.changes, line.changes))
      this.#same.add(line.anchor);
  }

  has(anchor: string): boolean {
    return this.#same.has(anchor);
  }
}

class Comparison {
  readonly counts: Record<DifferenceKind, number> = { contradicts: 0, onlyHere: 0, waitsThere: 0, notYet: 0 };
  readonly differences: Difference[] = [];
  readonly #told: Record<DifferenceKind, number> = { contradicts: 0, onlyHere: 0, waitsThere: 0, notYet: 0 };
  readonly #store: Store;
  readonly #server: string;
  readonly #plan: string;
  readonly #pending: PendingThere;
  readonly #earlier: string | null;

  constructor(store: Store, server: string, plan: string, pending: PendingThere, earlier: string | null) {
    this.#store = store;
    this.#server = server;
    this.#plan = plan;
    this.#pending = pending;
    this.#earlier = earlier;
  }

  async judge(operation: Operation): Promise<void> {
    if (this.#pending.has(operation.anchor)) return this.#tellWhole(operation, 'waitsThere');
    const old = await this.#oldPart(operation);
    if (old === null) return this.#tellWhole(operation, 'notYet');
    const contradictions = await this.#contradictions(operation, old);
    if (contradictions.length === 0) return this.#tellWhole(operation, 'onlyHere');
    for (const one of contradictions) this.#tell({ ...headOf(operation), kind: 'contradicts', ...one });
  }

  /** What of it was wanted here before the other server ran last, which therefore had its turn; null: nothing. */
  async #oldPart(operation: Operation): Promise<Operation | null> {
    const before = this.#earlier === null ? null : await this.#store.peers.operationOf(this.#earlier, operation.anchor);
    if (before?.action !== operation.action) return null;
    const changes = operation.changes.filter((change) => before.changes.some((one) => isSameChange(one, change)));
    return changes.length > 0 || operation.changes.length === 0 ? { ...operation, changes } : null;
  }

  async #contradictions(operation: Operation, old: Operation): Promise<readonly Contradiction[]> {
    const history = await this.#store.peers.changesOfServer(this.#server, operation.anchor, HISTORY);
    return [
      ...lifeContradictions(old, history),
      ...valueContradictions(old, history),
      ...(await this.#memberContradictions(old, history)),
    ];
  }

  #tellWhole(operation: Operation, kind: DifferenceKind): void {
    const [only] = operation.changes.length === 1 ? operation.changes : [];
    this.#tell({
      ...headOf(operation),
      kind,
      attribute: only?.native ?? null,
      here: only?.to ?? null,
      there: only?.from ?? null,
      run: null,
      at: null,
    });
  }

  #tell(difference: Difference): void {
    const { kind } = difference;
    this.counts[kind]++;
    if (this.#told[kind]++ < TOLD_PER_KIND) this.differences.push(difference);
  }

  /** Memberships that are to be added here and were removed there, or the other way round. */
  async #memberContradictions({ id, members }: Operation, history: readonly ChangeLogEntry[]) {
    const last = new Map<string, { readonly adds: boolean; readonly entry: ChangeLogEntry }>();
    for (const entry of history) {
      if (entry.action !== 'members') continue;
      for (const { anchor, adds } of readBody(membershipSchema, entry))
        if (anchor !== null && !last.has(anchor)) last.set(anchor, { adds, entry });
    }
    const found: Contradiction[] = [];
    for (const adds of [true, false]) {
      const count = adds ? members.add : members.remove;
      if (count === 0 || last.size === 0) continue;
      for (const member of await this.#store.apply.members(this.#plan, id, adds, 0, MEMBERS_COMPARED)) {
        const there = last.get(member.anchor);
        if (there === undefined || there.adds === adds) continue;
        const [here, other] = adds ? [member.name, null] : [null, member.name];
        found.push({ attribute: 'member', here, there: other, run: there.entry.run, at: there.entry.at });
      }
    }
    return found;
  }
}

type Contradiction = Pick<Difference, 'attribute' | 'here' | 'there' | 'run' | 'at'>;

const membershipSchema = z.array(z.object({ anchor: z.string().nullable(), adds: z.boolean() }));
const referenceSchema = z.array(z.object({ attribute: z.string(), adds: z.boolean(), name: z.string() }));
const changesSchema = z.array(
  z.object({
    attribute: z.string(),
    to: z.union([z.string(), z.boolean(), z.array(z.union([z.string(), z.boolean()])), z.null()]),
  }),
);

function headOf({ action, type, anchor, name }: Operation): Pick<Difference, 'action' | 'type' | 'anchor' | 'name'> {
  return { action, type, anchor, name };
}

const LIVES: ReadonlySet<string> = new Set(['create', 'restore', 'delete']);

/** To be deleted here and made there, or the other way round. */
function lifeContradictions({ action }: Operation, history: readonly ChangeLogEntry[]): readonly Contradiction[] {
  if (!LIVES.has(action)) return [];
  const last = history.find((entry) => LIVES.has(entry.action));
  if (last === undefined || (last.action === 'delete') === (action === 'delete')) return [];
  return [{ attribute: null, here: null, there: last.action, run: last.run, at: last.at }];
}

/** Another value is wanted here than the one that the tenant holds because the other server wrote it. */
function valueContradictions({ changes }: Operation, history: readonly ChangeLogEntry[]): readonly Contradiction[] {
  return changes.flatMap(({ attribute, native, from, to }): readonly Contradiction[] => {
    for (const entry of history) {
      const written = valueWritten(entry, attribute);
      if (written === undefined) continue;
      const isHeld = JSON.stringify(written) === JSON.stringify(from);
      const isOther = JSON.stringify(written) !== JSON.stringify(to);
      return isHeld && isOther ? [{ attribute: native, here: to, there: written, run: entry.run, at: entry.at }] : [];
    }
    return [];
  });
}

function valueWritten(entry: ChangeLogEntry, attribute: string): PlanValue | undefined {
  if (entry.action === 'refer') {
    const steps = readBody(referenceSchema, entry).filter((one) => one.attribute === attribute);
    return steps.length === 0 ? undefined : (steps.find((one) => one.adds)?.name ?? null);
  }
  if (entry.action !== 'update' && entry.action !== 'link' && entry.action !== 'create') return undefined;
  return readBody(changesSchema, entry).find((one) => one.attribute === attribute)?.to;
}

function readBody<T>(schema: z.ZodType<T>, { body }: ChangeLogEntry): T {
  return schema.parse(JSON.parse(body));
}

interface WantedValue {
  readonly attribute: string;
  readonly to: unknown;
}

/** Whether each of the changes is also among the others. */
function isSubset(some: readonly WantedValue[], others: readonly WantedValue[]): boolean {
  return some.every((one) => others.some((other) => isSameChange(one, other)));
}

function isSameChange(one: WantedValue, other: WantedValue): boolean {
  return other.attribute === one.attribute && JSON.stringify(other.to) === JSON.stringify(one.to);
}

/** Findings about what will not settle by itself. */
export function differenceFindings({ server, plan, differences }: PlanDifference): readonly Finding[] {
  return differences
    .filter(({ kind }) => kind === 'contradicts' || kind === 'onlyHere')
    .map((difference) => {
      const { type, anchor, name, attribute, here } = difference;
      return finding('standby-differs', 'plan', {
        object: { space: 'tenant', anchor, type, name },
        attribute,
        value: typeof here === 'string' ? here : null,
        cause: describeDifference(difference, server, plan),
      });
    });
}

/** One sentence: what is wanted here and what the other server did. */
export function describeDifference(difference: Difference, server: string, plan: string): string {
  const { kind, action, name, attribute, here, there, run, at } = difference;
  const wish = wishOf(action, name, attribute, here, there);
  if (kind === 'contradicts')
    return `This server would ${wish}, but ${server}, which writes to the tenant, has written otherwise (${at?.slice(0, 16).replace('T', ' ')} UTC, run ${run} in "dirbridge runs" here).`;
  if (kind === 'onlyHere')
    return `This server would ${wish} (plan ${plan}) and would have before ${server} ran last, which did not.`;
  if (kind === 'waitsThere') return `Both servers would ${wish}; it waits on ${server}, too.`;
  return `This server would ${wish}; ${server} has not run since.`;
}

function wishOf(action: Action, name: string, attribute: string | null, here: PlanValue, there: PlanValue): string {
  if (attribute === 'member')
    return here === null ? `remove ${textOf(there)} from ${name}` : `add ${textOf(here)} to ${name}`;
  if (action === 'update' && attribute !== null)
    return `change ${attribute} of ${name} from ${textOf(there)} to ${textOf(here)}`;
  return `${action} ${name}`;
}

function textOf(value: PlanValue): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? value.join(', ') : `"${String(value)}"`;
}
