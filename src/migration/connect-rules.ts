/** What became of one of the 62 rules that Entra Connect ships with (server build 1.1.130, the last whose rules are public). */
export type RuleFate =
  /** There is a rule of that name. */
  | { readonly fate: 'taken over' }
  /** Its flows are in other rules of ours: those services take nothing that others do not take, too. */
  | { readonly fate: 'folded'; readonly into: readonly string[] }
  | { readonly fate: 'left out'; readonly because: string };

const TAKEN: RuleFate = { fate: 'taken over' };
const folded = (...into: readonly string[]): RuleFate => ({ fate: 'folded', into });
const leftOut = (because: string): RuleFate => ({ fate: 'left out', because });

/** Why no rule that writes to a forest is taken over, Microsoft's or not. */
export const NO_WRITEBACK = 'writes to the directory, and Dirbridge never does';

const WRITEBACK = leftOut(NO_WRITEBACK);
const FOR_WRITEBACK = leftOut('brings from the tenant what only writeback hands on');

/** By name, in the order of Connect's precedence, which begins at 100. */
export const CONNECT_RULES: ReadonlyMap<string, RuleFate> = new Map([
  ['In from AD - User Join', TAKEN],
  ['In from AD - InetOrgPerson Join', TAKEN],
  ['In from AD - User AccountEnabled', TAKEN],
  ['In from AD - InetOrgPerson AccountEnabled', TAKEN],
  ['In from AD - User Common from Exchange', TAKEN],
  ['In from AD - InetOrgPerson Common from Exchange', TAKEN],
  ['In from AD - User Common', TAKEN],
  ['In from AD - InetOrgPerson Common', TAKEN],
  ['In from AD - User Exchange', TAKEN],
  ['In from AD - InetOrgPerson Exchange', TAKEN],
  ['In from AD - User Lync', TAKEN],
  ['In from AD - InetOrgPerson Lync', TAKEN],
  ['In from AD - Group Join', TAKEN],
  ['In from AD - Group Exchange', TAKEN],
  ['In from AD - Group Common', TAKEN],
  ['In from AD - Contact Join', TAKEN],
  ['In from AD - Contact Common', TAKEN],
  ['In from AD - Contact Lync', TAKEN],
  ['In from AD - ForeignSecurityPrincipal Join User', TAKEN],
  ['In from AAD - User Join', TAKEN],
  ['In from AAD - Contact Join', TAKEN],
  ['In from AAD - Group Join', TAKEN],
  ['In from AAD - User NGCKey', FOR_WRITEBACK],
  ['Out to AAD - User Join', TAKEN],
  ['Out to AAD - User Identity', TAKEN],
  ['Out to AAD - User ExchangeOnline', TAKEN],
  [
    'Out to AAD - User DynamicsCRM',
    folded('Out to AAD - User Identity', 'Out to AAD - User ExchangeOnline', 'Out to AAD - User LyncOnline'),
  ],
  ['Out to AAD - User Intune', folded('Out to AAD - User Identity', 'Out to AAD - User ExchangeOnline')],
  ['Out to AAD - User LyncOnline', TAKEN],
  ['Out to AAD - User SharePointOnline', TAKEN],
  ['Out to AAD - User AzureRMS', folded('Out to AAD - User Identity')],
  ['Out to AAD - Contact Join', TAKEN],
  ['Out to AAD - Contact Identity', TAKEN],
  ['Out to AAD - Contact ExchangeOnline', TAKEN],
  ['Out to AAD - Contact DynamicsCRM', folded('Out to AAD - Contact Identity', 'Out to AAD - Contact ExchangeOnline')],
  ['Out to AAD - Contact Intune', folded('Out to AAD - Contact Identity', 'Out to AAD - Contact ExchangeOnline')],
  ['Out to AAD - Contact LyncOnline', folded('Out to AAD - Contact Identity', 'Out to AAD - Contact ExchangeOnline')],
  ['Out to AAD - Contact SharePointOnline', TAKEN],
  ['Out to AAD - Contact AzureRMS', folded('Out to AAD - Contact Identity')],
  ['Out to AAD - Group Join', TAKEN],
  ['Out to AAD - Group Identity', TAKEN],
  ['Out to AAD - Group ExchangeOnline', TAKEN],
  ['Out to AAD - Group DynamicsCRM', folded('Out to AAD - Group Identity', 'Out to AAD - Group ExchangeOnline')],
  ['Out to AAD - Group Intune', folded('Out to AAD - Group Identity', 'Out to AAD - Group ExchangeOnline')],
  ['Out to AAD - Group LyncOnline', folded('Out to AAD - Group Identity', 'Out to AAD - Group ExchangeOnline')],
  ['Out to AAD - Group SharePointOnline', TAKEN],
  ['Out to AAD - Group AzureRMS', folded('Out to AAD - Group Identity')],
  ['Out to AAD - User OfficeProPlus', folded('Out to AAD - User Identity')],
  ['In from AAD - Contact Exchange Hybrid', FOR_WRITEBACK],
  ['In from AAD - Group Exchange Hybrid', FOR_WRITEBACK],
  ['In from AAD - User Exchange Hybrid', FOR_WRITEBACK],
  ['Out to AD - Contact Join', WRITEBACK],
  ['Out to AD - Group Join', WRITEBACK],
  ['Out to AD - InetOrgPerson Join', WRITEBACK],
  ['Out to AD - User Join SOAInAD', WRITEBACK],
  ['Out to AD - Contact Exchange Hybrid', WRITEBACK],
  ['Out to AD - Group Exchange Hybrid', WRITEBACK],
  ['Out to AD - InetOrgPerson Exchange Hybrid', WRITEBACK],
  ['Out to AD - User Exchange Hybrid', WRITEBACK],
  ['In from AD - Computer Join', TAKEN],
  ['Out to AAD - Device Join SOAInAD', TAKEN],
  ['In from AD - Device Common', leftOut('marks devices that were written back to the directory')],
]);

/** The flows of rules taken over that go another way here, or that were left out. */
export const CONNECT_FLOWS: readonly {
  /** The names of the rules, or what they begin with. */
  readonly rules: string;
  readonly attribute: string;
  readonly because: string;
  /** There is such a flow here, and on some objects it gives something else. */
  readonly isThere?: true;
}[] = [
  {
    rules: 'Out to AAD - ',
    attribute: 'dn',
    because:
      'is the name that an object has in the connector space of Connect; here an object of the tenant is known by its id',
  },
  {
    rules: 'In from AAD - ',
    attribute: 'cloudAnchor',
    because: 'outbound rules see it as it is in the tenant; nothing flows in',
  },
  {
    rules: 'In from AAD - ',
    attribute: 'cloudSourceAnchor',
    because: 'sync itself refuses an anchor that has changed (anchor-changed)',
  },
  {
    rules: 'In from AAD - User Join',
    attribute: 'usageLocation',
    because: 'what the tenant holds stays where the directory says nothing (IgnoreThisFlow); nothing flows in',
  },
  {
    rules: 'In from AAD - User Join',
    attribute: 'countryCode',
    because: 'what the tenant holds stays where the directory says nothing (IgnoreThisFlow); nothing flows in',
  },
  {
    rules: 'In from AAD - User Join',
    attribute: 'accountEnabled',
    because: 'every account of a directory gives one, which wins over that of the tenant in Connect, too',
  },
  {
    rules: 'In from AD - Computer Join',
    attribute: 'registeredOwnerReference',
    because: 'mS-DS-CreatorSID is no reference but a SID; it is kept as registeredOwnerSid',
  },
  {
    rules: 'In from AD - User Exchange',
    attribute: 'msExchBypassModerationFromDLMembersLink',
    because: 'is read from the attribute of that name, as for groups and contacts, not from its back link',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson Exchange',
    attribute: 'msExchBypassModerationFromDLMembersLink',
    because: 'is read from the attribute of that name, as for groups and contacts, not from its back link',
    isThere: true,
  },
  {
    rules: 'Out to AAD - Contact DynamicsCRM',
    attribute: 'state',
    because: 'comes from st as in the other rules; no rule brings the postalAddress that it would fall back to',
  },
  {
    rules: 'In from AD - User AccountEnabled',
    attribute: 'sourceAnchor',
    because: 'is made of mS-DS-ConsistencyGuid where that is set, as in later builds of Connect',
    isThere: true,
  },
  {
    rules: 'In from AD - User Common',
    attribute: 'sourceAnchor',
    because: 'is made of mS-DS-ConsistencyGuid where that is set, as in later builds of Connect',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson AccountEnabled',
    attribute: 'sourceAnchor',
    because: 'is made of mS-DS-ConsistencyGuid where that is set, as in later builds of Connect',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson Common',
    attribute: 'sourceAnchor',
    because: 'is made of mS-DS-ConsistencyGuid where that is set, as in later builds of Connect',
    isThere: true,
  },
  {
    rules: 'In from AD - User AccountEnabled',
    attribute: 'userPrincipalName',
    because: 'gives nothing where it would be made of a domain that the source does not tell',
    isThere: true,
  },
  {
    rules: 'In from AD - User AccountEnabled',
    attribute: 'pwdLastSet',
    because: 'gives nothing for a negative number, with which Connect ends in an error',
    isThere: true,
  },
  {
    rules: 'In from AD - User Common',
    attribute: 'userPrincipalName',
    because: 'gives nothing where it would be made of a domain that the source does not tell',
    isThere: true,
  },
  {
    rules: 'In from AD - User Common',
    attribute: 'pwdLastSet',
    because: 'gives nothing for a negative number, with which Connect ends in an error',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson AccountEnabled',
    attribute: 'userPrincipalName',
    because: 'gives nothing where it would be made of a domain that the source does not tell',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson AccountEnabled',
    attribute: 'pwdLastSet',
    because: 'gives nothing for a negative number, with which Connect ends in an error',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson Common',
    attribute: 'userPrincipalName',
    because: 'gives nothing where it would be made of a domain that the source does not tell',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson Common',
    attribute: 'pwdLastSet',
    because: 'gives nothing for a negative number, with which Connect ends in an error',
    isThere: true,
  },
  {
    rules: 'In from AD - InetOrgPerson Common',
    attribute: 'proxyAddresses',
    because: 'flows without a mailNickname as well, as for users',
    isThere: true,
  },
  {
    rules: 'In from AD - Computer Join',
    attribute: 'cloudFiltered',
    because:
      'marks conflict objects; without a certificate a computer is out of scope here, so that no device is made for it',
    isThere: true,
  },
  {
    rules: 'Out to AAD - User Join',
    attribute: 'sourceAnchor',
    because: 'flows as it is: sync itself refuses an anchor that has changed (anchor-changed)',
    isThere: true,
  },
  {
    rules: 'Out to AAD - Contact Join',
    attribute: 'sourceAnchor',
    because: 'flows as it is: sync itself refuses an anchor that has changed (anchor-changed)',
    isThere: true,
  },
  {
    rules: 'Out to AAD - Group Join',
    attribute: 'sourceAnchor',
    because: 'flows as it is: sync itself refuses an anchor that has changed (anchor-changed)',
    isThere: true,
  },
  {
    rules: 'Out to AAD - Group Join',
    attribute: 'member',
    because:
      'is refused beyond 250,000 members, as in later builds of Connect, not beyond 50,000; so is the scope of the rule',
    isThere: true,
  },
];

/** Why a flow of a rule has no place here; null when it has one. Whatever the rule is called, nothing but the tenant names its objects. */
export function whyFlowIsLeftOut(rule: string, direction: string, attribute: string): string | null {
  const named = CONNECT_FLOWS.find(
    (flow) => flow.isThere !== true && rule.startsWith(flow.rules) && flow.attribute === attribute,
  );
  const anywhere =
    direction === 'outbound'
      ? CONNECT_FLOWS.find((flow) => flow.attribute === attribute && attribute === 'dn')
      : undefined;
  return (named ?? anywhere)?.because ?? null;
}
