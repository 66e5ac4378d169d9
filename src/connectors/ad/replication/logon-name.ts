import { readText } from '../ldap/ldap-entry.ts';
import type { Session } from '../session/sessions.ts';
import { dnsNameOfDn } from './dns-name.ts';

/** How NTLM wants an account to be named. */
export interface LogonName {
  readonly user: string;
  readonly domain: string;
  /** For looking the account up and for messages. */
  readonly text: string;
}

/** `DOMAIN\name`, or a user principal name, which goes with an empty domain ([MS-NLMP] 3.1.5.1.2). Null for a DN. */
export function parseLogonName(user: string): LogonName | null {
  if (user.includes('=')) return null;
  const [, domain, name] = /^([^\\]+)\\(.+)$/.exec(user) ?? [];
  if (domain !== undefined && name !== undefined) return { user: name, domain, text: user };
  return { user, domain: '', text: user };
}

/** The name of an account that is given by its DN, which NTLM does not know. Null when the directory does not show it. */
export async function findLogonName(session: Session, dn: string): Promise<LogonName | null> {
  const entry = await session.connection.readEntry({ base: dn, attributes: ['sAMAccountName'] });
  const name = entry === null ? undefined : readText(entry, 'sAMAccountName');
  if (name === undefined) return null;
  // [MS-ADTS] 5.1.1.1.1: every account has this name besides the one in userPrincipalName.
  const text = `${name}@${dnsNameOfDn(session.facts.namingContext)}`;
  return { user: text, domain: '', text };
}
