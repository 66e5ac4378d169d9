import type { Connector, ReadEvent, ReadRequest } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import type { ObjectChange } from '../model/change.ts';
import { type HiddenTypes, type ImportCounts, type Lookup, type SpaceHead, TOUCH } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { keptOf, ReadProblems } from './read-problems.ts';
import { LONGEST_LAG } from './recent-change.ts';
import { siblingNames } from './sibling-domains.ts';

export interface ImportSummary {
  readonly counts: ImportCounts;
  /** `full, paged search: the rules read more attributes than before (info)`. */
  readonly detail: string;
}

interface ImportOptions {
  readonly attributes: readonly string[];
  readonly references: readonly string[];
  readonly lookup: Lookup | null;
  /** Of the tenant: the attributes whose changes are noted as drift. */
  readonly watched?: readonly string[];
  readonly full: boolean;
  readonly run: string;
}

/**
 * So many objects and references are stored in one transaction: many pages of most directories. Each transaction writes the index pages that it touched
 * once more, and a page of objects with random GUIDs touches nearly all of them.
 */
const TRANSACTION = 25_000;

type Begin = Extract<ReadEvent, { kind: 'begin' }>;
type End = Extract<ReadEvent, { kind: 'end' }>;

/**
 * Reads a directory into its space and marks what changed. Some pages at a time are stored, whole or not at all; the watermark only after the last one, so a
 * killed import is simply done again. Nothing is taken as deleted unless the directory was read to its end.
 */
export async function importSpace(
  context: EngineContext,
  connector: Connector,
  options: ImportOptions,
): Promise<ImportSummary> {
  const head = await context.store.spaces.openSpace(connector.name, connector.kind);
  const why = reasonForFull(head, options);
  const request: ReadRequest = {
    watermark: why === null ? head.watermark : null,
    attributes: options.attributes,
    references: options.references,
    onProgress: (done, total) => context.progress(`import ${connector.name}`, done, total),
  };
  const { watched: _asked, ...others } = options;
  const reading = new Reading(context, connector, request, head, {
    ...others,
    ...watchedOf(head, options),
    problems: await ReadProblems.begin(context, head.name),
  });
  const { counts, begin } = await reading.toItsEnd();
  const reason = begin?.reason ?? why;
  return { counts, detail: `${begin?.mode ?? 'full'}, ${begin?.method ?? ''}${reason === null ? '' : `: ${reason}`}` };
}

/**
 * What was not read before cannot have been changed by anybody since; and a tenant that is read by other means than before, which do not tell all that the others
 * told, says nothing about what somebody has changed there.
 */
function watchedOf(
  head: SpaceHead,
  { attributes, references, watched }: ImportOptions,
): Pick<ImportOptions, 'watched'> {
  const isReadOtherwise = head.attributes.some((name) => !attributes.includes(name) && !references.includes(name));
  if (watched === undefined || isReadOtherwise) return {};
  return { watched: watched.filter((name) => head.attributes.includes(name)) };
}

interface ReadingOptions extends ImportOptions {
  readonly problems: ReadProblems;
}

/** One read of a connector, stored as it comes. */
class Reading {
  readonly #context: EngineContext;
  readonly #connector: Connector;
  readonly #request: ReadRequest;
  readonly #head: SpaceHead;
  readonly #options: ReadingOptions;
  readonly #problems: ReadProblems;
  /** Another domain may hold what is only referred to here. */
  readonly #marksPlaceholders: boolean;
  #begin: Begin | null = null;
  #generation = 0;
  #counts = noCounts();

  constructor(
    context: EngineContext,
    connector: Connector,
    request: ReadRequest,
    head: SpaceHead,
    options: ReadingOptions,
  ) {
    this.#problems = options.problems;
    this.#context = context;
    this.#connector = connector;
    this.#request = request;
    this.#head = head;
    this.#options = options;
    this.#marksPlaceholders = siblingNames(context).includes(head.name);
  }

  async toItsEnd(): Promise<{ readonly counts: ImportCounts; readonly begin: Begin | null }> {
    const events = this.#connector.read(this.#request)[Symbol.asyncIterator]();
    try {
      let end: End | null = null;
      while (end === null) end = await this.#context.store.transaction(() => this.#storeSome(events));
      const begin = this.#begin;
      const last = { generation: this.#generation, watermark: end.watermark, isEmpty: this.#counts.read === 0 };
      this.#count(await finish(this.#context, this.#head, begin, last, this.#options));
      return { counts: this.#counts, begin };
    } finally {
      await events.return?.();
    }
  }

  /** As much as goes into one transaction; answers the end when it is reached. */
  async #storeSome(events: AsyncIterator<ReadEvent>): Promise<End | null> {
    const before = this.#counts;
    let end: End | null = null;
    for (let weight = 0; end === null && weight < TRANSACTION; ) {
      const { value: event, done } = await events.next();
      if (done) throw new DirbridgeError('bug', `${this.#connector.name} stopped reading without an end`);
      if (event.kind === 'begin') {
        this.#begin = event;
        this.#generation = await this.#context.store.spaces.beginImport(this.#head.id);
      } else if (event.kind === 'page') {
        const unread = event.problems ?? [];
        this.#problems.add(unread);
        const changes = unread.length === 0 ? event.changes : [...event.changes, ...keptOf(unread)];
        await this.#storePage(changes);
        weight += weightOf(changes);
      } else end = event;
    }
    if (isChange(before, this.#counts)) await this.#context.store.sync.raiseVersion();
    return end;
  }

  /** What the page only patches and the space does not hold is fetched whole. */
  async #storePage(changes: readonly ObjectChange[]): Promise<void> {
    const unknown = await this.#storeChanges(changes);
    if (unknown.length === 0) return;
    for await (const fetched of this.#connector.fetch(unknown, this.#request)) await this.#storeChanges(fetched);
    await this.#context.store.spaces.noteFetched(this.#head.id, unknown);
  }

  async #storeChanges(changes: readonly ObjectChange[]): Promise<readonly string[]> {
    const { spaces } = this.#context.store;
    this.#problems.see(changes);
    const { counts, unknown } = await spaces.storeChanges(
      this.#head.id,
      this.#generation,
      changes,
      this.#options.lookup,
      this.#marksPlaceholders,
      this.#options.watched,
    );
    this.#count(counts);
    return unknown;
  }

  #count(counts: ImportCounts): void {
    this.#counts = addCounts(this.#counts, counts);
  }
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

/** How a read came to its end. `isEmpty`: it told of no object. */
interface ReadingEnd {
  readonly generation: number;
  readonly watermark: string;
  readonly isEmpty: boolean;
}

async function finish(
  context: EngineContext,
  head: SpaceHead,
  begin: Begin | null,
  { generation, watermark, isEmpty }: ReadingEnd,
  options: ReadingOptions,
): Promise<ImportCounts> {
  const { store } = context;
  const isWhole = begin?.mode === 'full';
  return store.transaction(async () => {
    const managed = isWhole && isEmpty && head.name === TENANT ? await countManaged(context) : 0;
    const removed =
      isWhole && !options.problems.isAnyNameless
        ? await store.spaces.dropUnseen(
            head.id,
            generation,
            madeSince(context, head, begin),
            options.watched,
            hiddenTypes(context, begin),
          )
        : 0;
    refuseEmptyTenant(managed, removed);
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
    await options.problems.report(context, options.run, isWhole);
    return { ...noCounts(), removed };
  });
}

async function countManaged({ store }: EngineContext): Promise<number> {
  return Object.values(await store.plans.managedCounts()).reduce((sum, count) => sum + count, 0);
}

/**
 * Everybody would be made again, and who leaves at the same time forgotten. One alone may have been deleted there; and where nobody is missed, what is managed was made a moment ago, and
 * a replica does not list it yet.
 */
function refuseEmptyTenant(managed: number, missed: number): void {
  if (managed > 1 && missed > 1)
    throw new DirbridgeError('tenant-empty', `the tenant says that it holds no object at all; ${managed} are managed`);
}

function hiddenTypes({ now }: EngineContext, begin: Begin): HiddenTypes | undefined {
  const { hidesDeleted } = begin;
  if (hidesDeleted === undefined) return undefined;
  return { types: hidesDeleted, at: now().toISOString(), since: new Date(now().getTime() - KEPT).toISOString() };
}

/** So long a tenant keeps who was deleted. */
const KEPT = 30 * 86_400_000;

/**
 * A replica that lags behind does not list what we made a moment ago: it is no proof that it is gone. Where a read hides the deleted it is marked as one that can be restored, which repeats by its anchor what was
 * made: nothing later would tell that it was deleted, by a request of ours whose answer was lost, say.
 */
function madeSince(context: EngineContext, head: SpaceHead, { hidesDeleted }: Begin): string | undefined {
  if (head.name !== TENANT || hidesDeleted !== undefined) return undefined;
  return new Date(context.now().getTime() - LONGEST_LAG).toISOString();
}

function isChange(before: ImportCounts, after: ImportCounts): boolean {
  return (Object.keys(after) as (keyof ImportCounts)[]).some((name) => name !== 'read' && after[name] !== before[name]);
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
