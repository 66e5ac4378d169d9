/** Names of the provisioning service as its known clients use them (facts E.13). Microsoft documents none of them. */
export const NAMESPACE = {
  soap: 'http://www.w3.org/2003/05/soap-envelope',
  addressing: 'http://www.w3.org/2005/08/addressing',
  anonymous: 'http://www.w3.org/2005/08/addressing/anonymous',
  instance: 'http://www.w3.org/2001/XMLSchema-instance',
  schema: 'http://www.w3.org/2001/XMLSchema',
  arrays: 'http://schemas.microsoft.com/2003/10/Serialization/Arrays',
  token: 'urn:microsoft.online.administrativeservice',
  service: 'http://schemas.microsoft.com/online/aws/change/2010/01',
  objects: 'http://schemas.microsoft.com/online/aws/change/2014/06',
  credentials: 'http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema',
} as const;

/** [MC-NBFS] 3: what says that a message has the static table and no strings of a session. */
export const CONTENT_TYPE = 'application/soap+msbin1';

export const ACTIONS = [
  'GetCompanyConfiguration',
  'SetCompanyDirsyncFeatures',
  'ProvisionAzureADSyncObjects',
  'ProvisionAzureADSyncObjects2',
  'ReadBackAzureADSyncObjects2',
  'FinalizeExport',
  'ProvisionCredentials',
] as const;
export type Action = (typeof ACTIONS)[number];

export function actionUri(action: Action): string {
  return `${NAMESPACE.service}/IProvisioningWebService/${action}`;
}
