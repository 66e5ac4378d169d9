import { DirbridgeError } from '../../errors.ts';
import type { ObjectChange } from '../../model/change.ts';
import type { CheckLine, Connector, ReadEvent, ReadProblem, ReadRequest } from '../connector.ts';
import { MemoryDirectory, type MemoryEdit, type MemoryEntry, wholeObject } from './directory.ts';
import { cutIntoPages, PAGE_BOUNDS, type PageBounds, RequestFilter } from './pages.ts';
import { createMemoryPasswords, type MemoryPasswords } from './password-source.ts';

export interface MemoryConnectorOptions {
  /** What `begin` carries, e.g. `Domain.FQDN`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly bounds?: PageBounds;
  readonly globalAnchors?: boolean;
  readonly now?: () => Date;
}

/** A source directory in memory with a change feed: for tests, demonstrations and measurements. */
export interface MemoryConnector extends Connector {
  readonly directory: MemoryDirectory;
  readonly passwords: MemoryPasswords;
  put(entry: MemoryEntry): void;
  edit(anchor: string, edit: MemoryEdit): void;
  remove(anchor: string): void;
  /** Watermarks given out so far are refused from now on: the next read is full and gives this reason. */
  refuseWatermarks(reason: string): void;
  /** The next read throws `directory-interrupted` after so many pages. */
  failNextRead(afterPages: number): void;
  /** No read is told to fail any more. */
  mend(): void;
  /** Every read reports these records as unreadable, and leaves out the objects they name. */
  setProblems(problems: readonly ReadProblem[]): void;
}

const WATERMARK = /^memory:(\d+):(\d+)$/;

/** Makes an empty directory named `name`. A delta costs the number of changes since the watermark. */
export function createMemoryConnector(name: string, options: MemoryConnectorOptions = {}): MemoryConnector {
  return new MemorySource(name, options);
}

class MemorySource implements MemoryConnector {
  readonly kind = 'memory';
  readonly globalAnchors: boolean;
  readonly directory = new MemoryDirectory();
  readonly passwords: MemoryPasswords;
  readonly name: string;
  readonly #parameters: Readonly<Record<string, string>>;
  readonly #bounds: PageBounds;
  #epoch = 1;
  #refusal = 'the watermark is not one of this directory';
  #failAfter: number | null = null;
  #problems: readonly ReadProblem[] = [];

  constructor(name: string, options: MemoryConnectorOptions) {
    this.name = name;
    this.globalAnchors = options.globalAnchors === true;
    this.#parameters = options.parameters ?? {};
    this.#bounds = options.bounds ?? PAGE_BOUNDS;
    this.passwords = createMemoryPasswords(name, options.now);
  }

  put(entry: MemoryEntry): void {
    this.directory.put(entry);
  }

  edit(anchor: string, edit: MemoryEdit): void {
    this.directory.edit(anchor, edit);
  }

  remove(anchor: string): void {
    this.directory.remove(anchor);
    this.passwords.remove(anchor);
  }

  refuseWatermarks(reason: string): void {
    this.#epoch++;
    this.#refusal = reason;
  }

  failNextRead(afterPages: number): void {
    this.#failAfter = afterPages;
  }

  mend(): void {
    this.#failAfter = null;
  }

  setProblems(problems: readonly ReadProblem[]): void {
    this.#problems = problems;
  }

  async *check(): AsyncGenerator<CheckLine> {
    yield { what: this.name, state: 'ok', detail: `${this.directory.size} objects in memory` };
  }

  async *read(request: ReadRequest): AsyncGenerator<ReadEvent> {
    const sequence = this.directory.sequence;
    const since = request.watermark === null ? null : this.#sequenceOf(request.watermark);
    const changes = since === null ? null : this.directory.changesSince(since);
    const failAfter = this.#failAfter;
    this.#failAfter = null;
    yield {
      kind: 'begin',
      mode: changes ? 'delta' : 'full',
      method: 'memory',
      reason: !changes && request.watermark !== null ? this.#refusal : null,
      parameters: this.#parameters,
    };
    const total = changes && since !== null ? sequence - since : this.directory.size;
    let done = 0;
    let pages = 0;
    if (failAfter === 0) throw this.#interruption(pages);
    if (this.#problems.length > 0) yield { kind: 'page', changes: [], problems: this.#problems };
    for (const page of cutIntoPages(this.#wanted(changes ?? this.#everything(), request), this.#bounds)) {
      yield { kind: 'page', changes: page };
      done += page.length;
      request.onProgress?.(done, total);
      if (++pages === failAfter) throw this.#interruption(pages);
    }
    if (failAfter !== null) throw this.#interruption(pages);
    yield { kind: 'end', watermark: `memory:${this.#epoch}:${sequence}` };
  }

  async *fetch(anchors: readonly string[], request: ReadRequest): AsyncGenerator<readonly ObjectChange[]> {
    const found = anchors.map((anchor): ObjectChange => {
      const object = this.directory.get(anchor);
      return object ? wholeObject(object) : { kind: 'delete', anchor };
    });
    yield* cutIntoPages(this.#wanted(found, request), this.#bounds);
  }

  async close(): Promise<void> {}

  #sequenceOf(watermark: string): number | null {
    const match = WATERMARK.exec(watermark);
    return match && Number(match[1]) === this.#epoch ? Number(match[2]) : null;
  }

  *#everything(): Generator<ObjectChange> {
    for (const object of this.directory.objects()) yield wholeObject(object);
  }

  *#wanted(changes: Iterable<ObjectChange>, request: ReadRequest): Generator<ObjectChange> {
    const filter = new RequestFilter(request);
    const unreadable = new Set(this.#problems.map((problem) => problem.anchor));
    for (const change of changes) {
      const wanted = unreadable.has(change.anchor) ? null : filter.apply(change);
      if (wanted) yield wanted;
    }
  }

  #interruption(pages: number): DirbridgeError {
    return new DirbridgeError(
      'directory-interrupted',
      `${this.name} broke off after ${pages} pages, as it was told to.`,
    );
  }
}
