import { toGraphTime } from '../clock.ts';
import { createCloudSid } from '../tenant/create-cloud-sid.ts';
import { hashPassword } from '../tenant/rules/password.ts';
import { type Node, node } from './nbfx/encode-message.ts';
import type { ServiceRequest } from './operation.ts';
import { readMembers, textOf } from './read-members.ts';
import { bodyRefused } from './service-fault.ts';
import { NAMESPACE } from './wire-names.ts';

const ROLE = 'Directory Synchronization Accounts';

/** GetServiceAccount: makes the account by which its own client signs in, `Sync_<identifier>@<initial domain>`, or gives it a new password. */
export function getServiceAccount({ tenant, body }: ServiceRequest): Node {
  const userPrincipalName = nameOf(body, tenant.profile.initialDomain);
  const password = `${tenant.randomness.text(24)}aA1!`;
  const known = tenant.primary.findUnique('userPrincipalName', userPrincipalName.toLowerCase());
  const now = toGraphTime(tenant.clock.now());
  const secret = { passwordProfile: { hash: hashPassword(password) }, lastPasswordChangeDateTime: now };
  if (known) tenant.commit([{ type: 'patch', id: known.id, values: secret }]);
  else {
    const values = {
      ...secret,
      userPrincipalName,
      displayName: 'On-Premises Directory Synchronization Service Account',
      mailNickname: userPrincipalName.slice(0, userPrincipalName.indexOf('@')),
      accountEnabled: true,
      userType: 'Member',
      adminRoles: [ROLE],
      createdDateTime: now,
      securityIdentifier: createCloudSid(tenant),
    };
    tenant.commit([{ type: 'create', kind: 'user', id: tenant.newId(), values }]);
  }
  return node('GetServiceAccountResult', [node('b:Password', password), node('b:UserName', userPrincipalName)], {
    namespaces: { b: NAMESPACE.coexistence },
  });
}

/** DeleteServiceAccount. One that is not there is no error (assumed). */
export function deleteServiceAccount({ tenant, body }: ServiceRequest): undefined {
  const name = nameOf(body, tenant.profile.initialDomain);
  const known = tenant.primary.findUnique('userPrincipalName', name.toLowerCase());
  if (known) tenant.commit([{ type: 'purge', id: known.id }]);
}

function nameOf(body: ServiceRequest['body'], initialDomain: string): string {
  const identifier = textOf(readMembers(body, NAMESPACE.service, ['identifier']).get('identifier')) ?? '';
  if (!/^[A-Za-z0-9_.-]{1,40}$/.test(identifier)) throw bodyRefused('the identifier of the account is not valid');
  return `Sync_${identifier}@${initialDomain}`;
}

/** Capabilities: names of what the service can do. */
export function describeCapabilities({ body }: ServiceRequest): Node {
  readMembers(body, NAMESPACE.service, []);
  return node('CapabilitiesResult', 'PasswordHashSync, ObjectSync, DirSyncFeatures');
}
