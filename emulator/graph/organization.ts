import { type Answer, answerJson } from '../http-exchange.ts';
import { notFound, queryInvalid } from '../refusals.ts';
import { describeDomain, describeVerifiedDomain } from '../tenant/domain.ts';
import { describeSku } from '../tenant/sku.ts';
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

function describeOrganization(tenant: Tenant): Record<string, unknown> {
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
    onPremisesLastSyncDateTime: null,
    onPremisesSyncEnabled: null,
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
