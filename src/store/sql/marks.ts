import type { Driver, SqlValue } from '../driver.ts';

const MARK =
  'insert into pending_object (object, flags) values (?, ?) on conflict (object) do update set flags = pending_object.flags | excluded.flags';

/** Marks an object for sync; `flags` are those of PENDING, added to what it is marked with already. */
export async function markPending(driver: Driver, object: number, flags: number): Promise<void> {
  await driver.run(MARK, object, flags);
}

/** `markPending` of many, as rows of object and flags. */
export async function markManyPending(driver: Driver, rows: readonly (readonly SqlValue[])[]): Promise<void> {
  await driver.runMany(MARK, rows);
}

/** Adds to the number of live objects of a type in a space. */
export async function countLive(driver: Driver, space: number, type: string, by: number): Promise<void> {
  await driver.run(
    `insert into space_count (space, type, live) values (?, ?, ?)
     on conflict (space, type) do update set live = space_count.live + excluded.live`,
    space,
    type,
    by,
  );
}

/** Adds references, as rows of source, attribute and target; answers how many were not there yet. */
export async function addReferences(driver: Driver, rows: readonly (readonly SqlValue[])[]): Promise<number> {
  return driver.runMany(
    'insert into reference (source, attribute, target) values (?, ?, ?) on conflict do nothing',
    rows,
  );
}

/** Adds to the numbers of references, as rows of source, attribute and number: they tell an import which attributes a complete object must name. */
export async function countReferences(driver: Driver, rows: readonly (readonly SqlValue[])[]): Promise<void> {
  await driver.runMany(
    `insert into reference_count (source, attribute, count) values (?, ?, ?)
     on conflict (source, attribute) do update set count = reference_count.count + excluded.count`,
    rows,
  );
}
