import { afterAll, describe, expect, test } from 'vitest';
import { guid, user } from '../memory/memory-lab.ts';
import { endWorlds, type FindingWorld } from './finding-world.ts';
import { type OfOneServer, PROVOCATIONS_OF_ONE_SERVER } from './provocations.ts';

afterAll(endWorlds);

const PERSON = /^user ".*" in corp: CN=(\w+),OU=People/;

/** The account of the directory that a finding is about. */
function accountOf(code: OfOneServer): string | undefined {
  return PERSON.exec(PROVOCATIONS_OF_ONE_SERVER[code].told[0]?.object ?? '')?.[1];
}

/** What Graph cannot carry is told once for all objects: that none has it any more shows when all are looked at. */
const OF_ACCOUNTS = (Object.keys(PROVOCATIONS_OF_ONE_SERVER) as readonly OfOneServer[]).filter(
  (code) => accountOf(code) && code !== 'target-cannot-carry-attribute',
);

async function open(world: FindingWorld, code: OfOneServer): Promise<readonly string[]> {
  const found = await world.findings(code);
  return found.filter(({ object }) => object?.anchor === guid(accountOf(code) ?? '')).map(({ cause }) => cause);
}

describe('a finding about an account', () => {
  test.each(OF_ACCOUNTS)('%s goes with it, when it is deleted', async (code) => {
    const { world } = await PROVOCATIONS_OF_ONE_SERVER[code].provoke();
    world.source.put(user('somebody'));
    world.source.remove(guid(accountOf(code) ?? ''));
    await world.run();
    expect(await open(world, code)).toEqual([]);
    await world.end();
  });

  test.each(OF_ACCOUNTS)('%s goes with it, when it leaves the scope', async (code) => {
    const { world } = await PROVOCATIONS_OF_ONE_SERVER[code].provoke();
    world.source.put(user('somebody'));
    world.edit(accountOf(code) ?? '', { isCriticalSystemObject: true });
    await world.run();
    expect(await open(world, code)).toEqual([]);
    await world.end();
  });
});
