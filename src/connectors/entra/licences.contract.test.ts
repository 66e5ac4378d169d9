import { startEntraTenant, writeAll } from '../../../test/lab/entra-tenant.ts';
import type { Licence } from '../../model/licence.ts';
import type { TargetConnector, TargetWrite } from '../connector.ts';
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

async function createHarness(via: 'graph' | 'provisioning'): Promise<LicenceHarness> {
  const isSynchronized = via === 'provisioning';
  const seed = { licences: LICENCES.map(productOf) };
  const tenant = await startEntraTenant({ seed, ...(isSynchronized ? { synchronization: true } : {}) });
  const target = isSynchronized ? tenant.connect({ via }) : tenant.target;
  return {
    target,
    licences: LICENCES,
    createUser: (name) => createUser(target, name),
    license: async (id, licences) => {
      const addLicenses = licences.map((one) => ({ skuId: one.id, disabledPlans: one.disabledParts }));
      await tenant.graph('POST', `/users/${id}/assignLicense`, { addLicenses, removeLicenses: [] });
    },
    close: () => tenant.close(),
  };
}

async function createUser(target: TargetConnector, name: string): Promise<string> {
  const own = { sourceAnchor: name, userPrincipalName: `${name}@contoso.com`, accountEnabled: true };
  const attributes = { ...own, displayName: name, alias: name, usageLocation: 'DE' };
  const write: TargetWrite = { id: name, action: 'create', type: 'user', anchor: name, attributes };
  const result = (await writeAll(target, [write])).get(name);
  if (result?.outcome !== 'done') throw new Error(`${name} was not made: ${JSON.stringify(result)}`);
  return result.targetId;
}

describeLicenceContract('Entra', () => createHarness('graph'));
describeLicenceContract('Entra by the provisioning service', () => createHarness('provisioning'));
