import { getDeleted, listDeleted, listDeletedUncast, purgeDeleted, restoreDeleted } from './deleted-items.ts';
import { readDelta } from './delta.ts';
import { getByIds, getDirectoryObject } from './directory-objects.ts';
import { getDirectoryRole, listDirectoryRoles, listRoleMembers } from './directory-roles.ts';
import type { Handler } from './graph-request.ts';
import { countGroups, createGroup, deleteGroup, getGroup, listGroups, updateGroup } from './groups.ts';
import { assignLicense } from './licences.ts';
import {
  addGroupLink,
  getManager,
  getManagerReference,
  listBackLinks,
  listGroupLinks,
  removeGroupLink,
  removeManager,
  setManager,
} from './links.ts';
import { getSynchronization, listSynchronization, updateSynchronization } from './on-premises-synchronization.ts';
import {
  getDomain,
  getOrganization,
  listDomains,
  listOrganization,
  listSkus,
  updateOrganization,
} from './organization.ts';
import type { QueryOption } from './query/query-options.ts';
import { getServicePrincipal, listAppRoleAssignments, listServicePrincipals } from './service-principals.ts';
import { countOf, listOf, readOf } from './synchronized-kinds.ts';
import { countUsers, createUser, deleteUser, getUser, listUsers, revokeSignInSessions, updateUser } from './users.ts';

/** One operation of the emulated Graph. */
export interface Route {
  readonly method: string;
  /** Path below the version, `{id}` for a key. */
  readonly pattern: string;
  /** Any one of these permissions is enough (graph permissions reference, D.4 of the facts). */
  readonly permissions: readonly string[];
  /** Resource units before the modifiers for $select, $expand and $top (throttling limits, identity). */
  readonly cost: number;
  readonly query: readonly QueryOption[];
  readonly handle: Handler;
}

const READ_USERS = ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const LIST_USERS = ['User.ReadBasic.All', ...READ_USERS];
const WRITE_USERS = ['User.ReadWrite.All', 'Directory.ReadWrite.All'];
/** The handler asks again, property by property. */
const PATCH_USERS = [
  ...WRITE_USERS,
  'User.EnableDisableAccount.All',
  'User-Mail.ReadWrite.All',
  'User-Phone.ReadWrite.All',
  'User-PasswordProfile.ReadWrite.All',
];
const READ_GROUPS = [
  'Group.ReadBasic.All',
  'GroupMember.ReadBasic.All',
  'GroupMember.Read.All',
  'GroupMember.ReadWrite.All',
  'Group.Read.All',
  'Group.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const WRITE_GROUPS = ['Group.ReadWrite.All', 'Directory.ReadWrite.All'];
const WRITE_MEMBERS = ['GroupMember.ReadWrite.All', ...WRITE_GROUPS];
const READ_ORGANIZATION = [
  'Organization.Read.All',
  'Organization.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
  'User.Read.All',
];
const READ_DOMAINS = ['Domain.Read.All', 'Domain.ReadWrite.All', 'Directory.Read.All'];
const READ_SKUS = [
  'LicenseAssignment.Read.All',
  'Organization.Read.All',
  'Organization.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const READ_APPLICATIONS = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const READ_CONTACTS = ['OrgContact.Read.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const READ_DEVICES = ['Device.Read.All', 'Device.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];
const WRITE_SYNCHRONIZATION = 'OnPremDirectorySynchronization.ReadWrite.All';
const READ_SYNCHRONIZATION = ['OnPremDirectorySynchronization.Read.All', WRITE_SYNCHRONIZATION];
const READ_ROLES = [
  'RoleManagement.Read.Directory',
  'RoleManagement.ReadWrite.Directory',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const DELETED_USERS = [
  'User.DeleteRestore.All',
  'User.Read.All',
  'User.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];
const DELETED_GROUPS = ['Group.Read.All', 'Group.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'];

const LISTING: readonly QueryOption[] = ['$select', '$filter', '$top', '$count', '$orderby', '$expand', '$skiptoken'];
const LINKS: readonly QueryOption[] = ['$select', '$top', '$count', '$skiptoken'];
const SINGLE: readonly QueryOption[] = ['$select', '$expand'];
const DELTA: readonly QueryOption[] = ['$select', '$filter', '$skiptoken', '$deltatoken'];

type Row = readonly [string, string, readonly string[], number, readonly QueryOption[], Handler];

const ROWS: readonly Row[] = [
  ['GET', '/users', LIST_USERS, 2, LISTING, listUsers],
  ['POST', '/users', WRITE_USERS, 1, [], createUser],
  ['GET', '/users/$count', LIST_USERS, 1, ['$filter'], countUsers],
  ['GET', '/users/delta', READ_USERS, 1, DELTA, readDelta('user')],
  ['GET', '/users/{id}', LIST_USERS, 1, SINGLE, getUser],
  ['PATCH', '/users/{id}', PATCH_USERS, 1, [], updateUser],
  ['DELETE', '/users/{id}', ['User.DeleteRestore.All', 'User.ReadWrite.All'], 1, [], deleteUser],
  ['GET', '/users/{id}/manager', READ_USERS, 1, ['$select'], getManager],
  ['GET', '/users/{id}/manager/$ref', READ_USERS, 1, [], getManagerReference],
  ['PUT', '/users/{id}/manager/$ref', WRITE_USERS, 1, [], setManager],
  ['DELETE', '/users/{id}/manager/$ref', WRITE_USERS, 1, [], removeManager],
  ['GET', '/users/{id}/memberOf', READ_USERS, 2, LINKS, listBackLinks('user', 'memberOf')],
  ['GET', '/users/{id}/directReports', READ_USERS, 1, LINKS, listBackLinks('user', 'directReports')],
  ['POST', '/users/{id}/assignLicense', ['LicenseAssignment.ReadWrite.All', ...WRITE_USERS], 1, [], assignLicense],
  [
    'POST',
    '/users/{id}/revokeSignInSessions',
    ['User.RevokeSessions.All', ...WRITE_USERS],
    1,
    [],
    revokeSignInSessions,
  ],
  ['GET', '/groups', READ_GROUPS, 1, LISTING, listGroups],
  ['POST', '/groups', ['Group.Create', ...WRITE_GROUPS], 1, [], createGroup],
  ['GET', '/groups/$count', READ_GROUPS, 1, ['$filter'], countGroups],
  ['GET', '/groups/delta', READ_GROUPS, 1, DELTA, readDelta('group')],
  ['GET', '/groups/{id}', READ_GROUPS, 1, SINGLE, getGroup],
  ['PATCH', '/groups/{id}', WRITE_MEMBERS, 1, [], updateGroup],
  ['DELETE', '/groups/{id}', ['Group.ReadWrite.All'], 1, [], deleteGroup],
  ['GET', '/groups/{id}/members', READ_GROUPS, 3, LINKS, listGroupLinks('members')],
  ['GET', '/groups/{id}/members/microsoft.graph.user', READ_GROUPS, 3, LINKS, listGroupLinks('members', 'user')],
  ['GET', '/groups/{id}/members/microsoft.graph.group', READ_GROUPS, 3, LINKS, listGroupLinks('members', 'group')],
  [
    'GET',
    '/groups/{id}/members/microsoft.graph.servicePrincipal',
    READ_GROUPS,
    3,
    LINKS,
    listGroupLinks('members', 'servicePrincipal'),
  ],
  ['POST', '/groups/{id}/members/$ref', WRITE_MEMBERS, 1, [], addGroupLink('members')],
  ['DELETE', '/groups/{id}/members/{id}/$ref', WRITE_MEMBERS, 1, [], removeGroupLink('members')],
  ['GET', '/groups/{id}/owners', READ_GROUPS, 1, LINKS, listGroupLinks('owners')],
  ['POST', '/groups/{id}/owners/$ref', WRITE_GROUPS, 1, [], addGroupLink('owners')],
  ['DELETE', '/groups/{id}/owners/{id}/$ref', WRITE_GROUPS, 1, [], removeGroupLink('owners')],
  ['GET', '/groups/{id}/memberOf', READ_GROUPS, 2, LINKS, listBackLinks('group', 'memberOf')],
  ['GET', '/contacts', READ_CONTACTS, 1, LISTING, listOf('orgContact')],
  ['GET', '/contacts/$count', READ_CONTACTS, 1, ['$filter'], countOf('orgContact')],
  ['GET', '/contacts/{id}', READ_CONTACTS, 1, ['$select'], readOf('orgContact')],
  ['GET', '/devices', READ_DEVICES, 1, LISTING, listOf('device')],
  ['GET', '/devices/$count', READ_DEVICES, 1, ['$filter'], countOf('device')],
  ['GET', '/devices/{id}', READ_DEVICES, 1, ['$select'], readOf('device')],
  ['GET', '/directoryRoles', READ_ROLES, 1, ['$select'], listDirectoryRoles],
  ['GET', '/directoryRoles/{id}', READ_ROLES, 1, ['$select'], getDirectoryRole],
  ['GET', '/directoryRoles/{id}/members', READ_ROLES, 3, ['$select'], listRoleMembers],
  ['GET', '/directory/deletedItems', DELETED_USERS, 1, LISTING, listDeletedUncast],
  ['GET', '/directory/deletedItems/microsoft.graph.user', DELETED_USERS, 1, LISTING, listDeleted('user')],
  ['GET', '/directory/deletedItems/microsoft.graph.group', DELETED_GROUPS, 1, LISTING, listDeleted('group')],
  ['GET', '/directory/deletedItems/{id}', [...DELETED_USERS, ...DELETED_GROUPS], 1, ['$select'], getDeleted],
  [
    'DELETE',
    '/directory/deletedItems/{id}',
    ['User.DeleteRestore.All', 'User.ReadWrite.All', 'Group.ReadWrite.All'],
    1,
    [],
    purgeDeleted,
  ],
  [
    'POST',
    '/directory/deletedItems/{id}/restore',
    ['User.DeleteRestore.All', 'User.ReadWrite.All', 'Group.ReadWrite.All'],
    1,
    [],
    restoreDeleted,
  ],
  [
    'GET',
    '/directoryObjects/{id}',
    ['Directory.Read.All', 'Directory.ReadWrite.All'],
    1,
    ['$select'],
    getDirectoryObject,
  ],
  ['POST', '/directoryObjects/getByIds', ['Directory.Read.All', 'Directory.ReadWrite.All'], 5, ['$select'], getByIds],
  ['GET', '/directory/onPremisesSynchronization', READ_SYNCHRONIZATION, 1, ['$select'], listSynchronization],
  ['GET', '/directory/onPremisesSynchronization/{id}', READ_SYNCHRONIZATION, 1, ['$select'], getSynchronization],
  ['PATCH', '/directory/onPremisesSynchronization/{id}', [WRITE_SYNCHRONIZATION], 1, [], updateSynchronization],
  ['PATCH', '/organization/{id}', ['Organization.ReadWrite.All'], 1, [], updateOrganization],
  ['GET', '/organization', READ_ORGANIZATION, 1, ['$select'], listOrganization],
  ['GET', '/organization/{id}', READ_ORGANIZATION, 1, ['$select'], getOrganization],
  ['GET', '/domains', READ_DOMAINS, 1, ['$select'], listDomains],
  ['GET', '/domains/{id}', READ_DOMAINS, 1, ['$select'], getDomain],
  ['GET', '/subscribedSkus', READ_SKUS, 3, ['$select'], listSkus],
  ['GET', '/servicePrincipals', READ_APPLICATIONS, 1, LISTING, listServicePrincipals],
  ['GET', '/servicePrincipals/{id}', READ_APPLICATIONS, 1, ['$select'], getServicePrincipal],
  ['GET', '/servicePrincipals/{id}/appRoleAssignments', READ_APPLICATIONS, 1, [], listAppRoleAssignments],
];

export const ROUTES: readonly Route[] = ROWS.map(([method, pattern, permissions, cost, query, handle]) => ({
  method,
  pattern,
  permissions,
  cost,
  query,
  handle,
}));
