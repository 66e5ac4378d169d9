import { ATTRIBUTE, FLAG, FLAG_TEXT, type KindSet, NUMERIC, TEXT } from './kinds.ts';

/** Whole numbers by Active Directory's schema. A source without a schema (CSV) delivers the text that spells the number. */
const NUMBERS: readonly string[] = [
  'accountExpires',
  'badPasswordTime',
  'badPwdCount',
  'countryCode',
  'groupType',
  'instanceType',
  'lastLogoff',
  'lastLogon',
  'lastLogonTimestamp',
  'lockoutTime',
  'logonCount',
  'msDS-User-Account-Control-Computed',
  'msExchRecipientDisplayType',
  'msExchRecipientTypeDetails',
  'primaryGroupID',
  'pwdLastSet',
  'sAMAccountType',
  'uSNChanged',
  'uSNCreated',
  'userAccountControl',
];

/** TRUE or FALSE by that schema. */
const FLAGS: readonly string[] = [
  'isCriticalSystemObject',
  'isDeleted',
  'msExchHideFromAddressLists',
  'showInAdvancedViewOnly',
];

const KNOWN: ReadonlyMap<string, KindSet> = new Map([
  ['dn', TEXT],
  ...NUMBERS.map((name): [string, KindSet] => [name, NUMERIC]),
  ...FLAGS.map((name): [string, KindSet] => [name, FLAG | FLAG_TEXT]),
]);

/** What an attribute can hold, as far as its name makes that certain. */
export function kindsOfAttribute(name: string): KindSet {
  return KNOWN.get(name) ?? ATTRIBUTE;
}
