import { afterEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../../test/lab/entra-tenant.ts';

/** What a new tenant has (DirSyncFeatures), and the bit for changed names of licensed users in it. */
const [USUAL, NAMES_OF_LICENSED] = [41_016, 8192];
const [NO_SOFT_MATCH, NO_HARD_MATCH] = [524_288, 1_048_576];

let tenant: EntraTenant;
afterEach(() => tenant.close());

async function check(features: number): Promise<readonly string[]> {
  const seed = { tenant: { synchronization: { isEnabled: true, features } } };
  tenant = await startEntraTenant({ synchronization: true, seed });
  const lines: string[] = [];
  for await (const { state, what } of tenant.connect({ via: 'provisioning' }).check()) lines.push(`${state} ${what}`);
  return lines;
}

describe('the check of the provisioning service', () => {
  test('finds nothing wrong with a usual tenant', async () => {
    const lines = await check(USUAL);
    expect(lines).toContain('ok user principal names of licensed users');
    expect(lines.filter((line) => !line.startsWith('ok '))).toEqual([]);
  });

  test('warns where changed names of licensed users come to nothing', async () => {
    const lines = await check(USUAL - NAMES_OF_LICENSED);
    expect(lines).toContain('warning user principal names of licensed users');
  });

  test('warns where the tenant joins nothing that it holds to what comes', async () => {
    expect(await check(USUAL + NO_SOFT_MATCH)).toContain('warning soft matching');
  });

  test('warns where nothing that it counts as its own can be taken over', async () => {
    expect(await check(USUAL + NO_HARD_MATCH)).toContain('warning hard matching');
  });
});
