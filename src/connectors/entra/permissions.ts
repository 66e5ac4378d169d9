/** The application permissions that synchronization needs (Graph, "Permissions reference"), the least first. Any one of a line is enough. */
export interface PermissionNeed {
  readonly anyOf: readonly string[];
  /** What does not work without it. */
  readonly purpose: string;
  readonly severity: 'error' | 'warning';
}

const DIRECTORY_WRITE = 'Directory.ReadWrite.All';
const DIRECTORY_READ = ['Directory.Read.All', DIRECTORY_WRITE];

export const PERMISSION_NEEDS: readonly PermissionNeed[] = [
  {
    anyOf: ['User.ReadWrite.All', DIRECTORY_WRITE],
    purpose: 'users cannot be created or changed',
    severity: 'error',
  },
  {
    anyOf: ['User.DeleteRestore.All', 'User.ReadWrite.All'],
    purpose: 'users cannot be deleted or restored',
    severity: 'error',
  },
  {
    anyOf: ['Group.ReadWrite.All', DIRECTORY_WRITE],
    purpose: 'groups cannot be created, changed or deleted',
    severity: 'error',
  },
  {
    anyOf: ['GroupMember.ReadWrite.All', 'Group.ReadWrite.All', DIRECTORY_WRITE],
    purpose: 'memberships cannot be changed',
    severity: 'error',
  },
  {
    anyOf: ['User.Read.All', 'User.ReadWrite.All', ...DIRECTORY_READ],
    purpose: 'users of the tenant cannot be read',
    severity: 'error',
  },
  {
    anyOf: [
      'GroupMember.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.Read.All',
      'Group.ReadWrite.All',
      ...DIRECTORY_READ,
    ],
    purpose: 'groups of the tenant cannot be read',
    severity: 'error',
  },
  {
    anyOf: ['Organization.Read.All', 'Organization.ReadWrite.All', ...DIRECTORY_READ, 'User.Read.All'],
    purpose: 'the domains of the tenant cannot be read',
    severity: 'error',
  },
  {
    anyOf: ['LicenseAssignment.ReadWrite.All', 'User.ReadWrite.All', DIRECTORY_WRITE],
    purpose: 'users who are restored do not get back the licences that were assigned to them',
    severity: 'warning',
  },
  {
    anyOf: ['RoleManagement.Read.Directory', 'RoleManagement.ReadWrite.Directory', ...DIRECTORY_READ],
    purpose: 'who holds an administrator role cannot be read, so no guard protects these accounts',
    severity: 'warning',
  },
];

/** The needs that none of the granted permissions meets. */
export function missingPermissions(granted: ReadonlySet<string>): readonly PermissionNeed[] {
  return PERMISSION_NEEDS.filter((need) => !need.anyOf.some((permission) => granted.has(permission)));
}
