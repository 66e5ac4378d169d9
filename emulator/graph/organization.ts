import { type Answer, answerEmpty, answerJson } from '../http-exchange.ts';
import { notEmulated, notFound, queryInvalid, valueMistyped } from '../refusals.ts';
import type { ChangeDraft } from '../tenant/change.ts';
import { describeDomain, describeVerifiedDomain } from '../tenant/domain.ts';
import { type Entity, OBJECT_KINDS } from '../tenant/entity.ts';
import { asBody } from '../tenant/rules/check-values.ts';
import { describeSku } from '../tenant/sku.ts';
import { isSynchronized, readSynchronization, synchronizationChange } from '../tenant/synchronization.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';

/** GET /organization: one object, the tenant. */
export function listOrganization(request: GraphRequest): Answer {
  return answerJson(200, {
    '@odata.context': `${CONTEXT}organization`,
    value: [select(describeOrganization(request.tenant), request.query.select, 'organization')],
  });
}

export function getOrganization(request: GraphRequest): Answer {
  const { value } = paramAt(request, 0);
  if (value.toLowerCase() !== request.tenant.profile.id) throw notFound(value);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}organization/$entity`,
    ...select(describeOrganization(request.tenant), request.query.select, 'organization'),
  });
}

/**
 * PATCH /organization/{id}: switches directory synchronization on and off. Off, every object becomes one of the cloud and keeps its
 * anchor; the service takes up to 72 hours for that, the emulator none (assumed).
 */
export function updateOrganization(request: GraphRequest): Answer {
  const { tenant } = request;
  const { value } = paramAt(request, 0);
  if (value.toLowerCase() !== tenant.profile.id) throw notFound(value);
  const { onPremisesSyncEnabled: isEnabled, ...others } = asBody(request.body);
  const other = Object.keys(others).find((name) => !name.startsWith('@odata.'));
  if (other !== undefined) throw notEmulated(`writing property '${other}' of the organization`);
  if (typeof isEnabled !== 'boolean') throw valueMistyped('onPremisesSyncEnabled', 'Edm.Boolean');
  const freed = isEnabled ? [] : [...synchronizedObjects(tenant)];
  tenant.commit([
    synchronizationChange(tenant, { isEnabled }),
    ...freed.map(({ id }): ChangeDraft => ({ type: 'patch', id, values: { onPremisesSyncEnabled: false } })),
  ]);
  return answerEmpty(204);
}

function* synchronizedObjects({ primary }: Tenant): Generator<Entity> {
  for (const kind of OBJECT_KINDS) {
    for (const entity of primary.listed(kind)) if (entity && isSynchronized(entity)) yield entity;
  }
}

function describeOrganization(tenant: Tenant): Record<string, unknown> {
  const { isEnabled, lastSync } = readSynchronization(tenant);
  return {
    id: tenant.profile.id,
    deletedDateTime: null,
    businessPhones: [],
    city: null,
    country: null,
    countryLetterCode: 'US',
    createdDateTime: '2020-01-01T00:00:00Z',
    defaultUsageLocation: null,
    displayName: tenant.profile.displayName,
    marketingNotificationEmails: [],
    onPremisesLastSyncDateTime: lastSync,
    // Null where it was never switched on, or is off again.
    onPremisesSyncEnabled: isEnabled ? true : null,
    partnerTenantType: null,
    postalCode: null,
    preferredLanguage: 'en',
    securityComplianceNotificationMails: [],
    securityComplianceNotificationPhones: [],
    state: null,
    street: null,
    technicalNotificationMails: [],
    tenantType: 'AAD',
    privacyProfile: null,
    assignedPlans: [],
    provisionedPlans: [],
    verifiedDomains: tenant.domains.filter((domain) => domain.isVerified).map(describeVerifiedDomain),
  };
}

export function listDomains(request: GraphRequest): Answer {
  return answerJson(200, {
    '@odata.context': `${CONTEXT}domains`,
    value: request.tenant.domains.map((domain) => select(describeDomain(domain), request.query.select, 'domain')),
  });
}

export function getDomain(request: GraphRequest): Answer {
  const { value } = paramAt(request, 0);
  const domain = request.tenant.domains.find((known) => known.id === value.toLowerCase());
  if (!domain) throw notFound(value);
  return answerJson(200, {
    '@odata.context': `${CONTEXT}domains/$entity`,
    ...select(describeDomain(domain), request.query.select, 'domain'),
  });
}

export function listSkus(request: GraphRequest): Answer {
  const { tenant } = request;
  return answerJson(200, {
    '@odata.context': `${CONTEXT}subscribedSkus`,
    value: tenant.skus.map((sku) =>
      select(
        describeSku(sku, tenant.profile.id, tenant.primary.countSeats(sku.skuId)),
        request.query.select,
        'subscribedSku',
      ),
    ),
  });
}

function select(
  object: Record<string, unknown>,
  names: readonly string[] | undefined,
  type: string,
): Record<string, unknown> {
  if (!names) return object;
  return Object.fromEntries(
    names.map((name) => {
      if (!Object.hasOwn(object, name)) {
        throw queryInvalid(
          `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${type}'.`,
        );
      }
      return [name, object[name]];
    }),
  );
}
