import { encodeAttributes } from '../../model/value.ts';
import type { Driver } from '../driver.ts';
import {
  type Contributor,
  type LookupValue,
  type MetaverseContent,
  type MetaverseObject,
  type MetaverseReference,
  type Origin,
  PENDING,
  type PendingObject,
  type SpaceObject,
  type SyncStore,
  TOUCH,
} from '../store.ts';
import { forgetMetaverse } from './forget-metaverse.ts';
import type { ManagedCounts } from './managed-counts.ts';
import { markPending } from './marks.ts';
import type { AttributeNames } from './names.ts';
import { sendAtOnce } from './passwords.ts';
import { forgetReturning } from './returning-references.ts';
import {
  METAVERSE_COLUMNS,
  type MetaverseRow,
  metaverseDocument,
  OBJECT_COLUMNS,
  type ObjectRow,
  objectColumns,
  storeMetaverseDocument,
  toMetaverseObject,
  toSpaceObject,
} from './rows.ts';

/** The state of the store as a number: what is chosen now was not chosen before it. */
const VERSION = `coalesce((select cast(value as integer) from meta where key = 'version'), 0)`;

const NO_REFERENCES: Readonly<Record<string, number>> = {};

export class SqlSyncStore implements SyncStore {
  readonly #driver: Driver;
  readonly #names: AttributeNames;
  readonly #managed: ManagedCounts;

  constructor(driver: Driver, names: AttributeNames, managed: ManagedCounts) {
    this.#driver = driver;
    this.#names = names;
    this.#managed = managed;
  }

  async markAllPending(space?: number): Promise<void> {
    const filter = space === undefined ? '' : ' and space = ?';
    await this.#driver.run(
      `insert into pending_object (object, flags) select id, 9 from object where state in (0, 2, 3)${filter}
       on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
      ...(space === undefined ? [] : [space]),
    );
  }

  async pendingObjects(limit: number): Promise<readonly PendingObject[]> {
    const rows = await this.#driver.all<ObjectRow & { readonly flags: number }>(
      `select ${objectColumns('o')}, p.flags as flags
       from pending_object p join object o on o.id = p.object order by p.object limit ?`,
      limit,
    );
    return rows.map((row) => ({ ...toSpaceObject(row), flags: row.flags }));
  }

  async clearPending(first: number, last: number): Promise<void> {
    await this.#driver.run('delete from pending_object where object >= ? and object <= ?', first, last);
  }

  async countPending(): Promise<number> {
    const row = await this.#driver.get<{ readonly n: number }>('select count(*) as n from pending_object');
    return row?.n ?? 0;
  }

  async markPending(object: number, flags: number): Promise<void> {
    await markPending(this.#driver, object, flags);
  }

  async markPlaceholders(space: number): Promise<void> {
    await this.#driver.run(
      `insert into pending_object (object, flags) select id, ${PENDING.attributes} from object where space = ? and state = 1
       on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
      space,
    );
  }

  async markUnjoined(space: number, types: readonly string[]): Promise<void> {
    for (const type of types) {
      await this.#driver.run(
        `insert into pending_object (object, flags) select id, ${PENDING.attributes} from object where space = ? and type = ? and state = 0 and mv is null
         on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
        space,
        type,
      );
    }
  }

  async markDescendants(container: number, types?: readonly string[]): Promise<number> {
    const filter = types === undefined ? 'true' : `type in (${types.map(() => '?').join(', ')})`;
    return this.#driver.run(
      `with recursive below (id) as (
         select id from object where parent = ?
         union all
         select o.id from object o join below b on o.parent = b.id
       )
       insert into pending_object (object, flags) select id, ${PENDING.attributes} from object where id in (select id from below) and ${filter}
       on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
      container,
      ...(types ?? []),
    );
  }

  async markTargetsOfChanged(sources: readonly number[], attribute: string): Promise<void> {
    const id = await this.#names.id(attribute);
    for (const source of sources) {
      await this.#driver.run(
        `insert into pending_object (object, flags) select target, 4 from pending_reference where source = ? and attribute = ?
         on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
        source,
        id,
      );
      await this.#driver.run(
        `insert into pending_object (object, flags)
         select r.target, 4 from pending_object p cross join reference r
         where p.object = ? and p.flags & ${PENDING.state} <> 0 and r.source = p.object and r.attribute = ?
         on conflict (object) do update set flags = pending_object.flags | excluded.flags`,
        source,
        id,
      );
    }
  }

  async isReferenced(source: number, attribute: string, target: number): Promise<boolean> {
    const row = await this.#driver.get(
      'select 1 from reference where source = ? and attribute = ? and target = ?',
      source,
      await this.#names.id(attribute),
      target,
    );
    return row !== undefined;
  }

  async referenceTargets(source: number, attribute: string, limit: number): Promise<readonly SpaceObject[]> {
    const rows = await this.#driver.all<ObjectRow>(
      `select ${OBJECT_COLUMNS} from object where id in (select target from reference where source = ? and attribute = ? limit ?) order by id`,
      source,
      await this.#names.id(attribute),
      limit,
    );
    return rows.map(toSpaceObject);
  }

  async referenceCounts(object: number): Promise<Readonly<Record<string, number>>> {
    const rows = await this.#driver.all<{ readonly attribute: number; readonly count: number }>(
      'select attribute, count from reference_count where source = ?',
      object,
    );
    if (rows.length === 0) return NO_REFERENCES;
    const counts: Record<string, number> = {};
    for (const row of rows) counts[await this.#names.name(row.attribute)] = row.count;
    return counts;
  }

  async referenceAttributes(mv: number): Promise<readonly string[]> {
    const rows = await this.#driver.all<{ readonly attribute: number }>(
      `select distinct c.attribute from contributor c cross join reference_count n
       where c.mv = ? and n.source = c.object and n.attribute = c.object_attribute and n.count > 0`,
      mv,
    );
    const names: string[] = [];
    for (const { attribute } of rows) names.push(await this.#names.name(attribute));
    return names.sort();
  }

  async *metaverseReferences(mv: number, attribute: string): AsyncIterable<readonly MetaverseReference[]> {
    const pages = this.#driver.pages<{
      readonly mv: number;
      readonly anchor: string | null;
      readonly wanted: number;
    }>(
      `select m.id as mv, m.anchor as anchor, exists (select 1 from wanted w where w.mv = m.id) as wanted
       from contributor c cross join reference r cross join object o cross join metaverse m
       where c.mv = ? and c.attribute = ? and r.source = c.object and r.attribute = c.object_attribute
         and o.id = r.target and m.id = o.mv`,
      mv,
      await this.#names.id(attribute),
    );
    for await (const rows of pages) yield rows.map((row) => ({ ...row, wanted: row.wanted === 1 }));
  }

  async dnOf(object: number): Promise<string | null> {
    const parts: string[] = [];
    let at: number | null = object;
    while (at !== null) {
      const row: { readonly parent: number | null; readonly rdn: string | null } | undefined = await this.#driver.get(
        'select parent, rdn from object where id = ?',
        at,
      );
      if (row?.rdn == null) return parts.length === 0 ? null : parts.join(',');
      parts.push(row.rdn);
      at = row.parent;
    }
    return parts.join(',');
  }

  async parentOf(object: number): Promise<{ readonly parent: number | null; readonly anchor: string } | null> {
    const row = await this.#driver.get<{ readonly parent: number | null; readonly anchor: string }>(
      'select parent, anchor from object where id = ?',
      object,
    );
    return row ?? null;
  }

  async metaverse(mv: number): Promise<MetaverseObject | null> {
    const row = await this.#driver.get<MetaverseRow>(`select ${METAVERSE_COLUMNS} from metaverse where id = ?`, mv);
    return row === undefined ? null : toMetaverseObject(row);
  }

  async metaversePage(type: string, after: number, limit: number): Promise<readonly MetaverseObject[]> {
    const rows = await this.#driver.all<MetaverseRow>(
      `select ${METAVERSE_COLUMNS} from metaverse where type = ? and id > ? order by id limit ?`,
      type,
      after,
      limit,
    );
    return rows.map(toMetaverseObject);
  }

  async hasLookupValues(space: number): Promise<boolean> {
    return (await this.#driver.get('select 1 from space_value where space = ? limit 1', space)) !== undefined;
  }

  async metaverseByValue(value: LookupValue): Promise<readonly { readonly id: number; readonly type: string }[]> {
    return this.#driver.all(
      'select m.id, m.type from metaverse_value v join metaverse m on m.id = v.mv where v.attribute = ? and v.key = ? order by m.id',
      value.kind,
      value.key,
    );
  }

  async objectsOf(mv: number, except = 0, alsoExcept: number | null = null): Promise<readonly SpaceObject[]> {
    const rows = await this.#driver.all<ObjectRow>(
      `select ${OBJECT_COLUMNS} from object where mv = ? and id <> ? and id <> ? and state <> 1 order by space, anchor`,
      mv,
      except,
      alsoExcept ?? 0,
    );
    return rows.map(toSpaceObject);
  }

  async projectMetaverse(type: string, object: number, content: MetaverseContent): Promise<number> {
    const mv = await this.#driver.insert(
      `insert into metaverse (type, anchor, rules, password_source, password_since) values (?, ?, ?, ?, ${VERSION}) returning id`,
      type,
      content.anchor,
      content.rules,
      content.passwordSource ?? null,
    );
    await this.#driver.run(
      'insert into metaverse_document (mv, doc) values (?, ?)',
      mv,
      encodeAttributes(content.attributes),
    );
    await this.#driver.run('update object set mv = ? where id = ?', mv, object);
    for (const contributor of content.contributors) await this.#addContributor(mv, contributor);
    await this.#addLookup(mv, content.lookup);
    await this.#driver.run('insert into touched (mv, flags) values (?, ?)', mv, TOUCH.attributes | TOUCH.references);
    return mv;
  }

  async #addLookup(mv: number, values: readonly LookupValue[]): Promise<void> {
    await this.#driver.runMany(
      'insert into metaverse_value (attribute, key, mv) values (?, ?, ?) on conflict do nothing',
      values.map(({ kind, key }) => [kind, key, mv]),
    );
  }

  async #addContributor(mv: number, contributor: Contributor): Promise<void> {
    await this.#driver.run(
      `insert into contributor (mv, attribute, object, object_attribute) values (?, ?, ?, ?)
       on conflict (mv, attribute, object) do update set object_attribute = excluded.object_attribute`,
      mv,
      await this.#names.id(contributor.attribute),
      contributor.object,
      await this.#names.id(contributor.objectAttribute),
    );
  }

  async saveMetaverse(mv: number, content: MetaverseContent): Promise<boolean> {
    const doc = encodeAttributes(content.attributes);
    const before = await this.#driver.get<{
      readonly doc: string;
      readonly anchor: string | null;
      readonly rules: string;
      readonly password: number | null;
    }>(
      `select anchor, rules, password_source as password, ${metaverseDocument('metaverse')} as doc from metaverse where id = ?`,
      mv,
    );
    await this.#savePasswordSource(mv, content.passwordSource ?? null, before?.password ?? null);
    const contributed = await this.#saveContributors(mv, content.contributors);
    await this.#saveLookup(mv, content.lookup);
    if (before?.doc === doc && before.anchor === content.anchor && before.rules === content.rules) return contributed;
    if (before?.anchor !== content.anchor || before.rules !== content.rules) {
      await this.#driver.run(
        'update metaverse set anchor = ?, rules = ? where id = ?',
        content.anchor,
        content.rules,
        mv,
      );
    }
    if (before?.doc !== doc) await storeMetaverseDocument(this.#driver, mv, doc);
    return true;
  }

  async #savePasswordSource(mv: number, source: number | null, before: number | null): Promise<void> {
    if (source === before) return;
    await this.#driver.run(
      `update metaverse set password_source = ?, password_since = ${VERSION} where id = ?`,
      source,
      mv,
    );
    const account = await this.#driver.get<{ readonly space: number; readonly anchor: string }>(
      'select space, anchor from object where id = ?',
      source,
    );
    if (account !== undefined) await sendAtOnce(this.#driver, account);
  }

  /** Also when nothing else differs: rules may have begun to join by another attribute. */
  async #saveLookup(mv: number, values: readonly LookupValue[]): Promise<void> {
    const before = await this.#driver.all<LookupValue>(
      'select attribute as kind, key from metaverse_value where mv = ?',
      mv,
    );
    if (isSameLookup(before, values)) return;
    await this.#driver.run('delete from metaverse_value where mv = ?', mv);
    await this.#addLookup(mv, values);
  }

  /** When another object begins to give the references, all of them must be compared again. */
  async #saveContributors(mv: number, contributors: readonly Contributor[]): Promise<boolean> {
    const before = await this.#driver.all<{
      readonly attribute: number;
      readonly object: number;
      readonly object_attribute: number;
    }>('select attribute, object, object_attribute from contributor where mv = ?', mv);
    const old = new Set(before.map((row) => `${row.attribute}/${row.object}/${row.object_attribute}`));
    const wanted = new Set<string>();
    let changed = false;
    for (const contributor of contributors) {
      const attribute = await this.#names.id(contributor.attribute);
      const objectAttribute = await this.#names.id(contributor.objectAttribute);
      const key = `${attribute}/${contributor.object}/${objectAttribute}`;
      wanted.add(key);
      if (old.has(key)) continue;
      changed = true;
      await this.#addContributor(mv, contributor);
    }
    for (const row of before) {
      if (wanted.has(`${row.attribute}/${row.object}/${row.object_attribute}`)) continue;
      changed = true;
      await this.#driver.run(
        'delete from contributor where mv = ? and attribute = ? and object = ?',
        mv,
        row.attribute,
        row.object,
      );
    }
    if (changed) await this.touch(mv, TOUCH.references);
    return changed;
  }

  async setOrigin(mv: number, origin: Origin): Promise<void> {
    await this.#driver.run('update metaverse set origin = ? where id = ?', JSON.stringify(origin), mv);
  }

  async deleteMetaverse(mv: number): Promise<void> {
    await this.#managed.invalidate();
    await forgetMetaverse(this.#driver, mv);
  }

  async link(object: number, mv: number | null, tenant: boolean): Promise<void> {
    const before = await this.#driver.get<{ readonly mv: number | null }>('select mv from object where id = ?', object);
    await this.#driver.run('update object set mv = ? where id = ?', mv, object);
    if (!tenant) return;
    await this.#managed.invalidate();
    if (before?.mv != null)
      await this.#driver.run('update metaverse set tenant = null where id = ? and tenant = ?', before.mv, object);
    if (mv !== null) await this.#driver.run('update metaverse set tenant = ? where id = ?', object, mv);
  }

  async purgeObject(object: number): Promise<void> {
    await this.#driver.run('delete from reference where source = ?', object);
    await this.#driver.run('delete from reference_count where source = ?', object);
    await forgetReturning(this.#driver, object);
    await this.#driver.run('delete from space_value where object = ?', object);
    await this.#driver.run('delete from document where object = ?', object);
    const referred = await this.#driver.get('select 1 from reference where target = ? limit 1', object);
    const parent = await this.#driver.get('select 1 from object where parent = ? limit 1', object);
    if (referred === undefined && parent === undefined) {
      await this.#driver.run('delete from object where id = ?', object);
      return;
    }
    await this.#driver.run(`update object set state = 1, type = 'placeholder', mv = null where id = ?`, object);
    // What hung under it, and is often deleted with it, is still to be called by its whole name.
    if (parent === undefined)
      await this.#driver.run('update object set parent = null, rdn = null where id = ?', object);
  }

  async touch(mv: number, flags: number): Promise<void> {
    await this.#driver.run(
      'insert into touched (mv, flags) values (?, ?) on conflict (mv) do update set flags = touched.flags | excluded.flags',
      mv,
      flags,
    );
  }

  async touchAll(flags: number): Promise<void> {
    await this.#driver.run(
      `insert into touched (mv, flags) select id, ? from metaverse where true
       on conflict (mv) do update set flags = touched.flags | excluded.flags`,
      flags,
    );
  }

  async touchReferencesTo(object: number): Promise<void> {
    await this.#driver.run(
      `insert into pending_reference (source, attribute, target) select source, attribute, target from reference where target = ?
       on conflict do nothing`,
      object,
    );
  }

  async touchChangedReferences(): Promise<number> {
    const pairs = await this.#driver.run(
      `insert into touched_reference (source, attribute, target)
       select s.mv, coalesce(c.attribute, p.attribute), t.mv
       from pending_reference p
       cross join object s
       cross join object t
       left join contributor c on c.object = p.source and c.object_attribute = p.attribute and c.mv = s.mv
       where s.id = p.source and t.id = p.target and s.mv is not null and t.mv is not null
       on conflict do nothing`,
    );
    await this.#driver.run(
      `insert into touched (mv, flags)
       select distinct s.mv, ${TOUCH.outside} from pending_reference p cross join object s where s.id = p.source and s.mv is not null
       on conflict (mv) do update set flags = touched.flags | excluded.flags`,
    );
    await this.#driver.run('delete from pending_reference');
    return pairs;
  }

  async version(): Promise<number> {
    const row = await this.#driver.get<{ readonly value: string }>(`select value from meta where key = 'version'`);
    return Number(row?.value ?? 0);
  }

  async raiseVersion(): Promise<void> {
    const next = (await this.version()) + 1;
    await this.#driver.run(
      `insert into meta (key, value) values ('version', ?) on conflict (key) do update set value = excluded.value`,
      String(next),
    );
  }
}

/** Whether both hold the same values; there are few, and `stored` has each once. */
function isSameLookup(stored: readonly LookupValue[], values: readonly LookupValue[]): boolean {
  const isAmong = (list: readonly LookupValue[], { kind, key }: LookupValue): boolean =>
    list.some((one) => one.key === key && one.kind === kind);
  return stored.every((one) => isAmong(values, one)) && values.every((one) => isAmong(stored, one));
}
