import { EqualityFilter, OrFilter } from 'ldapts';
import { sidToText } from '../../../model/anchor.ts';
import { type LdapEntry, readBytes, readText, readTexts } from '../ldap/ldap-entry.ts';
import type { Session } from '../session/sessions.ts';
import type { AccountName } from './account-name.ts';

/** The account as the directory has it. */
export interface FoundAccount {
  readonly dn: string;
  readonly sid: Buffer;
  readonly samAccountName: string;
  readonly userPrincipalName: string | null;
  readonly userAccountControl: number;
  readonly isPerson: boolean;
}

/** Relative identifiers below are of accounts that the system itself makes ([MS-DTYP] 2.4.2.4). */
const FIRST_OWN_RID = 1000;

/** Every account with one of the names: one of them is ours, or another one is in its way. */
export async function findAccounts(session: Session, name: AccountName): Promise<readonly FoundAccount[]> {
  const { samAccountName, userPrincipalName } = name;
  const names = [
    new EqualityFilter({ attribute: 'sAMAccountName', value: samAccountName }),
    ...(userPrincipalName === null
      ? []
      : [new EqualityFilter({ attribute: 'userPrincipalName', value: userPrincipalName })]),
  ];
  const entries = await session.connection.searchAll({
    base: session.facts.namingContext,
    scope: 'sub',
    filter: new OrFilter({ filters: names }),
    attributes: ['objectSid', 'sAMAccountName', 'userPrincipalName', 'userAccountControl', 'objectClass'],
  });
  return entries.flatMap((entry) => readAccount(entry) ?? []);
}

function readAccount(entry: LdapEntry): FoundAccount | null {
  const sid = readBytes(entry, 'objectSid');
  if (sid === undefined) return null;
  const classes = readTexts(entry, 'objectClass').map((one) => one.toLowerCase());
  return {
    dn: entry.dn,
    sid: Buffer.from(sid),
    samAccountName: readText(entry, 'sAMAccountName') ?? '',
    userPrincipalName: readText(entry, 'userPrincipalName') ?? null,
    userAccountControl: Number(readText(entry, 'userAccountControl') ?? 0),
    isPerson: classes.includes('user') && !classes.includes('computer'),
  };
}

/** Made by the system: Administrator, krbtgt ... */
export function isOfSystem({ sid }: FoundAccount): boolean {
  return Number(sidToText(sid).split('-').at(-1)) < FIRST_OWN_RID;
}
