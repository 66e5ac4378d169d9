import type { TargetAttribute, TargetSchema } from '../connector.ts';

const USER_AND_GROUP = ['user', 'group'] as const;

/**
 * A schema for tests and measurements: users and groups, names as the tenant's own, values taken as they come. A user without
 * userPrincipalName and a group without displayName are blocked.
 */
export function createSimpleSchema(names: readonly string[] = []): TargetSchema {
  const plain = names.map((name): TargetAttribute => ({ name, native: name, types: USER_AND_GROUP }));
  return {
    types: ['user', 'group'],
    attributes: [
      {
        name: 'sourceAnchor',
        native: 'sourceAnchor',
        types: USER_AND_GROUP,
        uniqueGroup: 'sourceAnchor',
        required: true,
      },
      {
        name: 'userPrincipalName',
        native: 'userPrincipalName',
        types: ['user'],
        uniqueGroup: 'userPrincipalName',
        required: true,
      },
      { name: 'displayName', native: 'displayName', types: USER_AND_GROUP },
      { name: 'accountEnabled', native: 'accountEnabled', types: ['user'] },
      ...plain,
    ],
    references: [
      { name: 'member', native: 'members', types: ['group'], single: false },
      { name: 'manager', native: 'manager', types: ['user'], single: true },
    ],
    referencesPerWrite: 20,
    shape: (type, desired) => {
      const needed = type === 'group' ? 'displayName' : 'userPrincipalName';
      const isBlocked = desired[needed] === undefined;
      const problems = isBlocked ? [{ code: 'attribute-missing' as const, attribute: needed, value: null }] : [];
      return { attributes: desired, withheld: [], problems, blocked: isBlocked };
    },
  };
}
