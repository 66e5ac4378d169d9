import { getCompanyConfiguration, setCompanyDirsyncFeatures } from './company-configuration.ts';
import { finalizeExport } from './finalize-export.ts';
import { provisionObjects } from './objects/provision-objects.ts';
import { readBack } from './objects/read-back.ts';
import type { ServiceOperation } from './operation.ts';
import { provisionCredentials } from './provision-credentials.ts';
import { deleteServiceAccount, describeCapabilities, getServiceAccount } from './service-accounts.ts';

/** What the service can be asked for, by the name in its action. */
export const OPERATIONS: ReadonlyMap<string, ServiceOperation> = new Map<string, ServiceOperation>([
  ['GetCompanyConfiguration', getCompanyConfiguration],
  ['SetCompanyDirsyncFeatures', setCompanyDirsyncFeatures],
  ['Capabilities', describeCapabilities],
  ['DeleteServiceAccount', deleteServiceAccount],
  ['FinalizeExport', finalizeExport],
  ['GetServiceAccount', getServiceAccount],
  ['ReadBackAzureADSyncObjects', readBack(1)],
  ['ReadBackAzureADSyncObjects2', readBack(2)],
  ['ProvisionAzureADSyncObjects', provisionObjects(1)],
  ['ProvisionAzureADSyncObjects2', provisionObjects(2)],
  ['ProvisionCredentials', provisionCredentials],
]);
