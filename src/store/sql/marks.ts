import type { Driver } from '../driver.ts';

/** Marks an object for sync; `flags` are those of PENDING, added to what it is marked with already. */
export async function markPending(driver: Driver, object: number, flags: number): Promise<void> {
  await driver.run(
    'insert into pending_object (object, flags) values (?, ?) on conflict (object) do update set flags = pending_object.flags | excluded.flags',
    object,
    flags,
  );
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
