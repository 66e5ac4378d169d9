import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { DirectoryEntries } from '../lab/directory-entry.ts';
import { directoryServersAvailable } from '../lab/directory-servers-available.ts';
import { Company } from './company.ts';
import type { PlannedOperation } from './plan-list.ts';
import { SynchronizedTenant, type TenantOptions } from './synchronized-tenant.ts';

/** One domain for all tests of a file; the tenants that follow it live as long as one test. */
export class CompanyLab {
  #company: Company | undefined;
  readonly #tenants: SynchronizedTenant[] = [];

  async open(population?: (baseDn: string) => DirectoryEntries): Promise<void> {
    this.#company = await Company.start(population);
  }

  get company(): Company {
    if (this.#company === undefined) throw new Error('the company has not been started');
    return this.#company;
  }

  /** A tenant that follows the company, not yet synchronized. */
  async follow(options: TenantOptions = {}): Promise<SynchronizedTenant> {
    const tenant = await SynchronizedTenant.follow(this.company, options);
    this.#tenants.push(tenant);
    return tenant;
  }

  /** A tenant that follows one container and is in step with it. */
  async followInStep(container: string, options: TenantOptions = {}): Promise<SynchronizedTenant> {
    const tenant = await this.follow({ scope: { include: [container] }, ...options });
    await tenant.plan();
    await tenant.apply();
    expect(await tenant.plan()).toEqual([]);
    return tenant;
  }

  async closeTenants(): Promise<void> {
    for (const tenant of this.#tenants.splice(0)) await tenant.stop();
  }

  async close(): Promise<void> {
    await this.#company?.stop();
  }
}

/** Tests against a real domain, which is started before the first and stopped after the last. */
export function describeCompany(
  title: string,
  tests: (lab: CompanyLab) => void,
  population?: (baseDn: string) => DirectoryEntries,
): void {
  describe.skipIf(!directoryServersAvailable())(title, () => {
    const lab = new CompanyLab();
    beforeAll(() => lab.open(population));
    afterEach(() => lab.closeTenants());
    afterAll(() => lab.close());
    tests(lab);
  });
}

/** The next plan holds exactly these operations (in an order that fits), all of them succeed, and then nothing is left to do. */
export async function expectStep(tenant: SynchronizedTenant, operations: readonly PlannedOperation[]): Promise<void> {
  expect(sortOperations(await tenant.plan())).toEqual(sortOperations(operations));
  if (operations.length === 0) return;
  await tenant.apply();
  expect(await tenant.plan()).toEqual([]);
}

/** Independent operations stand in the order of their anchors, which are random: here by type and name. */
function sortOperations(operations: readonly PlannedOperation[]): readonly PlannedOperation[] {
  const key = ({ type, name }: PlannedOperation): string => `${type} ${name}`;
  return [...operations].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
