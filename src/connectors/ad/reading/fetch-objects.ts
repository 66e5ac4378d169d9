import { EqualityFilter, type Filter, OrFilter } from 'ldapts';
import { guidToBytes } from '../../../model/anchor.ts';
import type { ObjectChange, ObjectPatch } from '../../../model/change.ts';
import { type LdapEntry, spanTexts } from '../ldap/ldap-entry.ts';
import { type Column, columnNames } from '../objects/attribute-columns.ts';
import { type DirectoryObject, IDENTITY_ATTRIBUTES, ObjectDecoder } from '../objects/directory-object.ts';
import { guidOfDn } from '../objects/extended-dn.ts';
import { hasAnchor, toPut } from '../objects/object-changes.ts';
import { formatRange, parseRange } from '../objects/value-range.ts';
import type { Session } from '../session/sessions.ts';
import { completeObject } from './complete-object.ts';
import { ParentChain } from './parent-chain.ts';
import { readTargets, type TargetsLeft, takeTargetsLeft } from './ranged-values.ts';
import { anchorBase, objectControls, type ReadContext } from './read-context.ts';

/** Objects of one request: a filter on objectGUID is answered from an index. */
export const OBJECTS_PER_SEARCH = 50;

/** Single objects whole, `delete` for those that are not there, and patches of those that refer to them. */
export async function* fetchObjects(
  session: Session,
  context: ReadContext,
  anchors: readonly string[],
): AsyncGenerator<readonly ObjectChange[], void, void> {
  const found = new Set<string>();
  const parents = new ParentChain((anchor) => found.has(anchor));
  for await (const changes of readWhole(session, context, anchors, true)) {
    for (const change of changes) {
      if (change.kind !== 'put') continue;
      found.add(change.anchor);
      parents.need(change.place?.parent);
    }
    yield changes;
  }
  for await (const put of parents.read(session, context, 'hidden')) yield [put];
}

/** `fetchObjects` without parents, and where not asked for without referrers. */
export async function* readWhole(
  session: Session,
  context: ReadContext,
  anchors: readonly string[],
  withReferrers = false,
): AsyncGenerator<readonly ObjectChange[], void, void> {
  const wanted = [...new Set(anchors)];
  for (let start = 0; start < wanted.length; start += OBJECTS_PER_SEARCH) {
    yield* readChunk(session, context, wanted.slice(start, start + OBJECTS_PER_SEARCH), withReferrers);
  }
}

async function* readChunk(
  session: Session,
  context: ReadContext,
  anchors: readonly string[],
  withReferrers: boolean,
): AsyncGenerator<readonly ObjectChange[], void, void> {
  const links = withReferrers ? backLinkColumns(context) : [];
  const backLinks = links.map(({ backLink }) => backLink);
  const decoder = new ObjectDecoder(context.columns, 'positions');
  const missing = new Set(anchors);
  const changes: ObjectChange[] = [];
  const left: TargetsLeft[] = [];
  const referrers = new Referrers();
  const entries = await session.connection.searchAll({
    base: session.facts.namingContext,
    scope: 'sub',
    filter: anchorFilter(anchors),
    attributes: [...columnNames(context.columns), ...IDENTITY_ATTRIBUTES, ...backLinks],
    controls: objectControls(session.facts),
  });
  for (const entry of entries) {
    const object = decoder.decode(entry);
    if (!hasAnchor(object) || !isOurs(object)) continue;
    missing.delete(object.anchor);
    await completeObject(session, context, object);
    left.push(...takeTargetsLeft(object));
    changes.push(toPut(object, session.facts.namingContext));
    for (const { column, backLink } of links)
      await readReferrers(session, entry, object.anchor, column, backLink, referrers);
  }
  for (const anchor of missing) changes.push({ kind: 'delete', anchor });
  yield changes;
  for (const targets of left) for await (const patch of readTargets(session, targets)) yield [patch];
  yield referrers.patches();
}

/** Other classes are of no interest to anyone, so they count as not there. */
function isOurs(object: DirectoryObject): boolean {
  return object.type !== null && object.type !== 'other';
}

export function anchorFilter(anchors: readonly string[]): Filter {
  const filters = anchors.map((anchor) => {
    const value = Buffer.from(guidToBytes(anchor) ?? []);
    return new EqualityFilter({ attribute: 'objectGUID', value });
  });
  return new OrFilter({ filters });
}

interface BackLinkColumn {
  readonly column: Column;
  readonly backLink: string;
}

function backLinkColumns(context: ReadContext): readonly BackLinkColumn[] {
  const links: BackLinkColumn[] = [];
  for (const column of context.columns.values()) {
    if (column.isReference && column.backLink !== null) links.push({ column, backLink: column.backLink });
  }
  return links;
}

/** Who refers to the fetched objects, gathered so that each referrer is one patch. */
class Referrers {
  readonly #targets = new Map<string, Map<string, string[]>>();

  add(referrer: string, attribute: string, target: string): void {
    const ofReferrer = this.#targets.get(referrer) ?? new Map<string, string[]>();
    this.#targets.set(referrer, ofReferrer);
    const targets = ofReferrer.get(attribute) ?? [];
    ofReferrer.set(attribute, targets);
    targets.push(target);
  }

  patches(): readonly ObjectPatch[] {
    return Array.from(this.#targets, ([anchor, attributes]) => ({
      kind: 'patch',
      anchor,
      set: {},
      clear: [],
      references: Object.fromEntries(
        Array.from(attributes, ([name, add]) => [name, { kind: 'delta', add, remove: [] } as const]),
      ),
    }));
  }
}

async function readReferrers(
  session: Session,
  first: LdapEntry,
  target: string,
  column: Column,
  backLink: string,
  referrers: Referrers,
): Promise<void> {
  let entry: LdapEntry | null = first;
  while (entry !== null) {
    const part: { readonly dns: readonly string[]; readonly next: number | null } = valuesOf(entry, backLink);
    for (const dn of part.dns) {
      const referrer = guidOfDn(dn);
      if (referrer !== null) referrers.add(referrer, column.name, target);
    }
    if (part.next === null) return;
    entry = await session.connection.readEntry({
      base: anchorBase(target),
      attributes: [formatRange(backLink, part.next, '*')],
      controls: objectControls(session.facts),
    });
  }
}

function valuesOf(entry: LdapEntry, name: string): { readonly dns: readonly string[]; readonly next: number | null } {
  for (const attribute of entry.attributes) {
    const range = parseRange(attribute.name);
    if ((range?.name ?? attribute.name).toLowerCase() !== name.toLowerCase()) continue;
    const high = range?.high ?? null;
    return { dns: spanTexts(entry, attribute), next: high === null ? null : high + 1 };
  }
  return { dns: [], next: null };
}
