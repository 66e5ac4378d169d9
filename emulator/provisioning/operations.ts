import { getCompanyConfiguration, setCompanyDirsyncFeatures } from './company-configuration.ts';
import { provisionObjects } from './objects/provision-objects.ts';
import type { ServiceOperation } from './operation.ts';
import { provisionCredentials } from './provision-credentials.ts';

/** What the service can be asked for, by the name in its action. */
export const OPERATIONS: ReadonlyMap<string, ServiceOperation> = new Map<string, ServiceOperation>([
  ['GetCompanyConfiguration', getCompanyConfiguration],
  ['SetCompanyDirsyncFeatures', setCompanyDirsyncFeatures],
  ['ProvisionAzureADSyncObjects', provisionObjects(1)],
  ['ProvisionAzureADSyncObjects2', provisionObjects(2)],
  ['ProvisionCredentials', provisionCredentials],
]);
