import { DirbridgeError } from '../../errors.ts';
import { printValue } from '../../model/value.ts';
import type { TargetWrite, WriteFailure } from '../connector.ts';
import type { WritableType } from './attributes.ts';
import type { Graph } from './graph.ts';
import { neutralName } from './graph-object.ts';
import { type GraphRefusal, isAbsenceRefusal } from './graph-refusal.ts';
import { findByAddress, findByAnchor, findByUpn, findDeletedByAnchor, type Holder } from './look-up.ts';
import { anchorOf } from './write-steps.ts';

/** "Another object with the same value for property userPrincipalName already exists." */
const TAKEN = /same value for property (\w+) already exists/i;
const CONFLICT = /conflicting object with one or more of the specified property values/i;
/** "Invalid value specified for property 'mail' of resource 'User'.", "Property userPrincipalName is invalid.", "A value is required for property 'x' …" */
const INVALID = /(?:Invalid value specified for property|^Property) '?(\w+)'?/i;
const REQUIRED = /value is required for property '?([\w.]+)'?/i;
/** "Unable to update the specified properties for on-premises mastered Directory Sync objects …": Entra Connect still writes the object. */
const MASTERED = /on-premises mastered/i;
const UPN_DOMAIN = /domain portion of the userPrincipalName/i;

export interface ConflictProperty {
  /** Graph's name; null when the answer names none. */
  readonly native: string | null;
}

/** Which unique property the refusal is about; null when it is no conflict. */
export function conflictOf(refusal: GraphRefusal): ConflictProperty | null {
  if (refusal.code.toLowerCase() === 'request_multipleobjectswithsamekeyvalue') return { native: refusal.target };
  const named = TAKEN.exec(refusal.message)?.[1];
  if (named !== undefined) return { native: refusal.target ?? named };
  return CONFLICT.test(refusal.message) ? { native: refusal.target } : null;
}

/** The refusal as the engine takes it. `code` is that of a finding where the words of the tenant tell which, else the tenant's own. Looks up nothing. */
export function describeFailure(write: TargetWrite, refusal: GraphRefusal): WriteFailure {
  const { message } = refusal;
  const type: WritableType = write.type === 'group' ? 'group' : 'user';
  const required = REQUIRED.exec(refusal.message)?.[1];
  if (required !== undefined) return { code: 'attribute-missing', message, ...about(write, type, required) };
  const invalid = UPN_DOMAIN.test(refusal.message) ? 'userPrincipalName' : INVALID.exec(refusal.message)?.[1];
  if (invalid !== undefined) return { code: 'attribute-invalid', message, ...about(write, type, invalid) };
  if (MASTERED.test(refusal.message)) return { code: 'match-synchronized', message };
  const remedy = REMEDIES[refusal.code.toLowerCase()];
  const told = remedy === undefined ? {} : { remedy };
  const code = write.action === 'restore' ? 'restore-refused' : refusal.code;
  return { code, message, ...told, ...(isAbsenceRefusal(refusal) ? { isMissing: true } : {}) };
}

const REMEDIES: Readonly<Record<string, string>> = {
  authorization_requestdenied:
    'Grant the application what it lacks: dirbridge check tells which permission that is. When only this object is refused, it most likely holds an administrator role: then the application needs a directory role, too, or an administrator makes the change in the tenant. Every run tries again.',
  directory_quotaexceeded:
    'Make room in the tenant (delete for good what is not needed; deleted objects count until then), or have its limit raised. Every run tries again.',
};

function about(write: TargetWrite, type: WritableType, native: string): Pick<WriteFailure, 'attribute' | 'value'> {
  const attribute = neutralName(type, native) ?? native;
  const value = 'attributes' in write ? write.attributes[attribute] : undefined;
  const isTold = value !== undefined && value !== null;
  return { attribute, ...(isTold ? { value: String(printValue(value)) } : {}) };
}

/** A conflict with its attribute, value and, where a look-up tells, the other object. */
export async function describeConflict(
  graph: Graph,
  write: TargetWrite,
  refusal: GraphRefusal,
  conflict: ConflictProperty,
): Promise<WriteFailure> {
  const type: WritableType = write.type === 'group' ? 'group' : 'user';
  // A mail address is unique among all addresses, so Graph names the list it derives from mail.
  const native = conflict.native === 'proxyAddresses' ? 'mail' : conflict.native;
  // A value that cannot even be asked for leaves the holder unknown, no more.
  const holder = await findHolder(graph, write, type, native).catch((thrown: unknown) => {
    if (thrown instanceof DirbridgeError && thrown.code === 'tenant-refused') return null;
    throw thrown;
  });
  return {
    code: write.action === 'restore' ? 'restore-refused' : 'value-conflict',
    message: refusal.message,
    ...(native === null ? {} : about(write, type, native)),
    ...(holder === null ? {} : { otherTargetId: holder.id }),
  };
}

const LOOKED_UP: readonly (string | null)[] = [
  'userPrincipalName',
  'onPremisesImmutableId',
  'uniqueName',
  'proxyAddresses',
];

/** Whether the one who holds the value can be found by it. */
export function isLookedUp({ native }: ConflictProperty): boolean {
  return LOOKED_UP.includes(native);
}

async function findHolder(
  graph: Graph,
  write: TargetWrite,
  type: WritableType,
  native: string | null,
): Promise<Holder | null> {
  const attributes = 'attributes' in write ? write.attributes : {};
  const upn = attributes['userPrincipalName'];
  const mail = attributes['mail'];
  if (native === 'userPrincipalName') return typeof upn === 'string' ? findByUpn(graph, upn) : null;
  if (native === 'mail') return typeof mail === 'string' ? findByAddress(graph, mail) : null;
  if (native === 'onPremisesImmutableId' || native === 'uniqueName')
    return findAnchorHolder(graph, type, anchorOf(write));
  return null;
}

async function findAnchorHolder(graph: Graph, type: WritableType, anchor: string): Promise<Holder | null> {
  return (await findByAnchor(graph, type, anchor)) ?? (await findDeletedByAnchor(graph, type, anchor));
}
