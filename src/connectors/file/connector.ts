import { createHash } from 'node:crypto';
import { DirbridgeError, messageOf } from '../../errors.ts';
import type { ObjectChange, ObjectPut } from '../../model/change.ts';
import type {
  CheckLine,
  Connector,
  ConnectorContext,
  ReadEvent,
  ReadProblem,
  ReadRequest,
  SourceDefinition,
} from '../connector.ts';
import { type CsvSection, csvSection, type LdifSection, ldifSection } from './config.ts';
import { FileIndex, IDENTIFIERS } from './file-index.ts';
import { FileObjects } from './file-objects.ts';
import { createCsvFormat, createLdifFormat } from './formats.ts';
import { cutTargets, PAGE_OBJECTS, PAGE_TARGETS } from './pages.ts';
import type { FileFormat } from './record.ts';
import { csvFacts, ldifFacts } from './section-facts.ts';
import { type FileFacts, hashFile, SourceFile } from './source-file.ts';

/** Sources of kind `ldif`: a file of entries as slapcat, ldapsearch or ldifde write it. */
export const ldifSource: SourceDefinition<LdifSection> = {
  kind: 'ldif',
  section: ldifSection,
  facts: ldifFacts,
  create: (section, context) => new FileConnector('ldif', createLdifFormat(section, context), context),
};

/** Sources of kind `csv`: a file of rows, with a mapping of its columns to attributes. */
export const csvSource: SourceDefinition<CsvSection> = {
  kind: 'csv',
  section: csvSection,
  facts: csvFacts,
  create: (section, context) => new FileConnector('csv', createCsvFormat(section, context), context),
};

/** What the watermark holds: which content was read last, with what request, and how that content ended. */
interface FileMark {
  readonly hash: string;
  readonly request: string;
  readonly end: FileFacts['end'];
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the first pass looks at. */
const IDENTITY: ReadonlySet<string> = new Set(['objectclass', ...IDENTIFIERS]);

interface IndexedFile {
  readonly facts: FileFacts;
  readonly index: FileIndex;
}

/**
 * Reads a file in two passes: the first finds out whether it is whole and which objects it holds, so that nothing is delivered of a file that
 * is not; the second delivers them. A file is always read whole; one that is the same as at the watermark, byte for byte, is delivered as a delta
 * without changes.
 */
class FileConnector implements Connector {
  readonly name: string;
  readonly kind: string;
  readonly #format: FileFormat;
  readonly #log: ConnectorContext['log'];

  constructor(kind: string, format: FileFormat, context: ConnectorContext) {
    this.name = context.name;
    this.kind = kind;
    this.#format = format;
    this.#log = context.log;
  }

  async *check(): AsyncGenerator<CheckLine> {
    const what = `${this.name}: ${this.#format.path}`;
    try {
      const { facts, index } = await this.#indexFile(null);
      const counts = [...index.counts].map(([type, count]) => `${count} ${type}`).sort();
      yield { what, state: 'ok', detail: `${facts.size} bytes of ${this.#format.method}: ${counts.join(', ')}` };
      yield* this.#checkRecords(what, index, facts);
      for (const remark of this.#format.remarks()) yield { what, state: 'warning', detail: remark };
    } catch (error) {
      if (!(error instanceof DirbridgeError)) throw error;
      yield { what, state: 'error', detail: error.message, remedy: error.remedy, code: error.code };
    }
  }

  async *#checkRecords(what: string, index: FileIndex, facts: FileFacts): AsyncGenerator<CheckLine> {
    const objects = new FileObjects(this.name, this.#format, index, {
      watermark: null,
      attributes: [],
      references: [],
    });
    let bad = 0;
    for await (const made of this.#deliver(objects, facts)) {
      if ('put' in made) continue;
      if (++bad <= 5) yield { what, state: 'warning', detail: made.problem.cause, remedy: 'Correct the record.' };
    }
    if (bad > 5) yield { what, state: 'warning', detail: `${bad - 5} more records cannot be read.` };
  }

  async *read(request: ReadRequest): AsyncGenerator<ReadEvent> {
    const { method, path } = this.#format;
    const mark = parseMark(request.watermark);
    const asked = fingerprintOf(request, this.#format);
    if (mark && mark.request === asked && mark.hash === (await hashFile(path))) {
      yield { kind: 'begin', mode: 'delta', method, reason: null, parameters: mark.parameters };
      yield { kind: 'end', watermark: request.watermark ?? '' };
      return;
    }
    const { facts, index } = await this.#indexFile(mark);
    const domain = index.domainName();
    const parameters: Readonly<Record<string, string>> = domain === null ? {} : { 'Domain.FQDN': domain };
    yield {
      kind: 'begin',
      mode: 'full',
      method,
      reason: reasonOf(request, mark, asked),
      parameters,
    };
    const objects = new FileObjects(this.name, this.#format, index, request);
    yield* this.#pages(objects, index, facts, request);
    const end: FileMark = { hash: facts.hash, request: asked, end: facts.end, parameters };
    yield { kind: 'end', watermark: JSON.stringify(end) };
  }

  async *#pages(
    objects: FileObjects,
    index: FileIndex,
    facts: FileFacts,
    request: ReadRequest,
  ): AsyncGenerator<ReadEvent> {
    let done = 0;
    let page = new Page();
    const close = (): ReadEvent => {
      const full = page;
      page = new Page();
      request.onProgress?.(done, index.size);
      return full.event();
    };
    for (const container of index.impliedContainers()) {
      if (page.isFull) yield close();
      page.add(container);
    }
    for await (const made of this.#deliver(objects, facts)) {
      done++;
      if ('problem' in made) page.addProblem(made.problem);
      else
        for (const change of cutTargets(made.put)) {
          if (page.isFull) yield close();
          page.add(change);
        }
      if (page.isFull) yield close();
    }
    if (!page.isEmpty) yield close();
  }

  async *fetch(anchors: readonly string[], request: ReadRequest): AsyncGenerator<readonly ObjectChange[]> {
    const wanted = new Set(anchors);
    const { facts, index } = await this.#indexFile(null);
    const objects = new FileObjects(this.name, this.#format, index, request);
    for (const container of index.impliedContainers()) if (wanted.delete(container.anchor)) yield [container];
    for await (const made of this.#deliver(objects, facts)) {
      const anchor = 'put' in made ? made.put.anchor : made.problem.anchor;
      if (anchor === null || !wanted.delete(anchor)) continue;
      yield 'put' in made ? [...cutTargets(made.put)] : [{ kind: 'keep', anchor }];
    }
    if (wanted.size > 0) yield [...wanted].map((anchor): ObjectChange => ({ kind: 'delete', anchor }));
  }

  async close(): Promise<void> {}

  /** The first pass. */
  async #indexFile(mark: FileMark | null): Promise<IndexedFile> {
    const file = new SourceFile(this.#format.path);
    const index = new FileIndex();
    for await (const records of this.#format.records(file.chunks(), IDENTITY))
      for (const record of records) index.add(record);
    index.finish();
    this.#checkEnd(file.facts, mark);
    this.#log.debug({ source: this.name, objects: index.size, bytes: file.facts.size }, 'source file looked through');
    return { facts: file.facts, index };
  }

  /** A file that is cut off rarely ends with the line break, or with the empty line, that it ended with when it was whole. */
  #checkEnd(facts: FileFacts, mark: FileMark | null): void {
    const { path, method } = this.#format;
    if (facts.end === 'in-line' && (method === 'LDIF' || (mark && mark.end !== 'in-line')))
      throw new DirbridgeError('file-truncated', `${path} is not whole: its last line has no line break.`, {
        remedy:
          'Write the file again. If it is whole, end its last line with a line break. Nothing was deleted because of it.',
      });
    if (method === 'LDIF' && facts.end === 'line-break' && mark?.end === 'empty-line')
      throw new DirbridgeError(
        'file-truncated',
        `${path} is not whole: it ended with an empty line before, and does not now.`,
        {
          remedy: 'Write the file again. If it is whole, end it with an empty line. Nothing was deleted because of it.',
        },
      );
  }

  /** The second pass, over the same content as the first. */
  async *#deliver(
    objects: FileObjects,
    facts: FileFacts,
  ): AsyncGenerator<{ readonly put: ObjectPut } | { readonly problem: ReadProblem }> {
    const file = new SourceFile(this.#format.path);
    for await (const records of this.#format.records(file.chunks(), objects.wanted))
      for (const record of records) yield objects.make(record);
    if (file.facts.hash !== facts.hash)
      throw new DirbridgeError('file-truncated', `${this.#format.path} was written anew while it was being read.`);
  }
}

/** One page in the making. */
class Page {
  readonly #changes: ObjectChange[] = [];
  readonly #problems: ReadProblem[] = [];
  #targets = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0 && this.#problems.length === 0;
  }

  get isFull(): boolean {
    return (
      this.#changes.length >= PAGE_OBJECTS || this.#problems.length >= PAGE_OBJECTS || this.#targets >= PAGE_TARGETS
    );
  }

  add(change: ObjectChange): void {
    this.#changes.push(change);
    if (change.kind !== 'put' && change.kind !== 'patch') return;
    for (const reference of Object.values(change.references))
      if (reference.kind === 'complete') this.#targets += reference.targets.length;
  }

  addProblem(problem: ReadProblem): void {
    this.#problems.push(problem);
    if (problem.anchor !== null) this.#changes.push({ kind: 'keep', anchor: problem.anchor });
  }

  event(): ReadEvent {
    const page = { kind: 'page', changes: this.#changes } as const;
    return this.#problems.length > 0 ? { ...page, problems: this.#problems } : page;
  }
}

function parseMark(watermark: string | null): FileMark | null {
  if (watermark === null) return null;
  try {
    const mark = JSON.parse(watermark) as Partial<FileMark> | null;
    const { hash, request, end, parameters } = mark ?? {};
    if (typeof hash !== 'string' || typeof request !== 'string' || !end || !parameters) return null;
    return { hash, request, end, parameters };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw new DirbridgeError('bug', `A watermark could not be read: ${messageOf(error)}`, { cause: error });
  }
}

function reasonOf(request: ReadRequest, mark: FileMark | null, asked: string): string | null {
  if (request.watermark === null) return null;
  if (!mark) return 'the watermark is not one of this file, so the file is read whole';
  if (mark.request !== asked) return 'other attributes are asked for than before, so the file is read whole';
  return 'the file has changed, and a changed file is read whole';
}

/** What makes the same content give other objects: the attributes asked for, and the mapping of the configuration. */
function fingerprintOf(request: ReadRequest, format: FileFormat): string {
  const asked = [[...request.attributes].sort(), [...request.references].sort(), format.fingerprint];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 16);
}
