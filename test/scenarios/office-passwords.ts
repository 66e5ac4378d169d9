import { randomBytes } from 'node:crypto';
import type { Emulator } from '../../emulator/server.ts';
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

/** What Entra says to somebody of the company who signs in: `ok`, or the number of its refusal. */
export function signIn(tenant: SynchronizedTenant, name: string, password: string): Promise<string> {
  return signInAs(tenant.emulator, name.includes('@') ? name : `${name}@${UPN_SUFFIX}`, password);
}

/** The same in any emulated tenant. */
export async function signInAs(
  emulator: Pick<Emulator, 'url' | 'tenant' | 'clientId' | 'clientSecret'>,
  userPrincipalName: string,
  password: string,
): Promise<string> {
  const { url, tenant: domain, clientId, clientSecret } = emulator;
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: 'password',
    scope: 'https://graph.microsoft.com/.default',
    username: userPrincipalName,
    password,
  });
  const response = await fetch(`${url}/${domain}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const answer = (await response.json()) as { readonly error_description?: string };
  if (response.ok) return 'ok';
  return /AADSTS\d+/.exec(answer.error_description ?? '')?.[0] ?? JSON.stringify(answer);
}
