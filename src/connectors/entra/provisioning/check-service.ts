import { messageOf } from '../../../errors.ts';
import type { CheckLine } from '../../connector.ts';
import { failureLine } from '../failure-line.ts';
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
  yield* describeMatching(company);
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
    yield failureLine(what, thrown);
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

const HARD_MATCH = 'hard matching';
const HARD_MATCH_BLOCKED = 'blocked in the tenant (its feature BlockCloudObjectTakeoverThroughHardMatch is on)';
const LIFT_HARD_MATCH =
  'Switch the feature off: Microsoft Graph, PATCH /directory/onPremisesSynchronization/{tenant id} with {"features":{"blockCloudObjectTakeoverThroughHardMatchEnabled":false}}. It can be switched on again afterwards.';

/** What keeps the tenant from joining what it holds to what comes; nothing where nothing does. */
function* describeMatching(company: CompanyConfiguration): Iterable<CheckLine> {
  if (hasFeature(company, FEATURE.blockCloudObjectTakeoverThroughHardMatch)) {
    const detail = `${HARD_MATCH_BLOCKED}: what the tenant counts as its own, such as a user whom an administrator restored, cannot be taken over`;
    yield { what: HARD_MATCH, state: 'warning', detail, remedy: LIFT_HARD_MATCH };
  }
  if (hasFeature(company, FEATURE.blockSoftMatch))
    yield {
      what: 'soft matching',
      state: 'warning',
      detail:
        'blocked in the tenant (its feature BlockSoftMatch is on): of an object that the directory and the tenant both have, a second one is made, or its address is refused',
      remedy:
        'Leave it blocked where nothing of the tenant is to be joined by address or name. Else: Microsoft Graph, PATCH /directory/onPremisesSynchronization/{tenant id} with {"features":{"blockSoftMatchEnabled":false}}.',
    };
}

/** Whether the tenant lets us take over what was written by way of Graph: that is a hard match of everybody (facts E.2). */
export async function* checkHardMatch(client: ProvisioningClient): AsyncGenerator<CheckLine> {
  try {
    const company = await readCompanyConfiguration(client);
    if (!hasFeature(company, FEATURE.blockCloudObjectTakeoverThroughHardMatch)) return;
    yield {
      what: HARD_MATCH,
      state: 'error',
      detail: `${HARD_MATCH_BLOCKED}: nobody could be taken over`,
      remedy: LIFT_HARD_MATCH,
    };
  } catch (thrown) {
    yield failureLine(HARD_MATCH, thrown);
  }
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
