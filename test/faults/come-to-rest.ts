import { expect } from 'vitest';
import type { Directory, World } from './world.ts';

/** Undisturbed cycles until there is nothing left to do. */
export async function comeToRest(world: World, directory: Directory): Promise<void> {
  for (let cycle = 0; cycle < 3; cycle++) {
    const end = await world.cycle(directory);
    expect(end).toMatchObject({ exitCode: 0 });
    if (end?.operations === 0) return;
  }
  expect.fail('there is always something left to do');
}
