import { EqualityFilter, OrFilter } from 'ldapts';
import { guidToBytes, guidToText } from '../../../model/anchor.ts';
import { type LdapEntry, readBytes, readText } from '../ldap/ldap-entry.ts';
import type { Session } from '../session/sessions.ts';
import type { AccountState } from './account-state.ts';

const ACCOUNTS_PER_SEARCH = 250;
const ATTRIBUTES = ['objectGUID', 'userAccountControl', 'pwdLastSet', 'accountExpires'];
const DECIMAL = /^-?\d{1,19}$/;

/**
 * The state of accounts by anchor, over LDAP. Replication tells what changed and nothing else: with a new password neither whether the account is disabled nor
 * when it expires. Accounts that are not there any more, or not to be seen, are left out.
 */
export async function readStates(
  { connection, facts }: Session,
  anchors: readonly string[],
): Promise<ReadonlyMap<string, AccountState>> {
  const states = new Map<string, AccountState>();
  for (let start = 0; start < anchors.length; start += ACCOUNTS_PER_SEARCH) {
    const filters = anchors.slice(start, start + ACCOUNTS_PER_SEARCH).map((anchor) => {
      return new EqualityFilter({ attribute: 'objectGUID', value: Buffer.from(guidToBytes(anchor) ?? []) });
    });
    const entries = await connection.searchAll({
      base: facts.namingContext,
      scope: 'sub',
      filter: new OrFilter({ filters }),
      attributes: ATTRIBUTES,
    });
    for (const entry of entries) {
      const guid = readBytes(entry, 'objectGUID');
      const state = readState(entry);
      if (guid?.length === 16 && state) states.set(guidToText(guid), state);
    }
  }
  return states;
}

function readState(entry: LdapEntry): AccountState | null {
  const [control, set, expires] = ['userAccountControl', 'pwdLastSet', 'accountExpires'].map((name) =>
    readText(entry, name),
  );
  if (control === undefined || set === undefined || expires === undefined) return null;
  if (![control, set, expires].every((text) => DECIMAL.test(text))) return null;
  return { userAccountControl: Number(control), pwdLastSet: BigInt(set), accountExpires: BigInt(expires) };
}
