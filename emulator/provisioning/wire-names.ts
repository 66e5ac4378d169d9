/** Where the service is, whatever host it was asked under. */
export const SERVICE_PATH = '/provisioningservice.svc';
export const CONTENT_TYPE = 'application/soap+msbin1';

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
  coexistence: 'http://schemas.datacontract.org/2004/07/Microsoft.Online.Coexistence.Schema',
} as const;

const ACTION_PREFIX = `${NAMESPACE.service}/IProvisioningWebService/`;

export function actionOf(operation: string): string {
  return ACTION_PREFIX + operation;
}
