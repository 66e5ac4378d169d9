import { SeededRandom } from '../lab/seeded-random.ts';
import type { TenantDump } from '../scenarios/tenant-picture.ts';
import type { World } from './world.ts';

const PARTS = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
const SKUS = ['30000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000002'];

/** The products of the tenant, with seats for everybody. */
export const PRODUCTS: readonly object[] = SKUS.map((skuId, at) => ({
  skuId,
  skuPartNumber: `PRODUCT ${at + 1}`,
  enabled: 1000,
  servicePlans: PARTS.map((plan) => ({ servicePlanId: plan, servicePlanName: `PART ${plan.slice(-1)}` })),
}));

/** What an administrator of the tenant gives to users at random, and who has to have it for as long as the tenant knows the user. */
export class RandomLicences {
  readonly #random: SeededRandom;
  /** By the id of the user and the product: the parts that are switched off. */
  readonly #given = new Map<string, Map<string, readonly string[]>>();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 11);
  }

  /** Gives a product to some of the users who are there; answers how many. `lag`: replicas know all of it, before and after. */
  async assign(world: World, lag: number): Promise<number> {
    if (lag > 0) world.emulator.advanceClock(lag);
    const live = (await world.dump()).users.filter((user) => user.deletedDateTime === undefined);
    let assigned = 0;
    for (const { id } of live) {
      const skuId = this.#random.pick(SKUS as [string]);
      if (!this.#random.isLikely(0.5) || this.#given.get(id)?.has(skuId)) continue;
      const disabledPlans = PARTS.filter(() => this.#random.isLikely(0.4));
      await world.graph('PATCH', `/users/${id}`, { usageLocation: 'DE' });
      await world.graph('POST', `/users/${id}/assignLicense`, {
        addLicenses: [{ skuId, disabledPlans }],
        removeLicenses: [],
      });
      this.#given.set(id, (this.#given.get(id) ?? new Map<string, readonly string[]>()).set(skuId, disabledPlans));
      assigned++;
    }
    if (assigned > 0 && lag > 0) world.emulator.advanceClock(lag);
    return assigned;
  }

  /** One sentence for each user of the tenant who has not exactly what was given, however often deleted and restored since. */
  differences({ users }: TenantDump): readonly string[] {
    return users
      .filter((user) => user.deletedDateTime === undefined)
      .flatMap((user) => {
        const should = spell([...(this.#given.get(user.id) ?? [])]);
        const is = spell(readAssigned(user['assignedLicenses']));
        return is === should
          ? []
          : [`users ${user.id} ${String(user['displayName'])} has licences ${is}, should have ${should}`];
      });
  }
}

function readAssigned(value: unknown): readonly (readonly [string, readonly string[]])[] {
  if (!Array.isArray(value)) return [];
  const assigned = value as readonly { readonly skuId: string; readonly disabledPlans: readonly string[] }[];
  return assigned.map(({ skuId, disabledPlans }) => [skuId, disabledPlans]);
}

function spell(licences: readonly (readonly [string, readonly string[]])[]): string {
  const texts = licences.map(
    ([sku, off]) => `${sku.slice(-1)} without [${[...off].map((one) => one.slice(-1)).sort()}]`,
  );
  return `{${texts.sort().join(', ')}}`;
}
