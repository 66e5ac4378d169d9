import type { ObjectChange, ReferenceChange } from '../../../model/change.ts';
import { isNormalButForCase, normalizeDn, splitFirstRdn } from '../../../model/dn.ts';
import type { ReadEvent } from '../../connector.ts';
import { columnNames } from '../objects/attribute-columns.ts';
import type { DirectoryObject } from '../objects/directory-object.ts';
import { DocumentDecoder } from '../objects/document-decoder.ts';
import { isSameSpelling } from '../objects/extended-dn.ts';
import { describePut, hasAnchor, problemOf } from '../objects/object-changes.ts';
import { Attempts } from '../session/sessions.ts';
import { type PageEvent, PageEvents } from './page-events.ts';
import { searchPages } from './paged-search.ts';
import type { ReadContext } from './read-context.ts';
import { formatWatermark, normalizeNames } from './watermark.ts';

/**
 * Reads a server without the controls of Active Directory (OpenLDAP): all of it each time. Its references and parents are DNs; they are
 * resolved by a table of all DNs, and what refers to an object that comes later is told at the end.
 */
export async function* readPlainDirectory(
  context: ReadContext,
  parameters: Readonly<Record<string, string>>,
): AsyncGenerator<ReadEvent, void, void> {
  const { facts } = await context.sessions.current();
  const reason = 'the server is no Active Directory: it tells no changes';
  yield { kind: 'begin', mode: 'full', method: 'paged search', reason, parameters };
  yield* new PlainRead(context).pages();
  const watermark = formatWatermark({
    version: 1,
    method: 'none',
    namingContext: facts.namingContext,
    invocationId: null,
    cookie: null,
    usn: null,
    reason,
    attributes: normalizeNames(context.request.attributes),
    takenAt: context.now().toISOString(),
  });
  yield { kind: 'end', watermark };
}

/** Single objects. Such a server may not be able to look for an objectGUID, and a wrong "not there" would delete: so all is read. */
export async function* fetchPlainObjects(
  context: ReadContext,
  anchors: readonly string[],
): AsyncGenerator<readonly ObjectChange[], void, void> {
  const wanted = new Set(anchors);
  const missing = new Set(anchors);
  for await (const { changes } of new PlainRead(context).pages()) {
    const found = changes.filter(({ anchor }) => wanted.has(anchor));
    for (const { anchor } of found) missing.delete(anchor);
    if (found.length > 0) yield found;
  }
  if (missing.size > 0) yield Array.from(missing, (anchor) => ({ kind: 'delete', anchor }));
}

/** What waits for objects that come later. */
interface Waiting {
  readonly anchor: string;
  readonly parentDn: string | null;
  readonly rdn: string;
  readonly targets: readonly (readonly [attribute: string, dns: readonly string[]])[];
}

class PlainRead {
  readonly #context: ReadContext;
  readonly #anchors = new DnTable();
  readonly #delivered = new Set<string>();
  readonly #pages: PageEvents;
  readonly #waiting: Waiting[] = [];

  constructor(context: ReadContext) {
    this.#context = context;
    this.#pages = new PageEvents(context.request.onProgress);
  }

  async *pages(): AsyncGenerator<PageEvent, void, void> {
    const attempts = new Attempts();
    for (;;) {
      try {
        yield* this.#readObjects(attempts);
        break;
      } catch (error) {
        await attempts.fail(error, this.#context.log);
      }
    }
    for (const waiting of this.#waiting) {
      this.#finish(waiting);
      if (this.#pages.isFull) yield* this.#pages.flush();
    }
    yield* this.#pages.flush();
  }

  async *#readObjects(attempts: Attempts): AsyncGenerator<PageEvent, void, void> {
    const { connection, facts } = await this.#context.sessions.current();
    const decoder = new DocumentDecoder(this.#context.columns);
    const search = {
      base: facts.namingContext,
      scope: 'sub',
      filter: '(objectClass=*)',
      attributes: [...new Set([...columnNames(this.#context.columns), 'objectGUID', 'entryUUID', 'objectClass'])],
    } as const;
    const pages = searchPages(connection, search, this.#context.pageSize, (cursor) => decoder.decode(cursor));
    for await (const objects of pages) {
      const before = this.#delivered.size;
      for (const object of objects) this.#take(object, facts.namingContext);
      if (this.#delivered.size > before) attempts.succeed();
      yield* this.#pages.flush();
    }
  }

  #take(object: DirectoryObject, namingContext: string): void {
    const problem = problemOf(object);
    if (problem) this.#pages.addProblem(problem);
    if (!hasAnchor(object) || problem || this.#delivered.has(object.anchor)) return;
    this.#delivered.add(object.anchor);
    this.#anchors.add(object.dn, object.anchor);
    const isRoot = isSameSpelling(object.dn, namingContext);
    const { rdn, parent } = isRoot ? { rdn: object.dn, parent: '' } : splitFirstRdn(object.dn);
    const parentAnchor = isRoot ? null : this.#anchors.findParent(parent);
    const { references, later } = this.#resolve(object);
    const place = isRoot || parentAnchor !== null ? { parent: parentAnchor, rdn } : null;
    this.#pages.add(describePut(object, place, references));
    if (later.length > 0 || place === null)
      this.#waiting.push({ anchor: object.anchor, parentDn: place === null ? parent : null, rdn, targets: later });
  }

  #resolve(object: DirectoryObject) {
    const references: Record<string, ReferenceChange> = {};
    const later: (readonly [string, readonly string[]])[] = [];
    for (const { column, dns } of object.dnTargets) {
      const targets: string[] = [];
      const unknown: string[] = [];
      for (const dn of dns) {
        const anchor = this.#anchors.find(dn);
        if (anchor === null) unknown.push(dn);
        else targets.push(anchor);
      }
      if (unknown.length > 0) later.push([column.name, unknown]);
      references[column.name] =
        unknown.length > 0 ? { kind: 'complete', targets, more: true } : { kind: 'complete', targets };
    }
    return { references, later };
  }

  /** Whoever is still not known now is not in the directory. */
  #finish(waiting: Waiting): void {
    const references: Record<string, ReferenceChange> = {};
    for (const [attribute, dns] of waiting.targets) {
      const targets = dns.map((dn) => this.#anchors.findInAnySpelling(dn)).filter((anchor) => anchor !== null);
      references[attribute] = { kind: 'complete', targets };
    }
    const parent = waiting.parentDn === null ? null : this.#anchors.findInAnySpelling(waiting.parentDn);
    this.#pages.add({
      kind: 'patch',
      anchor: waiting.anchor,
      ...(parent === null ? {} : { place: { parent, rdn: waiting.rdn } }),
      set: {},
      clear: [],
      references,
    });
  }
}

/** DN to anchor. Servers mostly write a DN in one spelling but for case; those that could be written otherwise are found by their normal form. */
class DnTable {
  readonly #bySpelling = new Map<string, string>();
  readonly #byNormalForm = new Map<string, string>();
  /** Parents are few, and asked for by all of their children in the same spelling. */
  readonly #parents = new Map<string, string>();

  add(dn: string, anchor: string): void {
    this.#bySpelling.set(dn.toLowerCase(), anchor);
    if (!isNormalButForCase(dn)) this.#byNormalForm.set(normalizeDn(dn), anchor);
  }

  find(dn: string): string | null {
    return this.#bySpelling.get(dn.toLowerCase()) ?? null;
  }

  findParent(dn: string): string | null {
    const known = this.#parents.get(dn);
    if (known !== undefined) return known;
    const found = this.find(dn);
    if (found !== null) this.#parents.set(dn, found);
    return found;
  }

  /** `find` for DNs that are spelled in another way than their objects. Only when all objects are in. */
  findInAnySpelling(dn: string): string | null {
    const found = this.find(dn);
    if (found !== null) return found;
    const normal = normalizeDn(dn);
    return this.#byNormalForm.get(normal) ?? this.#bySpelling.get(normal) ?? null;
  }
}
