import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  createDirectory,
  createMemoryLab,
  guid,
  type MemoryLab,
  WHOLE_DIRECTORY,
} from '../../test/memory/memory-lab.ts';
import { RandomEdits } from '../../test/memory/random-edits.ts';
import type { MemoryConnector } from '../connectors/memory/connector.ts';
import type { MemoryEntry } from '../connectors/memory/directory.ts';

const EDITS = 240;
const IN_B = new Set(Array.from({ length: 24 }, (_, at) => guid(`u${at}`)).filter((_, at) => at % 2 === 1));
const GROUPS_IN_B = new Set(['g2', 'g4'].map(guid));

function entryOf(source: MemoryConnector, anchor: string): MemoryEntry | undefined {
  const object = source.directory.get(anchor);
  if (object === undefined) return undefined;
  const references = [...object.references].map(([name, targets]) => [name, [...targets].sort()] as const);
  const { type, place, attributes } = object;
  return {
    anchor,
    type,
    place,
    attributes,
    references: Object.fromEntries(references.filter(([, list]) => list.length > 0)),
  };
}

/** Divides a directory among two domains: each person and group is in one of them, the containers are in both. */
function divide(whole: MemoryConnector, domains: readonly MemoryConnector[]): void {
  for (const [index, domain] of domains.entries()) {
    const belongs = (anchor: string, type: string): boolean =>
      (type !== 'user' && type !== 'group') || (IN_B.has(anchor) || GROUPS_IN_B.has(anchor)) === (index === 1);
    for (const { anchor } of [...domain.directory.objects()])
      if (whole.directory.get(anchor) === undefined) domain.remove(anchor);
    for (const { anchor, type } of whole.directory.objects()) {
      const entry = entryOf(whole, anchor);
      if (entry === undefined || !belongs(anchor, type)) continue;
      if (!isDeepStrictEqual(entry, entryOf(domain, anchor))) domain.put(entry);
    }
  }
}

async function expectAtRest(lab: MemoryLab): Promise<void> {
  for (let round = 0; round < 4; round++) await lab.sync();
  expect(await lab.operations(await lab.plan())).toEqual([]);
  expect(await lab.operations(await lab.plan({ full: true }))).toEqual([]);
}

describe.each([1, 2, 3])('two domains that share the objects of one (seed %i)', (seed) => {
  test('give, after many small changes, the tenant that the one gives', async () => {
    const whole = createDirectory('whole');
    const edits = new RandomEdits(whole, { seed, contested: false });
    const domains = ['a', 'b'].map((name) => createDirectory(name, { globalAnchors: true }));
    const one = await createMemoryLab({ source: whole });
    const two = await createMemoryLab();
    two.context = { ...two.context, sources: domains.map((connector) => ({ connector, scope: WHOLE_DIRECTORY })) };
    const history: string[] = [];
    for (let done = 0; done < EDITS; ) {
      for (let more = edits.below(6); more >= 0; more--, done++) history.push(edits.edit());
      divide(whole, domains);
      const full = edits.chance(0.05);
      if (edits.chance(0.15)) await two.plan({ full });
      else await two.sync({ full });
      history.push('--');
    }
    await expectAtRest(two);
    await expectAtRest(one);
    const members = (lab: MemoryLab): readonly unknown[] =>
      Object.entries(lab.tenant()).map(([name, { member, manager }]) => ({ name, member, manager }));
    expect(members(two), history.slice(-30).join('\n')).toEqual(members(one));
    const told = async (lab: MemoryLab): Promise<readonly string[]> =>
      (await lab.findings('reference-out-of-scope'))
        .map((one) => `${one.object?.name} ${one.otherObject?.anchor}`)
        .sort();
    expect(await told(two)).toEqual(await told(one));
    expect(members(one).some((entry) => JSON.stringify(entry).includes('manager'))).toBe(true);
  });
});
