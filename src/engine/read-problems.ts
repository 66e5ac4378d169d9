import type { ReadProblem } from '../connectors/connector.ts';
import type { ObjectChange } from '../model/change.ts';
import { type Finding, finding, type ObjectName } from '../model/finding.ts';
import { OBJECT_STATES, type Store } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import { objectName } from './object-name.ts';

/** Records of one directory that could not be read: those of this read, and those of earlier ones that it has not met again. */
export class ReadProblems {
  readonly #space: string;
  /** What earlier reads told, by anchor or, where that was not known, by name. */
  readonly #open: Map<string, Finding>;
  readonly #found: ReadProblem[] = [];
  #isAnyOver = false;

  private constructor(space: string, open: Map<string, Finding>) {
    this.#space = space;
    this.#open = open;
  }

  static async begin({ store }: EngineContext, space: string): Promise<ReadProblems> {
    const told = await store.runs.findingsOf([subjectOf(space)]);
    return new ReadProblems(space, new Map(told.map((one) => [keyOf(one.object?.anchor, one.object?.name), one])));
  }

  /** Whether there is a record of which it is not known which object it is. */
  get isAnyNameless(): boolean {
    return this.#found.some((problem) => problem.anchor === null);
  }

  add(problems: readonly ReadProblem[]): void {
    this.#found.push(...problems);
  }

  /** Objects that were read: what was wrong with them before is over, unless the change leaves out what was wrong. */
  see(changes: readonly ObjectChange[]): void {
    if (this.#open.size === 0) return;
    for (const change of changes) {
      const attribute = this.#open.get(change.anchor)?.attribute;
      if (change.kind === 'keep') continue;
      if (change.kind !== 'patch' || attribute == null || isNamed(change, attribute))
        this.#isAnyOver = this.#open.delete(change.anchor) || this.#isAnyOver;
    }
  }

  /** After a whole read what it did not meet is over; changes alone say nothing of a record that has not changed. */
  async #findings(store: Store, isWhole: boolean): Promise<readonly Finding[]> {
    const space = await store.spaces.spaces();
    const id = space.find(({ name }) => name === this.#space)?.id ?? 0;
    const found: Finding[] = [];
    for (const problem of this.#found) found.push(toFinding(problem, await nameOf(store, id, this.#space, problem)));
    if (!isWhole) {
      const again = new Set(this.#found.map(({ anchor, name }) => keyOf(anchor, name)));
      return [...[...this.#open].flatMap(([key, one]) => (again.has(key) ? [] : [one])), ...found];
    }
    return this.isAnyNameless ? [...found, withheld(this.#space)] : found;
  }

  async report({ store, now }: EngineContext, run: string, isWhole: boolean): Promise<void> {
    if (!isWhole && !this.#isAnyOver && this.#found.length === 0) return;
    await store.runs.replaceFindings(
      'import',
      subjectOf(this.#space),
      await this.#findings(store, isWhole),
      run,
      now().toISOString(),
    );
  }
}

/** An object that is there but could not be read stays as it is. */
export function keptOf(problems: readonly ReadProblem[]): readonly ObjectChange[] {
  return problems.flatMap(({ anchor }) => (anchor === null ? [] : [{ kind: 'keep' as const, anchor }]));
}

export function subjectOf(space: string): string {
  return `space:${space}`;
}

function keyOf(anchor: string | null | undefined, name = ''): string {
  return anchor ? anchor : `name:${name}`;
}

function isNamed(change: Extract<ObjectChange, { kind: 'patch' }>, attribute: string): boolean {
  return attribute in change.set || change.clear.includes(attribute) || attribute in change.references;
}

function withheld(source: string): Finding {
  return finding('source-deletions-withheld', 'import', {
    cause: `Some records of ${source} could not be read, and it is not known which objects they are. So no object of ${source} was taken as deleted, whatever is missing there.`,
  });
}

/** How the object is known from earlier reads; else what the connector calls the record. */
async function nameOf(store: Store, id: number, space: string, { anchor, name }: ReadProblem): Promise<ObjectName> {
  const known = anchor === null ? null : await store.spaces.objectByAnchor(id, anchor);
  return known?.state === OBJECT_STATES.live
    ? objectName(known, space, await store.sync.dnOf(known.id))
    : { space, anchor: anchor ?? '', type: 'record', name };
}

function toFinding(problem: ReadProblem, object: ObjectName): Finding {
  const cause = problem.cause.replace(/[.]$/, '');
  const isKnown = object.type !== 'record';
  return finding(problem.code, 'import', {
    object,
    attribute: problem.attribute ?? null,
    value: problem.value ?? null,
    cause: `${cause}. ${isKnown ? 'The object stays as it was before' : 'The record is left out'} until it can be read.`,
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
  });
}
