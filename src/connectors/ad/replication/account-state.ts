import type { AccountPassword } from '../../connector.ts';
import { expiryOfTicks } from '../objects/account-expiry.ts';
import { timeOfSeconds } from '../objects/directory-time.ts';
import type { ReplicatedAttribute } from './drsuapi/attribute-ids.ts';
import { ridOf } from './drsuapi/dsname.ts';
import type { ReplicatedObject, ReplicatedValue } from './drsuapi/replicated-object.ts';
import { MalformedAnswer } from './malformed-answer.ts';

/** What decides whether and how a password is sent, as the directory keeps it. */
export interface AccountState {
  /** [MS-ADTS] 2.2.16. */
  readonly userAccountControl: number;
  /** FILETIME; 0: the user has to choose another one. */
  readonly pwdLastSet: bigint;
  /** FILETIME. */
  readonly accountExpires: bigint;
}

/** [MS-ADTS] 2.2.16. */
const CONTROL = { disabled: 0x2, normalAccount: 0x200, smartCardRequired: 0x40000 } as const;

/** [MS-DTYP] 2.4.2.4, [MS-SAMR] 3.1.1.9.2: what is below belongs to the domain itself (Administrator, krbtgt ...). */
const FIRST_RID_OF_PEOPLE = 1000;

/**
 * Whether the account can be one of those that are synchronized. Those below 1000 are not: the tenant must never know the password of the built-in administrator,
 * and the key of all tickets is in krbtgt.
 */
export function isOrdinaryAccount(object: ReplicatedObject): boolean {
  return (ridOf(object.name.sid) ?? 0) >= FIRST_RID_OF_PEOPLE;
}

/** People and services that sign in with a password: no computers, domain controllers or trusts, which carry other flags. */
export function isUser(state: AccountState): boolean {
  return (state.userAccountControl & CONTROL.normalAccount) !== 0;
}

export function isDeleted(object: ReplicatedObject): boolean {
  const value = object.attributes.get('isDeleted')?.value;
  return value?.some((byte) => byte !== 0) ?? false;
}

/** The state as far as the object carries it. */
export function readState(object: ReplicatedObject): Partial<AccountState> {
  const control = object.attributes.get('userAccountControl');
  const set = object.attributes.get('pwdLastSet');
  const expires = object.attributes.get('accountExpires');
  return {
    ...(control && { userAccountControl: readNumber(control, 'userAccountControl', 4) }),
    ...(set && { pwdLastSet: readLargeNumber(set, 'pwdLastSet') }),
    ...(expires && { accountExpires: readLargeNumber(expires, 'accountExpires') }),
  };
}

/** Whether nothing is missing. */
export function isWhole(state: Partial<AccountState>): state is AccountState {
  return state.userAccountControl !== undefined && state.pwdLastSet !== undefined && state.accountExpires !== undefined;
}

/** An attribute without a value counts as 0 ([MS-ADTS] 3.1.1.4.5.17). */
function readNumber({ value }: ReplicatedValue, attribute: ReplicatedAttribute, length: 4): number {
  if (value === null) return 0;
  if (value.length !== length) throw new MalformedAnswer(`${attribute} of ${value.length} bytes`);
  return value.readUInt32LE();
}

function readLargeNumber({ value }: ReplicatedValue, attribute: ReplicatedAttribute): bigint {
  if (value === null) return 0n;
  if (value.length !== 8) throw new MalformedAnswer(`${attribute} of ${value.length} bytes`);
  return value.readBigInt64LE();
}

/** Of an account that never had a password. */
const BEFORE_ALL_TIME = '1601-01-01T00:00:00.000Z';

/** The account as it is handed over. `ntHash` is the caller's from then on. */
export function describeAccount(object: ReplicatedObject, state: AccountState, ntHash: Buffer | null): AccountPassword {
  const metadata = object.attributes.get('unicodePwd')?.metadata;
  if (ntHash !== null && !metadata) throw new MalformedAnswer('a password without a version');
  return {
    anchor: object.name.guid,
    ntHash,
    version: metadata?.version ?? 0,
    changedAt: metadata ? (timeOfSeconds(metadata.changedAt) ?? BEFORE_ALL_TIME) : BEFORE_ALL_TIME,
    mustChange: state.pwdLastSet === 0n,
    isDisabled: (state.userAccountControl & CONTROL.disabled) !== 0,
    isSmartCardRequired: (state.userAccountControl & CONTROL.smartCardRequired) !== 0,
    expiresAt: expiryOfTicks(state.accountExpires),
  };
}
