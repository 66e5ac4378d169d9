import type { Clock } from './clock.ts';
import { FaultList } from './faults.ts';
import { Graph } from './graph/graph.ts';
import { appRoleId, GRAPH_APP_ID } from './graph/service-principals.ts';
import type { Identity } from './identity.ts';
import { DEFAULT_ASSUMPTIONS, DEFAULT_DIRECTORY_ROLES, DEFAULT_ROLES, type EmulatorOptions } from './options.ts';
import { ProvisioningService } from './provisioning/provisioning-service.ts';
import { Randomness } from './randomness.ts';
import { AccessTokens } from './sign-in/access-tokens.ts';
import { type Registration, registerCertificate } from './sign-in/registration.ts';
import { SignIn } from './sign-in/sign-in.ts';
import type { SigningKey } from './sign-in/signing-key.ts';
import { Stats } from './stats.ts';
import { createDomains } from './tenant/domain.ts';
import type { Value } from './tenant/entity.ts';
import { plantSeed } from './tenant/seed.ts';
import { loadState } from './tenant/state-file.ts';
import { synchronizationChange } from './tenant/synchronization.ts';
import { Tenant } from './tenant/tenant.ts';
import { Throttle } from './throttle.ts';
import { TokenSeal } from './token-seal.ts';

/** One life of the tenant, from its start to a reset. */
export interface World {
  readonly tenant: Tenant;
  readonly graph: Graph;
  readonly provisioning: ProvisioningService;
  readonly signIn: SignIn;
  readonly tokens: AccessTokens;
  readonly faults: FaultList;
  readonly stats: Stats;
}

export interface WorldParts {
  readonly options: EmulatorOptions;
  readonly identity: Identity;
  readonly key: SigningKey;
  readonly clock: Clock;
  readonly generation: number;
  /** A stored state to begin with, instead of the seed. */
  readonly state: Readonly<Record<string, unknown>> | undefined;
  readonly log: (line: string) => void;
}

/** Puts the parts of the emulator together around a new tenant. */
export function createWorld(parts: WorldParts): World {
  const { options, identity, key, clock } = parts;
  const assumptions = { ...DEFAULT_ASSUMPTIONS, ...options.assumptions };
  const tenant = new Tenant({
    profile: {
      id: identity.tenantId,
      initialDomain: identity.initialDomain,
      displayName: nameOf(identity.initialDomain),
    },
    clock,
    randomness: new Randomness(options.randomSeed),
    assumptions,
    lag: options.lag ?? 0,
    objectQuota: options.objectQuota,
  });
  const registration = describeRegistration(identity, options);
  fillTenant(tenant, parts, registration);
  const stats = new Stats();
  const faults = new FaultList();
  const tokens = new AccessTokens(tenant, key, [registration], options.tokenLifetime);
  const throttle = new Throttle({
    clock,
    tenantId: identity.tenantId,
    setting: options.throttle ?? 'documented',
    retryAfter: assumptions.retryAfter,
    countUsers: () => tenant.primary.countLive('user'),
  });
  const settings = {
    deltaPageSize: options.deltaPageSize ?? 200,
    deltaLinkPageSize: options.deltaLinkPageSize ?? 3000,
    seal: new TokenSeal(identity.sealKey),
    generation: parts.generation,
  };
  const graph = new Graph({ tenant, tokens, throttle, faults, stats, settings, log: parts.log });
  const provisioning = new ProvisioningService({
    ...{ tenant, tokens, faults, stats, log: parts.log },
    minimumBuild: options.minimumBuild,
    seal: settings.seal,
    generation: parts.generation,
  });
  const signIn = new SignIn({ tenant, registrations: [registration], key, tokens });
  return { tenant, graph, provisioning, signIn, tokens, faults, stats };
}

function nameOf(initialDomain: string): string {
  const name = initialDomain.split('.')[0] ?? initialDomain;
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function describeRegistration(identity: Identity, options: EmulatorOptions): Registration {
  return {
    appId: identity.clientId,
    displayName: 'Synchronization client',
    principalId: identity.principalId,
    secrets: [{ value: identity.clientSecret }],
    certificates: (options.certificates ?? []).map(registerCertificate),
    roles: [...(options.roles ?? DEFAULT_ROLES)],
    directoryRoles: [...(options.directoryRoles ?? DEFAULT_DIRECTORY_ROLES)],
  };
}

function fillTenant(tenant: Tenant, parts: WorldParts, registration: Registration): void {
  tenant.domains.push(...createDomains(parts.identity.initialDomain, parts.options.domains ?? []));
  if (parts.state) {
    loadState(parts.state, tenant);
    return;
  }
  tenant.commit([
    {
      type: 'create',
      kind: 'servicePrincipal',
      id: parts.identity.graphPrincipalId,
      values: describePrincipal(GRAPH_APP_ID, 'Microsoft Graph', { appRoles: describeAppRoles(registration.roles) }),
    },
    {
      type: 'create',
      kind: 'servicePrincipal',
      id: parts.identity.principalId,
      values: describePrincipal(registration.appId, registration.displayName, { grantedRoles: registration.roles }),
    },
  ]);
  if (parts.options.synchronization) tenant.commit([synchronizationChange(tenant, { isEnabled: true })]);
  if (parts.options.seed !== undefined) plantSeed(parts.options.seed, tenant);
}

function describePrincipal(appId: string, name: string, more: Record<string, Value>): Record<string, Value> {
  return {
    appId,
    displayName: name,
    appDisplayName: name,
    servicePrincipalType: 'Application',
    accountEnabled: true,
    ...more,
  };
}

function describeAppRoles(roles: readonly string[]): Value {
  return [...new Set([...DEFAULT_ROLES, ...roles])].map((role) => ({
    allowedMemberTypes: ['Application'],
    description: role,
    displayName: role,
    id: appRoleId(role),
    isEnabled: true,
    origin: 'Application',
    value: role,
  }));
}
