import type { ChangeDraft } from '../change.ts';
import { type Entity, textOf } from '../entity.ts';
import type { Tenant } from '../tenant.ts';
import { mangleUpn } from './user-principal-name.ts';

/** A soft deletion. Licences are released; the UPN is marked as deleted. */
export function deletionOfUser(user: Entity, tenant: Tenant): ChangeDraft {
  const upn = textOf(user, 'userPrincipalName') ?? '';
  return {
    type: 'delete',
    id: user.id,
    values: {
      ...(user.values['assignedLicenses'] === undefined ? {} : { assignedLicenses: [], licenseAssignmentStates: [] }),
      ...(tenant.assumptions.mangleDeletedUpn ? { userPrincipalName: mangleUpn(user.id, upn) } : {}),
    },
  };
}
