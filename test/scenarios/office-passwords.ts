import { randomBytes } from 'node:crypto';
import { signInAs } from '../lab/sign-in-as.ts';
import type { Company } from './company.ts';
import { UPN_SUFFIX } from './company.ts';
import type { SynchronizedTenant } from './synchronized-tenant.ts';

/** What synchronizes password hashes; the account of the company has to be one that may read them. */
export const PASSWORD_HASHES = { passwords: { method: 'hash' } } as const;

/** A password that no policy refuses. */
export function makePassword(): string {
  return `Aa1-${randomBytes(12).toString('base64url')}`;
}

/** Sets the password of a user as an administrator of the domain does it with samba-tool. */
export async function setPassword(company: Company, dn: string, password: string, mustChange = false): Promise<void> {
  const name = await company.accountNameOf(dn);
  const force = mustChange ? ['--must-change-at-next-login'] : [];
  await company.domain.samba(['user', 'setpassword', name, `--newpassword=${password}`, ...force]);
}

/** Sets another password in the tenant, as one of its administrators does it in the portal, so that the one of the office opens nothing any more. */
export async function setPasswordInCloud(tenant: SynchronizedTenant, name: string): Promise<void> {
  const passwordProfile = { password: makePassword(), forceChangePasswordNextSignIn: false };
  await tenant.graph('PATCH', `/users/${name}@${UPN_SUFFIX}`, { passwordProfile });
}

/** What Entra says to somebody of the company who signs in: `ok`, or the number of its refusal. */
export function signIn(tenant: SynchronizedTenant, name: string, password: string): Promise<string> {
  return signInAs(tenant.emulator, name.includes('@') ? name : `${name}@${UPN_SUFFIX}`, password);
}

/** Gives the account of the company both rights of replication, as `dirbridge account create` does. */
export async function grantReplication({ domain, service }: Company): Promise<void> {
  const grant = ['dsacl', 'set', '--action=allow', `--trusteedn=${service.dn}`, `--objectdn=${domain.baseDn}`];
  await domain.samba([...grant, '--car=get-changes-all']);
}
