import { type Attributes, scalarsOf, scalarText } from '../../model/value.ts';
import type { Driver } from '../driver.ts';

interface GivenRow {
  readonly attribute: string;
  readonly key: string;
}

async function rowsOf(driver: Driver, mv: number): Promise<readonly GivenRow[]> {
  return driver.all<GivenRow>('select attribute, key from given_value where mv = ?', mv);
}

export async function readGiven(driver: Driver, mv: number): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const rows = await rowsOf(driver, mv);
  const groups = Map.groupBy(rows, ({ attribute }) => attribute);
  return new Map([...groups].map(([attribute, group]) => [attribute, new Set(group.map(({ key }) => key))]));
}

export async function writeGiven(
  driver: Driver,
  mv: number,
  attribute: string,
  keys: ReadonlySet<string>,
): Promise<void> {
  const before = (await readGiven(driver, mv)).get(attribute) ?? new Set<string>();
  for (const key of before)
    if (!keys.has(key))
      await driver.run('delete from given_value where mv = ? and attribute = ? and key = ?', mv, attribute, key);
  for (const key of keys)
    if (!before.has(key))
      await driver.run('insert into given_value (mv, attribute, key) values (?, ?, ?)', mv, attribute, key);
}

/** What the tenant does not hold any more, in whatever case, is no value of ours: if it comes back, somebody else has put it there. */
export async function forgetNotHeld(driver: Driver, mv: number, attributes: Attributes): Promise<void> {
  for (const { attribute, key } of await rowsOf(driver, mv)) {
    // No value, but the mark that it is known which ones were given.
    if (key === '') continue;
    const held = scalarsOf(attributes[attribute]).map((value) => scalarText(value).toLowerCase());
    if (held.includes(key.toLowerCase())) continue;
    await driver.run('delete from given_value where mv = ? and attribute = ? and key = ?', mv, attribute, key);
  }
}
