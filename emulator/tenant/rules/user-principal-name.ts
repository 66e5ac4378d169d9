import { domainNotVerified, propertyInvalid, valuesInvalid } from '../../refusals.ts';
import type { Tenant } from '../tenant.ts';

/** `A-Z a-z 0-9 ' . - _ ! # ^ ~` before the @, no dot directly before it; 64 + 48 characters (resources/user). */
const LOCAL_PART = /^[A-Za-z0-9'.\-_!#^~]+$/;

export function checkUserPrincipalName(upn: string, tenant: Tenant): void {
  const at = upn.lastIndexOf('@');
  if (at < 1 || at === upn.length - 1) throw valuesInvalid();
  const local = upn.slice(0, at);
  const domain = upn.slice(at + 1);
  if (!LOCAL_PART.test(local) || local.endsWith('.') || local.length > 64 || domain.length > 48) {
    throw propertyInvalid('userPrincipalName');
  }
  if (!findVerifiedDomain(domain, tenant)) throw domainNotVerified();
}

export function isFederatedUpn(upn: string, tenant: Tenant): boolean {
  return findVerifiedDomain(upn.slice(upn.lastIndexOf('@') + 1), tenant)?.authenticationType === 'Federated';
}

export function findVerifiedDomain(name: string, tenant: Tenant): Tenant['domains'][number] | undefined {
  return tenant.domains.find((domain) => domain.isVerified && domain.id === name.toLowerCase());
}

/** The UPN of a soft-deleted user: `<id without dashes><old UPN>` (assumed, switchable). */
export function mangleUpn(id: string, upn: string): string {
  return `${id.replaceAll('-', '')}${upn}`;
}

/** Takes the mark of deletion off again. */
export function unmangleUpn(id: string, upn: string): string {
  const mark = id.replaceAll('-', '');
  return upn.startsWith(mark) ? upn.slice(mark.length) : upn;
}
