/** A product that the tenant has bought, as GET /subscribedSkus shows it. */
export interface Sku {
  readonly skuId: string;
  readonly skuPartNumber: string;
  readonly enabled: number;
  readonly servicePlans: readonly ServicePlan[];
}

export interface ServicePlan {
  readonly servicePlanId: string;
  readonly servicePlanName: string;
}

/** Whether Exchange holds the mail attributes of whoever has this product. */
export function hasMailbox(sku: Sku): boolean {
  return sku.servicePlans.some((plan) => plan.servicePlanName.startsWith('EXCHANGE_S_'));
}

export function describeSku(sku: Sku, tenantId: string, consumed: number): Record<string, unknown> {
  return {
    accountId: tenantId,
    accountName: null,
    appliesTo: 'User',
    capabilityStatus: 'Enabled',
    consumedUnits: consumed,
    id: `${tenantId}_${sku.skuId}`,
    prepaidUnits: { enabled: sku.enabled, suspended: 0, warning: 0, lockedOut: 0 },
    servicePlans: sku.servicePlans.map((plan) => ({
      servicePlanId: plan.servicePlanId,
      servicePlanName: plan.servicePlanName,
      provisioningStatus: 'Success',
      appliesTo: 'User',
    })),
    skuId: sku.skuId,
    skuPartNumber: sku.skuPartNumber,
    subscriptionIds: [],
  };
}
