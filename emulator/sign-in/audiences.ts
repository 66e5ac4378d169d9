export const GRAPH_RESOURCE = 'https://graph.microsoft.com';
/** Azure AD Graph, whose tokens the provisioning service takes (facts E.13). */
export const OLD_GRAPH_RESOURCE = 'https://graph.windows.net';
/** Microsoft Entra AD Synchronization Service, which newer clients sign in for (facts D.5). */
export const SYNCHRONIZATION_RESOURCE = '6bf85cfa-ac8a-4be5-b5de-425a0d0dc016';

const RESOURCES: Readonly<Record<string, string>> = {
  [GRAPH_RESOURCE]: GRAPH_RESOURCE,
  '00000003-0000-0000-c000-000000000000': GRAPH_RESOURCE,
  [OLD_GRAPH_RESOURCE]: OLD_GRAPH_RESOURCE,
  '00000002-0000-0000-c000-000000000000': OLD_GRAPH_RESOURCE,
  [SYNCHRONIZATION_RESOURCE]: SYNCHRONIZATION_RESOURCE,
};

/** The audience of tokens for a resource that a scope names; undefined: the tenant has no such resource. */
export function findAudience(resource: string): string | undefined {
  return Object.hasOwn(RESOURCES, resource) ? RESOURCES[resource] : undefined;
}
