import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { Licence } from '../../model/licence.ts';
import { describeLicenceContract, type LicenceHarness } from '../licences.contract.ts';

const PLANS = ['40000000-0000-4000-8000-000000000001', '40000000-0000-4000-8000-000000000002'];
const LICENCES: LicenceHarness['licences'] = [
  { id: '30000000-0000-4000-8000-000000000001', name: 'MAIL', disabledParts: PLANS },
  { id: '30000000-0000-4000-8000-000000000002', name: 'PHONE', disabledParts: [] },
  { id: '30000000-0000-4000-8000-000000000003', name: 'RARE', disabledParts: [] },
];

function productOf({ id, name }: Licence): object {
  const servicePlans = PLANS.map((plan) => ({ servicePlanId: plan, servicePlanName: plan }));
  return { skuId: id, skuPartNumber: name, enabled: name === 'RARE' ? 0 : 5, servicePlans };
}

async function createHarness(): Promise<LicenceHarness> {
  const tenant = await startEntraTenant({ seed: { licences: LICENCES.map(productOf) } });
  return {
    target: tenant.target,
    licences: LICENCES,
    createUser: (name) => createUser(tenant, name),
    license: async (id, licences) => {
      const addLicenses = licences.map((one) => ({ skuId: one.id, disabledPlans: one.disabledParts }));
      await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
    },
    close: () => tenant.close(),
  };
}

async function createUser(tenant: EntraTenant, name: string): Promise<string> {
  const own = { sourceAnchor: name, userPrincipalName: `${name}@contoso.com`, accountEnabled: true };
  const attributes = { ...own, displayName: name, alias: name, usageLocation: 'DE' };
  const result = (await tenant.write([{ id: name, action: 'create', type: 'user', anchor: name, attributes }])).get(
    name,
  );
  if (result?.outcome !== 'done') throw new Error(`${name} was not made: ${JSON.stringify(result)}`);
  return result.targetId;
}

describeLicenceContract('Entra', createHarness);
