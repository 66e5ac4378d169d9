import { missing, type PropertyTable, readOnly } from './property.ts';

/** graph.orgContact of the v1.0 schema: read only, synchronization and Exchange make contacts. */
export const CONTACT_PROPERTIES: PropertyTable = {
  id: readOnly('Edm.String', { isDefault: true, filter: ['eq'] }),
  addresses: readOnly('Collection(complex)', { isDefault: true }),
  companyName: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  deletedDateTime: readOnly('Edm.DateTimeOffset'),
  department: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  displayName: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  givenName: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  jobTitle: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  mail: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  mailNickname: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  onPremisesLastSyncDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  onPremisesProvisioningErrors: readOnly('Collection(complex)', { isDefault: true }),
  onPremisesSyncEnabled: readOnly('Edm.Boolean', { isDefault: true, filter: ['eq'] }),
  phones: readOnly('Collection(complex)', { isDefault: true }),
  proxyAddresses: readOnly('Collection(Edm.String)', { isDefault: true, filter: ['any'] }),
  serviceProvisioningErrors: readOnly('Collection(complex)', { isDefault: true }),
  surname: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  onPremisesSyncBehavior: missing('complex'),
};
