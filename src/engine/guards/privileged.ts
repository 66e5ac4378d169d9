import type { GuardVerdict } from '../../model/plan.ts';
import type { PrivilegedChange } from '../../store/store.ts';
import type { GuardLimits } from './limits.ts';
import { countOf, FirstNames, named } from './verdict.ts';

/**
 * Stops a plan that deletes, disables, renames or takes over the holder of an administrator role, or changes a group that hands one on. A directory must
 * not lock the administrators out of the tenant, nor become one of them, without anybody looking.
 */
export function judgePrivileged(
  changes: readonly PrivilegedChange[],
  isKnown: boolean,
  limits: GuardLimits['privileged'],
): GuardVerdict {
  const names = new FirstNames();
  for (const { name } of changes) names.add(name);
  const holders = new Set(changes.map((one) => `${one.type} ${one.name}`)).size;
  const first = changes.find((one) => one.name === names.names[0]);
  return named(
    {
      name: 'privileged',
      limit: limits.count,
      found: holders,
      blocked: holders > limits.count,
      message:
        first === undefined
          ? `${isKnown ? 'No holder of an administrator role' : 'The tenant does not tell who holds an administrator role; as far as is known, none of them'} is deleted, disabled, renamed or taken over.`
          : `The plan deletes, disables, renames or takes over ${countOf(holders, 'holder')} of administrator roles: ${first.name} (${first.roles.join(', ')}) ${whatHappens(first)}; at most ${limits.count} are allowed without approval.`,
    },
    names.names,
  );
}

function whatHappens({ action, type, changes }: PrivilegedChange): string {
  if (action === 'delete') return 'is deleted';
  if (action === 'link') return 'is taken over';
  if (changes.some((one) => one.native === 'accountEnabled' && one.to === false)) return 'is disabled';
  const renamed = changes.find((one) => one.native === 'userPrincipalName');
  if (renamed !== undefined) return `gets the user principal name ${String(renamed.to)}`;
  return type === 'group' ? 'gets other members' : 'is changed';
}
