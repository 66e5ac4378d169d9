import type { Driver } from '../driver.ts';

/** Remembers what refers to an object that is about to lose it, because it goes into the recycle bin. */
export async function keepReferencesTo(driver: Driver, target: number): Promise<void> {
  await driver.run(
    `insert into returning_reference (source, attribute, target)
     select source, attribute, target from reference where target = ? on conflict do nothing`,
    target,
  );
}

/** The same for what an object in the recycle bin refers to: a list of what is there does not tell it any more. */
export async function keepReferencesFrom(driver: Driver, source: number): Promise<void> {
  await driver.run(
    `insert into returning_reference (source, attribute, target)
     select source, attribute, target from reference where source = ? on conflict do nothing`,
    source,
  );
}

/** Of an object that came back, or never will. */
export async function forgetReturning(driver: Driver, object: number): Promise<void> {
  await driver.run('delete from returning_reference where source = ?', object);
  await driver.run('delete from returning_reference where target = ?', object);
}
