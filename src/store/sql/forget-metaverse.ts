import type { Driver } from '../driver.ts';
import { forgetDriftOf } from './drift.ts';

/** Whatever is kept of a metaverse object alone, by its number. A table that comes to them has to come here. */
const TABLES = [
  'metaverse_value',
  'metaverse_document',
  'contributor',
  'touched',
  'wanted',
  'given_value',
  'leaving',
  'tenant_match',
] as const;

/** Removes a metaverse object with all that is kept of it; what was joined to it is joined to nothing. */
export async function forgetMetaverse(driver: Driver, mv: number): Promise<void> {
  for (const table of TABLES) await driver.run(`delete from ${table} where mv = ?`, mv);
  await forgetDriftOf(driver, mv);
  await driver.run('update object set mv = null where mv = ?', mv);
  await driver.run('delete from metaverse where id = ?', mv);
}
