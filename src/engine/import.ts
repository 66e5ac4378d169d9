import type { Connector, ReadEvent, ReadProblem, ReadRequest } from '../connectors/connector.ts';
import type { ObjectChange } from '../model/change.ts';
import { type Finding, finding } from '../model/finding.ts';
import type { Attributes } from '../model/value.ts';
import { type ImportCounts, type LookupValue, type SpaceHead, TOUCH } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';

export interface ImportSummary {
  readonly counts: ImportCounts;
  /** `full, paged search: the rules read more attributes than before (info)`. */
  readonly detail: string;
}

interface ImportOptions {
  readonly attributes: readonly string[];
  readonly references: readonly string[];
  readonly lookup: (attributes: Attributes) => readonly LookupValue[];
  readonly full: boolean;
  readonly run: string;
}

/**
 * So many objects and references are stored in one transaction: several pages of most directories. Each transaction writes the index pages that it
 * touched once more, and a page of objects with random GUIDs touches nearly all of them.
 */
const BATCH = 6000;

type Begin = Extract<ReadEvent, { kind: 'begin' }>;

/**
 * Reads a directory into its space and marks what changed. Some pages at a time are stored, whole or not at all; the watermark only after the last one, so a
 * killed import is simply done again. Nothing is taken as deleted unless the directory was read to its end.
 */
export async function importSpace(
  context: EngineContext,
  connector: Connector,
  options: ImportOptions,
): Promise<ImportSummary> {
  const { store } = context;
  const head = await store.spaces.openSpace(connector.name, connector.kind);
  const why = reasonForFull(head, options);
  const request: ReadRequest = {
    watermark: why === null ? head.watermark : null,
    attributes: options.attributes,
    references: options.references,
    onProgress: (done, total) => context.progress(`import ${connector.name}`, done, total),
  };
  let begin: Begin | null = null;
  let generation = 0;
  let counts = noCounts();
  let open: ObjectChange[] = [];
  const problems: ReadProblem[] = [];
  const storeOpen = async (): Promise<void> => {
    if (open.length === 0) return;
    const changes = open;
    open = [];
    counts = addCounts(
      counts,
      await storePage(context, connector, request, head.id, generation, changes, options.lookup),
    );
  };
  for await (const event of connector.read(request)) {
    if (event.kind === 'begin') {
      begin = event;
      generation = await store.spaces.beginImport(head.id);
    } else if (event.kind === 'page') {
      const unread = event.problems ?? [];
      problems.push(...unread);
      open.push(...event.changes, ...kept(unread));
      if (weightOf(open) >= BATCH) await storeOpen();
    } else {
      await storeOpen();
      counts = addCounts(counts, await finish(context, head, begin, generation, event.watermark, problems, options));
    }
  }
  const reason = begin?.reason ?? why;
  return { counts, detail: `${begin?.mode ?? 'full'}, ${begin?.method ?? ''}${reason === null ? '' : `: ${reason}`}` };
}

/** Objects and references together. */
function weightOf(changes: readonly ObjectChange[]): number {
  let weight = changes.length;
  for (const change of changes) {
    if (change.kind !== 'put' && change.kind !== 'patch') continue;
    for (const name in change.references) {
      const reference = change.references[name];
      weight += reference?.kind === 'complete' ? reference.targets.length : 0;
    }
  }
  return weight;
}

function reasonForFull(head: SpaceHead, options: ImportOptions): string | null {
  if (options.full) return head.watermark === null ? null : 'asked for';
  if (head.watermark === null) return null;
  const missing = [...options.attributes, ...options.references].filter((name) => !head.attributes.includes(name));
  return missing.length === 0 ? null : `the rules read more attributes than before (${missing.join(', ')})`;
}

async function storePage(
  context: EngineContext,
  connector: Connector,
  request: ReadRequest,
  space: number,
  generation: number,
  changes: readonly ObjectChange[],
  lookup: (attributes: Attributes) => readonly LookupValue[],
): Promise<ImportCounts> {
  const { counts, unknown } = await storeChanges(context, space, generation, changes, lookup);
  if (unknown.length === 0) return counts;
  let total = counts;
  for await (const fetched of connector.fetch(unknown, request)) {
    total = addCounts(total, (await storeChanges(context, space, generation, fetched, lookup)).counts);
  }
  await context.store.transaction(() => context.store.spaces.noteFetched(space, unknown));
  return total;
}

async function storeChanges(
  context: EngineContext,
  space: number,
  generation: number,
  changes: readonly ObjectChange[],
  lookup: (attributes: Attributes) => readonly LookupValue[],
): Promise<{ readonly counts: ImportCounts; readonly unknown: readonly string[] }> {
  return context.store.transaction(async () => {
    const stored = await context.store.spaces.storeChanges(space, generation, changes, lookup);
    if (isChange(stored.counts)) await context.store.sync.raiseVersion();
    return stored;
  });
}

async function finish(
  context: EngineContext,
  head: SpaceHead,
  begin: Begin | null,
  generation: number,
  watermark: string,
  problems: readonly ReadProblem[],
  options: ImportOptions,
): Promise<ImportCounts> {
  const { store } = context;
  const nameless = problems.filter((problem) => problem.anchor === null);
  return store.transaction(async () => {
    const removed =
      begin?.mode === 'full' && nameless.length === 0 ? await store.spaces.dropUnseen(head.id, generation) : 0;
    if (removed > 0) await store.sync.raiseVersion();
    const parameters = begin?.parameters ?? head.parameters;
    // What the tenant can take depends on its domains: a new one may concern every user.
    if (head.name === TENANT && JSON.stringify(parameters) !== JSON.stringify(head.parameters)) {
      await store.sync.touchAll(TOUCH.attributes);
      await store.sync.raiseVersion();
    }
    await store.spaces.endImport(head.id, {
      watermark,
      attributes: [...options.attributes, ...options.references],
      parameters,
      at: context.now().toISOString(),
    });
    if (begin?.mode === 'full' || problems.length > 0) {
      const found = problems.map((problem) => toFinding(head.name, problem));
      if (begin?.mode === 'full' && nameless.length > 0)
        found.push(finding('source-deletions-withheld', 'import', { cause: withheldCause(head.name) }));
      await store.runs.replaceFindings('import', `space:${head.name}`, found, options.run, context.now().toISOString());
    }
    return { ...noCounts(), removed };
  });
}

/** An object that is there but could not be read stays as it is. */
function kept(problems: readonly ReadProblem[]): readonly ObjectChange[] {
  return problems.flatMap((problem) =>
    problem.anchor === null ? [] : [{ kind: 'keep' as const, anchor: problem.anchor }],
  );
}

function withheldCause(source: string): string {
  return `Some records of ${source} could not be read and it is not known which objects they are, so no object was taken as deleted.`;
}

function toFinding(space: string, problem: ReadProblem): Finding {
  return finding(problem.code, 'import', {
    object: { space, anchor: problem.anchor ?? '', type: 'record', name: problem.name },
    attribute: problem.attribute ?? null,
    value: problem.value ?? null,
    cause: problem.cause,
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
  });
}

function isChange(counts: ImportCounts): boolean {
  return counts.added + counts.changed + counts.removed + counts.referencesAdded + counts.referencesRemoved > 0;
}

function noCounts(): ImportCounts {
  return { read: 0, added: 0, changed: 0, removed: 0, referencesAdded: 0, referencesRemoved: 0 };
}

function addCounts(a: ImportCounts, b: ImportCounts): ImportCounts {
  return {
    read: a.read + b.read,
    added: a.added + b.added,
    changed: a.changed + b.changed,
    removed: a.removed + b.removed,
    referencesAdded: a.referencesAdded + b.referencesAdded,
    referencesRemoved: a.referencesRemoved + b.referencesRemoved,
  };
}
