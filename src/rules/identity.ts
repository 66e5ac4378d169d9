import type { ReadRule } from './rule-file.ts';
import type { RuleDefinition } from './rule-schema.ts';

type FlowDefinition = RuleDefinition['flows'][string];
type JoinGroups = RuleDefinition['join'];

export interface IdentityAttribute {
  readonly attribute: string;
}

/** How persons are known: by what accounts of several directories are one person, by what the tenant knows it, and by what it signs in. */
export interface Identity {
  readonly join: 'none' | 'sid' | 'mail' | 'samAccountName' | IdentityAttribute;
  readonly sourceAnchor: 'auto' | 'objectGUID' | IdentityAttribute;
  readonly userPrincipalName: IdentityAttribute;
}

/** What the shipped rules do by themselves. */
export const STANDARD_IDENTITY: Identity = {
  join: 'none',
  sourceAnchor: 'auto',
  userPrincipalName: { attribute: 'userPrincipalName' },
};

/** Holds the value of `identity.join.attribute`: apart from what the tenant gets, so that joining never decides who wins that. */
const JOIN_VALUE = 'joinValue';
const MAIL_ENABLED_RULES: ReadonlySet<string> = new Set([
  'In from AD - User Common from Exchange',
  'In from AD - InetOrgPerson Common from Exchange',
]);

/** Changes the shipped rules for accounts so that they do what the section `identity` of the configuration says. Rule files come over them afterwards. */
export function applyIdentity(rules: Map<string, ReadRule>, identity: Identity): void {
  const accounts = [...rules.values()].filter(({ definition }) => isForAccounts(definition));
  for (const rule of accounts) {
    const definition = [changeJoin, changeAnchor, changeSignIn].reduce(
      (changed, change) => change(changed, identity, isLastForItsType(rule, accounts)),
      rule.definition,
    );
    if (definition !== rule.definition) rules.set(definition.name, { ...rule, definition });
  }
}

function isForAccounts({ direction, connector, from }: RuleDefinition): boolean {
  return direction === 'inbound' && connector === 'source' && (from === 'user' || from === 'inetOrgPerson');
}

/** Whether no rule below it gives a sign-in name to accounts of that class: the one that has to know what to do without any. */
function isLastForItsType({ definition }: ReadRule, accounts: readonly ReadRule[]): boolean {
  return accounts.every(
    ({ definition: other }) =>
      other.from !== definition.from ||
      other.flows['userPrincipalName'] === undefined ||
      other.precedence <= definition.precedence,
  );
}

/** Keeps what was changed where people look: in the text of the rule. */
function change(rule: RuleDefinition, key: string, parts: Partial<RuleDefinition>): RuleDefinition {
  return { ...rule, ...parts, description: `${rule.description} Changed by identity.${key} of the configuration.` };
}

// ------------------------------------------------------------ which accounts are one person

function changeJoin(rule: RuleDefinition, { join, sourceAnchor }: Identity): RuleDefinition {
  if (join === 'none' && sourceAnchor === 'auto') return rule;
  if (rule.join.length > 0) {
    // An account that brings the anchor of a person with it is that person, whatever else is compared.
    const groups = [...anchorGroups(rule, sourceAnchor), ...joinGroups(join)];
    return change(rule, join === 'none' ? 'sourceAnchor' : 'join', { join: groups });
  }
  const flows = joinFlows(join);
  if (Object.keys(flows).length === 0 || rule.flows['userPrincipalName'] === undefined) return rule;
  return change(rule, 'join', { flows: { ...flows, ...rule.flows } });
}

function anchorGroups(rule: RuleDefinition, sourceAnchor: Identity['sourceAnchor']): JoinGroups {
  if (sourceAnchor === 'auto') return rule.join;
  if (sourceAnchor === 'objectGUID') return [one('objectGUID', 'sourceAnchorBinary')];
  return [one(sourceAnchor.attribute, 'sourceAnchorBinary', true)];
}

/** For `sid` those of Connect's criterion ObjectSID, in its order. */
function joinGroups(join: Identity['join']): JoinGroups {
  switch (join) {
    case 'none':
      return [];
    case 'mail':
      return [one('mail', 'mail')];
    case 'samAccountName':
      return [
        one('sAMAccountName', 'accountName'),
        one('mailNickname', 'accountName'),
        one('sAMAccountName', 'mailNickname'),
      ];
    case 'sid':
      return [
        one('objectSid', 'objectSid'),
        one('msExchMasterAccountSid', 'objectSid'),
        one('objectSid', 'msExchMasterAccountSid'),
        one('msRTCSIP-OriginatorSid', 'objectSid'),
        one('objectSid', 'msRTCSIP-OriginatorSid'),
      ];
    default:
      return [one(join.attribute, JOIN_VALUE)];
  }
}

function one(space: string, metaverse: string, caseSensitive = false): JoinGroups[number] {
  return [{ space, metaverse, caseSensitive }];
}

/** What has to be in the metaverse for the join to find it there. */
function joinFlows(join: Identity['join']): RuleDefinition['flows'] {
  if (typeof join === 'object') return { [JOIN_VALUE]: direct(join.attribute) };
  if (join !== 'sid') return {};
  return Object.fromEntries(
    ['objectSid', 'msExchMasterAccountSid', 'msRTCSIP-OriginatorSid'].map((name) => [name, direct(name)]),
  );
}

// ------------------------------------------------------------ by what the tenant knows a person

function changeAnchor(rule: RuleDefinition, { sourceAnchor }: Identity): RuleDefinition {
  if (sourceAnchor === 'auto' || rule.flows['sourceAnchor'] === undefined) return rule;
  const attribute = sourceAnchor === 'objectGUID' ? sourceAnchor : sourceAnchor.attribute;
  const text = sourceAnchor === 'objectGUID' ? guidText() : checkedText(attribute);
  const flows = {
    ...rule.flows,
    sourceAnchor: expression(unlessLinkedMailbox(text)),
    sourceAnchorBinary: expression(unlessLinkedMailbox(`[${attribute}]`)),
  };
  return change(rule, 'sourceAnchor', { flows });
}

/** A linked mailbox leaves the anchor to the account of the other forest. */
function unlessLinkedMailbox(value: string): string {
  return `IIF([msExchRecipientTypeDetails] = 2, NULL, ${value})`;
}

function guidText(): string {
  return 'IIF(IsString([objectGUID]), [objectGUID], ConvertToBase64([objectGUID]))';
}

/** "Plan connect design concepts", sourceAnchor: fewer than 60 characters, and of a text none of these. */
const LONGEST_ANCHOR = 59;
const NOT_IN_ANCHOR = `\\!#$%&*+/=?^{}|~<>()';:,[]"@_`;

function checkedText(attribute: string): string {
  const refused = `"${NOT_IN_ANCHOR.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  return `With($anchor, [${attribute}], IIF(IsPresent([${attribute}]) = False || IsString($anchor) && IsNullOrEmpty(Trim($anchor)), NULL,
With($text, IIF(IsString($anchor), $anchor, IIF(IsNumeric($anchor), CStr($anchor), ConvertToBase64($anchor))),
IIF(Len($text) > ${LONGEST_ANCHOR}, Error("The source anchor ${attribute} has 60 characters or more; the tenant takes fewer."),
IIF(IsString($anchor) && Word($anchor, 1, ${refused}) <> $anchor,
Error("The source anchor ${attribute} holds a character that must not be in one, such as @, / or _."), $text)))))`;
}

// ------------------------------------------------------------ by what a person signs in

/**
 * An alternate login ID. The enabled account decides, then the mail-enabled one, whose mail address it may be; as with Connect a person without
 * any gets a name of sAMAccountName and domain.
 */
function changeSignIn(rule: RuleDefinition, { userPrincipalName }: Identity, isLast: boolean): RuleDefinition {
  const { attribute } = userPrincipalName;
  const gives = rule.flows['userPrincipalName'] !== undefined;
  if (attribute === 'userPrincipalName' || !(gives || MAIL_ENABLED_RULES.has(rule.name))) return rule;
  const otherwise = gives && isLast ? accountAtDomain() : 'NULL';
  const value = `IIF(IsNullOrEmpty(Trim([${attribute}])), ${otherwise}, Trim([${attribute}]))`;
  return change(rule, 'userPrincipalName', {
    flows: { ...rule.flows, userPrincipalName: expression(value) },
  });
}

function accountAtDomain(): string {
  return 'IIF(IsNullOrEmpty([sAMAccountName]) || IsNullOrEmpty(%Domain.FQDN%), NULL, [sAMAccountName] & "@" & %Domain.FQDN%)';
}

function direct(attribute: string): FlowDefinition {
  return { attribute, merge: 'update', once: false };
}

function expression(text: string): FlowDefinition {
  return { expression: text, merge: 'update', once: false };
}
