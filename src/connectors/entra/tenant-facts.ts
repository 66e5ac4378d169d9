import { TENANT_FACTS } from '../connector.ts';
import type { Graph } from './graph.ts';
import { type Json, listOf } from './graph-object.ts';

export interface Organization {
  readonly id: string;
  readonly displayName: string;
  readonly initialDomain: string;
  readonly verifiedDomains: readonly string[];
  /** Whether directory synchronization of Microsoft's own kind is switched on, or was. */
  readonly onPremisesSyncEnabled: boolean | null;
}

/** The tenant itself. Throws `tenant-refused` (permission Organization.Read.All is missing) or `tenant-unreachable`. */
export async function readOrganization(graph: Graph): Promise<Organization> {
  const body = await graph.readBody('/organization?$select=id,displayName,verifiedDomains,onPremisesSyncEnabled');
  const tenant: Json = listOf(body)[0] ?? {};
  const domains = listOf(tenant, 'verifiedDomains');
  const initial = domains.find((domain) => domain['isInitial'] === true);
  return {
    id: String(tenant['id'] ?? ''),
    displayName: String(tenant['displayName'] ?? ''),
    initialDomain: String(initial?.['name'] ?? ''),
    verifiedDomains: domains.map((domain) => String(domain['name'])),
    onPremisesSyncEnabled:
      typeof tenant['onPremisesSyncEnabled'] === 'boolean' ? tenant['onPremisesSyncEnabled'] : null,
  };
}

/** What the plan needs to know of the tenant, under the names of the contract. */
export function factsOf(organization: Organization): Readonly<Record<string, string>> {
  return {
    [TENANT_FACTS.tenantId]: organization.id,
    [TENANT_FACTS.initialDomain]: organization.initialDomain,
    [TENANT_FACTS.verifiedDomains]: [...organization.verifiedDomains].sort().join(' '),
  };
}
