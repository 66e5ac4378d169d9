import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { CheckLine } from '../../connector.ts';
import type { Graph } from '../graph.ts';
import { readOrganization } from '../tenant-facts.ts';
import { type CompanyConfiguration, FEATURE, hasFeature, readCompanyConfiguration } from './company-configuration.ts';
import type { ProvisioningClient } from './provisioning-client.ts';

/** Whether objects can be written by way of the service, and what of the tenant only Graph tells. */
export async function* checkService(client: ProvisioningClient, graph: Graph): AsyncGenerator<CheckLine> {
  const company = yield* checkReach(() => readCompanyConfiguration(client));
  if (company === null) return;
  yield checkOthers(company);
  yield checkNames(company);
  yield await checkDomains(graph);
}

async function checkDomains(graph: Graph): Promise<CheckLine> {
  const what = 'verified domains';
  try {
    const { verifiedDomains } = await readOrganization(graph);
    return { what, state: 'ok', detail: verifiedDomains.join(', ') };
  } catch (thrown) {
    const remedy =
      'Grant the application Organization.Read.All for Microsoft Graph: the provisioning service does not tell the domains.';
    const detail = `no user principal name can be judged before it is sent: ${messageOf(thrown)}`;
    return { what, state: 'warning', detail, remedy };
  }
}

/** Whether the service answers us, and synchronization is on; what it says of the tenant, or null where nothing further can be found out. */
export async function* checkReach(
  read: () => Promise<CompanyConfiguration>,
): AsyncGenerator<CheckLine, CompanyConfiguration | null> {
  const what = 'provisioning service';
  try {
    const company = await read();
    yield { what, state: 'ok', detail: `${company.displayName} (${company.tenantId}); experimental` };
    yield checkDirSync(company);
    return company;
  } catch (thrown) {
    const more = thrown instanceof DirbridgeError ? { remedy: thrown.remedy, code: thrown.code } : {};
    yield { what, state: 'error', detail: messageOf(thrown), ...more };
    return null;
  }
}

function checkDirSync({ isDirSyncing }: CompanyConfiguration): CheckLine {
  const what = 'directory synchronization';
  if (isDirSyncing) return { what, state: 'ok', detail: 'switched on in the tenant' };
  return {
    what,
    state: 'error',
    detail: 'switched off in the tenant: the provisioning service takes nothing',
    remedy:
      'An administrator switches it on: Microsoft Graph, PATCH /organization/{id} with onPremisesSyncEnabled true. Switching it off again takes up to three days.',
  };
}

/** Facts E.3: the tenant takes such a change and does nothing; it would be sent again with every cycle. */
function checkNames(company: CompanyConfiguration): CheckLine {
  const what = 'user principal names of licensed users';
  if (hasFeature(company, FEATURE.synchronizeUpnForManagedUsers))
    return { what, state: 'ok', detail: 'the tenant takes their changes' };
  return {
    what,
    state: 'warning',
    detail:
      'the tenant keeps the ones that they have (its feature SynchronizeUpnForManagedUsers is off), so a changed one is sent again in every cycle',
    remedy:
      'Switch it on: Microsoft Graph, PATCH /directory/onPremisesSynchronization/{tenant id} with {"features":{"synchronizeUpnForManagedUsersEnabled":true}}.',
  };
}

function checkOthers({ exportMachine }: CompanyConfiguration): CheckLine {
  const what = 'other clients';
  if (exportMachine === null) return { what, state: 'ok', detail: 'no other server is known to have exported' };
  return {
    what,
    state: 'warning',
    detail: `the server ${exportMachine} exported last`,
    remedy:
      'Two clients that write one tenant undo each other: stop Azure AD Connect there, or put it into staging mode.',
  };
}
