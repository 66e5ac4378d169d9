/** A domain of the tenant, as GET /domains shows it. */
export interface Domain {
  readonly id: string;
  readonly authenticationType: 'Managed' | 'Federated';
  readonly isDefault: boolean;
  readonly isInitial: boolean;
  readonly isVerified: boolean;
  /** Days until a password expires; undefined: never. */
  readonly passwordValidityDays?: number;
}

const NEVER_EXPIRES = 2_147_483_647;

export function createDomains(initial: string, others: readonly string[]): Domain[] {
  const names = [...new Set([...others, initial].map((name) => name.toLowerCase()))];
  return names.map((id, place) => ({
    id,
    authenticationType: 'Managed',
    isDefault: place === 0,
    isInitial: id === initial.toLowerCase(),
    isVerified: true,
  }));
}

/** The graph.domain entity of the v1.0 schema. */
export function describeDomain(domain: Domain): Record<string, unknown> {
  return {
    authenticationType: domain.authenticationType,
    availabilityStatus: null,
    id: domain.id,
    isAdminManaged: true,
    isDefault: domain.isDefault,
    isInitial: domain.isInitial,
    isRoot: true,
    isVerified: domain.isVerified,
    manufacturer: null,
    model: null,
    passwordNotificationWindowInDays: 14,
    passwordValidityPeriodInDays: domain.passwordValidityDays ?? NEVER_EXPIRES,
    state: null,
    supportedServices: domain.isVerified ? ['Email', 'OfficeCommunicationsOnline'] : [],
  };
}

/** The graph.verifiedDomain of GET /organization. */
export function describeVerifiedDomain(domain: Domain): Record<string, unknown> {
  return {
    capabilities: 'Email, OfficeCommunicationsOnline',
    isDefault: domain.isDefault,
    isInitial: domain.isInitial,
    name: domain.id,
    type: domain.authenticationType,
  };
}
