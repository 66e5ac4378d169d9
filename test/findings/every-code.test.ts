import { afterAll, describe, expect, test } from 'vitest';
import { objectText } from '../../src/cli/views/finding-text.ts';
import { explainObject } from '../../src/engine/explain.ts';
import { FINDINGS, type Finding, type FindingCode } from '../../src/model/finding.ts';
import { endWorlds } from './finding-world.ts';
import type { Told } from './provocation.ts';
import { PROVOCATIONS } from './provocations.ts';
import type { ProvokedWorld } from './provoked-world.ts';

afterAll(endWorlds);

function tell({ severity, object, otherObject, attribute, value, cause, remedy }: Finding, folder: string): Told {
  return {
    severity,
    object: object === null ? null : objectText(object),
    otherObject: otherObject === null ? null : objectText(otherObject),
    attribute,
    value,
    cause: cause.replace(folder, '.'),
    remedy,
  };
}

async function told(world: ProvokedWorld, code: FindingCode): Promise<readonly Told[]> {
  return (await world.findings(code)).map((one) => tell(one, world.folder));
}

/** Everything that somebody is asked to do something about. */
async function problems(world: ProvokedWorld): Promise<readonly string[]> {
  const open = (await world.findings()).filter(({ severity }) => severity !== 'info');
  return open.map(({ code, cause }) => `${code}: ${cause}`);
}

const EXPLAIN = /dirbridge explain ("(?:[^"\\]|\\.)*")(?: --attribute (\w+))?/;

/** The command that a remedy names answers. */
async function explains(world: ProvokedWorld, remedy: string): Promise<boolean> {
  const [, name, attribute] = EXPLAIN.exec(remedy) ?? [];
  if (name === undefined) return true;
  if (world.context === null) return false;
  const found = await explainObject(world.context, JSON.parse(name) as string);
  const names = found.flatMap(({ values }) => values.flatMap((one) => [one.attribute, one.neutral]));
  return found.length === 1 && (attribute === undefined || names.includes(attribute));
}

const CODES = Object.keys(FINDINGS) as readonly FindingCode[];

describe('every finding', () => {
  test.each(CODES)('%s comes up, stays, and is over when somebody does what it says', async (code) => {
    const { told: expected, provoke, isLasting = true } = PROVOCATIONS[code];
    const { world, follow } = await provoke();
    const whole = expected.map((one) => ({ severity: FINDINGS[code].severity, ...one }));
    expect(await told(world, code)).toEqual(whole);
    for (const { remedy } of whole) expect(await explains(world, remedy)).toBe(true);
    for (const full of isLasting ? [false, true] : []) {
      await world.run({ full });
      expect(await told(world, code)).toEqual(whole);
    }
    if (follow !== null) {
      await follow();
      expect(await world.run()).toMatchObject({ outcome: 'done', failed: 0 });
      expect(await world.findings(code)).toEqual([]);
      if (isLasting) expect(await problems(world)).toEqual([]);
    }
    await world.end();
  });
});
