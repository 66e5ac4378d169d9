import type { Tenant } from './tenant.ts';

/** A cloud SID: S-1-12-1 and four numbers. */
export function createCloudSid(tenant: Tenant): string {
  const bytes = tenant.randomness.bytes(16);
  return `S-1-12-1-${[0, 4, 8, 12].map((at) => bytes.readUInt32LE(at)).join('-')}`;
}
