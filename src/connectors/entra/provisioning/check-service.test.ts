import { afterEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../../test/lab/entra-tenant.ts';

/** What a new tenant has (DirSyncFeatures), and the bit for changed names of licensed users in it. */
const [USUAL, NAMES_OF_LICENSED] = [41_016, 8192];

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
});
