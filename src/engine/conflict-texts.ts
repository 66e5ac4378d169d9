import type { ObjectName } from '../model/finding.ts';
import { type Attributes, scalarsOf } from '../model/value.ts';
import { TENANT } from './context.ts';
import type { LostValue } from './unique.ts';

export interface Holder {
  readonly name: ObjectName;
  /** What it holds in the tenant; null when it is not there yet. */
  readonly attributes: Attributes | null;
}

/** Who has a unique value, how its loser fares meanwhile, and where to take it away. */
export function textsOfConflict(
  lost: LostValue,
  object: ObjectName | null,
  holder: Holder | null,
): { readonly cause: string; readonly remedy: string } {
  const { native, value } = lost;
  const ours = nameApart(object, holder?.name ?? null, 'the object');
  const theirs = nameApart(holder?.name ?? null, object, 'another object');
  const place = holder === null || holder.name.space === TENANT ? 'the tenant' : holder.name.space;
  return {
    cause: `${native} "${value}" must be unique in the tenant, and ${describeHolder(lost, holder, theirs)}. Until it is free, ${describeLoser(lost, ours)}; everything else of the object is synchronized.`,
    remedy: `Take the value from one of the two: from ${ours} in the directory, or from ${theirs} in ${place}. The next run sees that by itself.`,
  };
}

/** Two that fight for one name may both be called by it: then their places tell them apart. */
function nameApart(object: ObjectName | null, other: ObjectName | null, otherwise: string): string {
  if (object === null) return otherwise;
  return object.name === other?.name ? (object.dn ?? object.name) : object.name;
}

function describeHolder({ isFirst, native, value }: LostValue, holder: Holder | null, name: string): string {
  const named = holder === null ? name : `the ${holder.name.type} ${name}`;
  if (isFirst) return `${named}, which wants it too, comes first`;
  const isSecondary = native !== 'userPrincipalName' && isSecondaryAddress(holder?.attributes ?? {}, value);
  return `${named} has it already${isSecondary ? ' as a secondary address (proxyAddresses)' : ''}`;
}

function isSecondaryAddress({ mail, proxyAddresses }: Attributes, value: string): boolean {
  const address = value.replace(/^smtp:/i, '').toLowerCase();
  if (typeof mail === 'string' && mail.toLowerCase() === address) return false;
  return scalarsOf(proxyAddresses).some((one) => typeof one === 'string' && one.toLowerCase() === `smtp:${address}`);
}

function describeLoser({ native, attribute, meanwhile, isOneOfMany }: LostValue, name: string): string {
  if (isOneOfMany) return `${name} is without it in the tenant, and its other values of ${native} are written`;
  if (meanwhile === null) return `${name} has no ${native} in the tenant`;
  return attribute === 'userPrincipalName' ? `the user signs in there as ${meanwhile}` : `${name} keeps "${meanwhile}"`;
}
