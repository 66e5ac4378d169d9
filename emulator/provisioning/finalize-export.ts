import { toGraphTime } from '../clock.ts';
import { synchronizationChange } from '../tenant/synchronization.ts';
import type { ServiceRequest } from './operation.ts';
import { integerOf, readMembers } from './read-members.ts';
import { bodyRefused } from './service-fault.ts';
import { NAMESPACE } from './wire-names.ts';

/** FinalizeExport: what the client says of its export, which GetCompanyConfiguration then shows. */
export function finalizeExport({ tenant, body, clientVersion }: ServiceRequest): undefined {
  const members = readMembers(body, NAMESPACE.service, ['totalExported', 'successfulExportCount']);
  const exported = integerOf(members.get('totalExported'));
  const exportedWell = integerOf(members.get('successfulExportCount'));
  if (exported < 0 || exportedWell < 0 || exportedWell > exported) {
    throw bodyRefused(`${exportedWell} of ${exported} objects cannot have been exported`);
  }
  const lastSync = toGraphTime(tenant.clock.now());
  tenant.commit([synchronizationChange(tenant, { exported, exportedWell, clientVersion, lastSync })]);
}
