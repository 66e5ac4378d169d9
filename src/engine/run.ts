import { DirbridgeError, messageOf } from '../errors.ts';
import type { PlanHead } from '../model/plan.ts';
import type { RunOutcome } from '../model/run.ts';
import { type ApplySummary, applyPlan } from './apply.ts';
import { ADMINISTRATORS_KNOWN, CONVERTED, type EngineContext, FULL_RUN_DUE } from './context.ts';
import { importSpace } from './import.ts';
import { importAdministrators } from './import-administrators.ts';
import { uniqueValues } from './lookup.ts';
import { planChanges } from './plan.ts';
import { settleIntents } from './settle.ts';
import { synchronize } from './sync.ts';
import { planUndo } from './undo/plan-undo.ts';

export interface CycleOptions {
  readonly command: string;
  /** Read everything anew and evaluate everything anew; the result is the same, only slower. */
  readonly full: boolean;
  /** Carry the plan out. */
  readonly apply: boolean;
  readonly approvedBy?: string;
}

export interface CycleResult {
  readonly run: string;
  readonly plan: PlanHead;
  readonly outcome: RunOutcome;
  readonly message: string | null;
  readonly done: Readonly<Record<string, number>>;
  readonly failed: number;
}

/**
 * One cycle, the four verbs in their order. Each hands over to the next through the store; whatever throws ends the run as failed, with what was done
 * so far kept, and the next run goes on from there.
 */
export async function runCycle(context: EngineContext, options: CycleOptions): Promise<CycleResult> {
  return record(context, options.command, async (run) => {
    await settleStep(context, run);
    const full = options.full || (await isFullDue(context));
    for (const source of context.sources)
      await step(context, run, `import ${source.connector.name}`, () =>
        importSource(context, run, source.connector, full),
      );
    await step(context, run, 'import tenant', () => importTenant(context, run, full));
    await step(context, run, 'sync', () => synchronize(context, run, full));
    await context.store.setMeta(FULL_RUN_DUE, '');
    if (await isAskedForAdministrators(context))
      await step(context, run, 'administrators', () => importRoleHolders(context, run));
    const plan = await planStep(context, run);
    if (!options.apply) return { plan, outcome: 'done', message: null, done: {}, failed: 0 };
    return { plan, ...(await applyStep(context, run, plan, options.approvedBy)) };
  });
}

/** Applies a stored plan, in a run of its own. Nothing is read before: a plan whose state has moved on is refused as stale. */
export async function runApply(
  context: EngineContext,
  plan: PlanHead,
  command: string,
  approvedBy?: string,
): Promise<CycleResult> {
  return record(context, command, async (run) => {
    await settleStep(context, run);
    return { plan, ...(await applyStep(context, run, plan, approvedBy)) };
  });
}

/**
 * Plans to put back what an earlier run wrote. The tenant is read first, so that what somebody has changed since is left alone; the sources are not,
 * since it is not what they want that is planned.
 */
export async function runUndo(context: EngineContext, undone: string, command: string): Promise<CycleResult> {
  return record(context, command, async (run) => {
    await settleStep(context, run);
    await step(context, run, 'import tenant', async () => importTenant(context, run, await isFullDue(context)));
    await step(context, run, 'administrators', () => importRoleHolders(context, run));
    const plan = await planStep(context, run, () => planUndo(context, run, undone));
    return { plan, outcome: 'done', message: null, done: {}, failed: 0 };
  });
}

function settleStep(context: EngineContext, run: string): Promise<void> {
  return step(context, run, 'settle', async () => ({
    detail: 'interrupted writes',
    counts: { settled: await settleIntents(context, run) },
  }));
}

/** A store put back from a backup knows less than the directories think that it knows. */
async function isFullDue({ store }: EngineContext): Promise<boolean> {
  return ((await store.meta(FULL_RUN_DUE)) ?? '') !== '';
}

function importSource(
  context: EngineContext,
  run: string,
  connector: EngineContext['sources'][number]['connector'],
  full: boolean,
): Promise<StepResult> {
  const { rules } = context;
  return importSpace(context, connector, {
    attributes: rules.attributesRead('source'),
    references: withMember(rules.referencesRead('source')),
    lookup: null,
    full,
    run,
  });
}

/** Group scopes ask for members even where no rule does. */
function withMember(references: readonly string[]): readonly string[] {
  return references.includes('member') ? references : [...references, 'member'];
}

async function importTenant(context: EngineContext, run: string, full: boolean): Promise<StepResult> {
  const { schema } = context.target;
  const isConverted = (await context.store.meta(FULL_RUN_DUE)) === CONVERTED;
  const watched = schema.attributes.filter(
    (attribute) => attribute.readOnly !== true && attribute.name !== 'sourceAnchor',
  );
  return importSpace(context, context.target, {
    attributes: schema.attributes.map((attribute) => attribute.name),
    references: schema.references.map((reference) => reference.name),
    lookup: uniqueValues(schema),
    ...(isConverted ? {} : { watched: watched.map((attribute) => attribute.name) }),
    full,
    run,
  });
}

/** Who is an administrator matters to a plan that has something to do, and asking costs requests. So it does to what was told before. */
async function isAskedForAdministrators({ store }: EngineContext): Promise<boolean> {
  if ((await store.meta(ADMINISTRATORS_KNOWN)) === 'no') return true;
  if ((await store.runs.subjects('plan', 'match-privileged')).length > 0) return true;
  return (await store.plans.countTouched()) > 0 || (await store.leaving.summary()).count > 0;
}

async function importRoleHolders(context: EngineContext, run: string): Promise<StepResult> {
  const holders = await importAdministrators(context, run);
  context.progress('administrators', holders ?? 0, holders);
  return holders === null
    ? { detail: 'the tenant does not tell who holds an administrator role', counts: {} }
    : { detail: 'directory roles', counts: { read: holders } };
}

async function planStep(
  context: EngineContext,
  run: string,
  makePlan = () => planChanges(context, run),
): Promise<PlanHead> {
  let head: PlanHead | null = null;
  await step(context, run, 'plan', async () => {
    head = await makePlan();
    return { detail: `plan ${head.id}`, counts: { operations: head.operations } };
  });
  if (head === null) throw new DirbridgeError('bug', 'planning ended without a plan');
  return head;
}

async function applyStep(
  context: EngineContext,
  run: string,
  plan: PlanHead,
  approvedBy: string | undefined,
): Promise<ApplySummary> {
  let summary: ApplySummary | null = null;
  await step(context, run, 'apply', async () => {
    summary = await applyPlan(context, plan, approvedBy === undefined ? { run } : { run, approvedBy });
    return { detail: summary.message ?? `plan ${plan.id}`, counts: { ...summary.done, failed: summary.failed } };
  });
  if (summary === null) throw new DirbridgeError('bug', 'applying ended without a result');
  return summary;
}

interface StepResult {
  readonly detail: string;
  readonly counts: object;
}

async function step(context: EngineContext, run: string, name: string, work: () => Promise<StepResult>): Promise<void> {
  const startedAt = context.now().toISOString();
  context.progress(name, 0, null);
  const { detail, counts } = await work();
  await context.store.runs.addStep(run, {
    step: name,
    startedAt,
    endedAt: context.now().toISOString(),
    detail,
    counts: counts as Readonly<Record<string, number>>,
  });
  context.log.info({ run, step: name, detail, ...counts }, `${name} done`);
}

async function record(
  context: EngineContext,
  command: string,
  work: (run: string) => Promise<Omit<CycleResult, 'run'>>,
): Promise<CycleResult> {
  const { store } = context;
  const run = await store.runs.startRun(command, context.now().toISOString());
  try {
    const result = await work(run);
    await store.runs.endRun(run, {
      at: context.now().toISOString(),
      plan: result.plan.id,
      outcome: result.outcome,
      message: result.message,
      done: result.done,
      failed: result.failed,
    });
    return { run, ...result };
  } catch (error) {
    await store.runs.endRun(run, {
      at: context.now().toISOString(),
      plan: null,
      outcome: 'failed',
      message: messageOf(error),
      done: {},
      failed: 0,
    });
    throw error;
  }
}
