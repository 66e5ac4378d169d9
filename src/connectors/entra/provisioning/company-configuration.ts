import { DirbridgeError } from '../../../errors.ts';
import { element } from './nbfx/xml-building.ts';
import { childOf, flagOf, integerOf, textOf } from './nbfx/xml-reading.ts';
import type { ProvisioningClient } from './provisioning-client.ts';

/** The bits of DirSyncFeatures that decide something for us (facts E.13, C). */
export const FEATURE = {
  passwordHashSync: 1,
  enforceCloudPasswordPolicy: 512,
  synchronizeUpnForManagedUsers: 8192,
  userForcePasswordChangeOnLogon: 16_384,
  blockSoftMatch: 524_288,
  blockCloudObjectTakeoverThroughHardMatch: 1_048_576,
} as const;

/** What the tenant says of its directory synchronization. */
export interface CompanyConfiguration {
  readonly tenantId: string;
  readonly displayName: string;
  /** The bits of FEATURE and others. */
  readonly features: number;
  readonly isDirSyncing: boolean;
  readonly isPasswordSyncing: boolean;
  /** Most references that one request may change; the service's word, else what is known of it. */
  readonly mostLinks: number;
  /** Who exported last, and the application: Azure AD Connect, where one is at work. */
  readonly exportMachine: string | null;
  readonly applicationVersion: string | null;
  readonly anchorAttribute: string | null;
}

/** Facts E.13: MaxLinksSupportedAcrossBatchInProvision2. */
export const USUAL_LINKS = 15_000;

export async function readCompanyConfiguration(client: ProvisioningClient): Promise<CompanyConfiguration> {
  const action = 'GetCompanyConfiguration';
  const content = [element('includeLicenseInformation', 'false')];
  const result = await client.call({ action, content, isChange: false });
  const features = integerOf(result, 'DirSyncFeatures');
  if (result === undefined || features === undefined) {
    throw new DirbridgeError(
      'provisioning-refused',
      `The answer to ${action} does not tell the features of the tenant.`,
    );
  }
  const sync = childOf(result, 'DirSyncConfiguration');
  return {
    tenantId: textOf(result, 'TenantId') ?? '',
    displayName: textOf(result, 'DisplayName') ?? '',
    features,
    isDirSyncing: flagOf(result, 'IsDirSyncing') ?? false,
    isPasswordSyncing: flagOf(result, 'IsPasswordSyncing') ?? false,
    mostLinks: integerOf(result, 'MaxLinksSupportedAcrossBatchInProvision2') || USUAL_LINKS,
    exportMachine: textOf(sync, 'CurrentExport', 'DirSyncClientMachineName') || null,
    applicationVersion: textOf(sync, 'ApplicationVersion') || null,
    anchorAttribute: textOf(sync, 'AnchorAttribute') || null,
  };
}

export function hasFeature({ features }: CompanyConfiguration, bit: number): boolean {
  // By division: the number may have more bits than the operators of JavaScript keep.
  return Math.floor(features / bit) % 2 === 1;
}

/** Sets all features at once, so it is to be called with those that were read before. */
export async function setFeatures(client: ProvisioningClient, features: number): Promise<void> {
  const content = [element('dirsyncFeatures', String(features))];
  await client.call({ action: 'SetCompanyDirsyncFeatures', content, isChange: true });
}
