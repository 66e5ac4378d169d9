import { missing, type PropertyTable, readOnly } from './property.ts';

/** graph.device of the v1.0 schema, as far as synchronization fills it. */
export const DEVICE_PROPERTIES: PropertyTable = {
  id: readOnly('Edm.String', { isDefault: true, filter: ['eq'] }),
  accountEnabled: readOnly('Edm.Boolean', { isDefault: true, filter: ['eq'] }),
  alternativeSecurityIds: readOnly('Collection(complex)', { isDefault: true }),
  approximateLastSignInDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  complianceExpirationDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  createdDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true, filter: ['eq', 'order'] }),
  deletedDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  deviceId: readOnly('Edm.String', { isDefault: true, filter: ['eq'] }),
  deviceOwnership: readOnly('Edm.String', { isDefault: true }),
  deviceVersion: readOnly('Edm.Int32', { isDefault: true }),
  displayName: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  extensionAttributes: missing('complex'),
  isCompliant: readOnly('Edm.Boolean', { isDefault: true }),
  isManaged: readOnly('Edm.Boolean', { isDefault: true }),
  onPremisesLastSyncDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  onPremisesSecurityIdentifier: readOnly('Edm.String', { isDefault: true, filter: ['eq'] }),
  onPremisesSyncEnabled: readOnly('Edm.Boolean', { isDefault: true, filter: ['eq'] }),
  operatingSystem: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  operatingSystemVersion: readOnly('Edm.String', { isDefault: true, filter: ['eq', 'prefix'] }),
  physicalIds: readOnly('Collection(Edm.String)', { isDefault: true }),
  profileType: readOnly('Edm.String', { isDefault: true }),
  registrationDateTime: readOnly('Edm.DateTimeOffset', { isDefault: true }),
  systemLabels: readOnly('Collection(Edm.String)', { isDefault: true }),
  trustType: readOnly('Edm.String', { isDefault: true, filter: ['eq'] }),
};
