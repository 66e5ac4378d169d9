/**
 * Attributes whose values are other objects, by the names they have in Active Directory, the metaverse and the tenant. Their values are
 * no attributes but rows of their own, so a rule can move them and count them, not look into them.
 */
const REFERENCE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'altRecipient',
  'assistant',
  'authOrig',
  'dLMemRejectPerms',
  'dLMemSubmitPerms',
  'managedBy',
  'manager',
  'member',
  'msExchBypassModerationFromDLMembersLink',
  'msExchBypassModerationLink',
  'msExchCoManagedByLink',
  'msExchDelegateListLink',
  'msExchModeratedByLink',
  'msExchTeamMailboxOwners',
  'msExchTeamMailboxSharePointLinkedBy',
  'owner',
  'publicDelegates',
  'registeredOwnerReference',
  'registeredUsersReference',
  'secretary',
  'seeAlso',
  'unauthOrig',
]);

/** Whether the values of this attribute are other objects. */
export function isReferenceAttribute(name: string): boolean {
  return REFERENCE_ATTRIBUTES.has(name);
}
