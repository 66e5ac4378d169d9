import { readSynchronization, synchronizationChange } from '../tenant/synchronization.ts';
import { type Node, nil, node } from './nbfx/encode-message.ts';
import type { ServiceRequest } from './operation.ts';
import { booleanOf, integerOf, readMembers } from './read-members.ts';
import { bodyRefused } from './service-fault.ts';
import { NAMESPACE } from './wire-names.ts';

const MOST_FEATURES = 2 ** 31 - 1;
export const MOST_LINKS = 15_000;

const PREVENTION = {
  disabled: 'Disabled',
  enabledForCount: 'EnabledForCount',
  enabledForPercentage: 'EnabledForPercentage',
} as const;

/** GetCompanyConfiguration (facts E.13), its members by name. */
export function getCompanyConfiguration({ tenant, body }: ServiceRequest): Node {
  booleanOf(readMembers(body, NAMESPACE.service, ['includeLicenseInformation']).get('includeLicenseInformation'));
  const settings = readSynchronization(tenant);
  return node(
    'GetCompanyConfigurationResult',
    [
      node('b:AllowedFeatures', 'ObjectWriteback, PasswordWriteback'),
      node('b:DirSyncConfiguration', describeConfiguration(tenant)),
      node('b:DirSyncFeatures', settings.features),
      node('b:DisplayName', tenant.profile.displayName),
      node('b:IsDirSyncing', settings.isEnabled),
      node('b:IsPasswordSyncing', settings.isEnabled && (settings.features & 1) !== 0),
      node('b:MaxLinksSupportedAcrossBatchInProvision2', MOST_LINKS),
      node('b:PreventAccidentalDeletion', describePrevention(tenant)),
      node('b:SynchronizationInterval', 'PT30M'),
      node('b:TenantId', tenant.profile.id),
      node('b:WriteBack', [nil('b:UnifiedGroupContainer'), nil('b:UserContainer')]),
    ],
    { namespaces: { b: NAMESPACE.coexistence, i: NAMESPACE.instance } },
  );
}

function describeConfiguration(tenant: ServiceRequest['tenant']): readonly Node[] {
  const settings = readSynchronization(tenant);
  return [
    node('b:AnchorAttribute', 'mS-DS-ConsistencyGuid'),
    nil('b:ApplicationVersion'),
    settings.clientVersion === null ? nil('b:ClientVersion') : node('b:ClientVersion', settings.clientVersion),
    node('b:CurrentExport', [
      settings.machineName === null
        ? nil('b:DirSyncClientMachineName')
        : node('b:DirSyncClientMachineName', settings.machineName),
      node('b:SuccessfulExportCount', settings.exportedWell),
      node('b:TotalConnectorSpaceObjects', 0),
      node('b:TotalExported', settings.exported),
    ]),
    node('b:IsTrackingChanges', false),
    node('b:PreventAccidentalDeletion', describePrevention(tenant)),
  ];
}

function describePrevention(tenant: ServiceRequest['tenant']): readonly Node[] {
  const { prevention, preventionThreshold } = readSynchronization(tenant);
  const isByPercentage = prevention === 'enabledForPercentage';
  return [
    node('b:DeletionPrevention', PREVENTION[prevention]),
    node('b:ThresholdCount', isByPercentage ? 0 : preventionThreshold),
    node('b:ThresholdPercentage', isByPercentage ? preventionThreshold : 0),
  ];
}

/** SetCompanyDirsyncFeatures: the whole set, as bits. */
export function setCompanyDirsyncFeatures({ tenant, body }: ServiceRequest): undefined {
  const features = integerOf(readMembers(body, NAMESPACE.service, ['dirsyncFeatures']).get('dirsyncFeatures'));
  if (features < 0 || features > MOST_FEATURES) throw bodyRefused(`dirsyncFeatures ${features} is no set of features`);
  tenant.commit([synchronizationChange(tenant, { features })]);
}
