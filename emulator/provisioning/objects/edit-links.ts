import type { ChangeDraft } from '../../tenant/change.ts';
import type { Entity } from '../../tenant/entity.ts';
import type { Tenant } from '../../tenant/tenant.ts';
import { findByCloudAnchor, findBySourceAnchor } from './anchors.ts';
import type { LinkEdit } from './merge-properties.ts';
import type { ReferenceChange } from './property-values.ts';
import { SyncFailure } from './sync-failure.ts';
import type { SyncObject } from './sync-object.ts';

type Link = 'members' | 'manager';

/** The steps that change the links of one object. `entity`: as it is; undefined while it is being created. */
export function editLinks(
  id: string,
  entity: Entity | undefined,
  edits: readonly LinkEdit[],
  tenant: Tenant,
): readonly ChangeDraft[] {
  return edits.flatMap((edit) => {
    const name: Link = edit.name === 'member' ? 'members' : 'manager';
    const current = new Set(currentTargets(entity, name));
    const { added, removed } = targetsOf(edit, current, tenant);
    if (name === 'manager' && added.size > 1)
      throw new SyncFailure('ReferenceUpdateFailed', 'manager names two objects.');
    // A new manager takes the place of the former one by itself.
    const isReplaced = name === 'manager' && added.size > 0;
    return [
      ...(isReplaced ? [] : [...removed]).map((to): ChangeDraft => ({ type: 'unlink', from: id, name, to: to.id })),
      ...[...added].map((to): ChangeDraft => ({ type: 'link', from: id, name, to: to.id })),
    ];
  });
}

function currentTargets(entity: Entity | undefined, name: Link): readonly Entity[] {
  if (name === 'manager') return entity?.manager ? [entity.manager] : [];
  return [...(entity?.members?.current.keys() ?? [])];
}

interface Targets {
  readonly added: ReadonlySet<Entity>;
  readonly removed: ReadonlySet<Entity>;
}

function targetsOf({ value }: LinkEdit, current: ReadonlySet<Entity>, tenant: Tenant): Targets {
  if (value.form === 'references') return targetsOfChanges(value.changes, current, tenant);
  const anchors = value.form === 'strings' ? value.value : value.form === 'string' ? [value.value] : [];
  const wanted = new Set(
    anchors.filter((anchor) => anchor !== '').map((anchor) => findTarget(anchor, 'sourceAnchor', tenant)),
  );
  return {
    added: new Set([...wanted].filter((target) => !current.has(target))),
    removed: new Set([...current].filter((target) => !wanted.has(target))),
  };
}

/** In their order: what is added that is there, or removed that is not, is no change. */
function targetsOfChanges(changes: readonly ReferenceChange[], current: ReadonlySet<Entity>, tenant: Tenant): Targets {
  const after = new Set(current);
  for (const { anchor, by, operation } of changes) {
    if (operation === 'add') after.add(findTarget(anchor, by, tenant));
    else {
      const target = lookUp(anchor, by, tenant);
      if (target) after.delete(target);
    }
  }
  return {
    added: new Set([...after].filter((target) => !current.has(target))),
    removed: new Set([...current].filter((target) => !after.has(target))),
  };
}

/** References of which the directory of the emulator keeps no links must lead somewhere all the same. */
export function checkReferences(object: SyncObject, tenant: Tenant): void {
  for (const { value } of object.properties) {
    if (value.form !== 'references') continue;
    for (const { anchor, by, operation } of value.changes) if (operation === 'add') findTarget(anchor, by, tenant);
  }
}

function findTarget(anchor: string, by: ReferenceChange['by'], tenant: Tenant): Entity {
  const target = lookUp(anchor, by, tenant);
  if (target?.status === 'live') return target;
  throw new SyncFailure('ReferenceUpdateFailed', `The object '${anchor}' that is referred to is not in the directory.`);
}

function lookUp(anchor: string, by: ReferenceChange['by'], { primary }: Tenant): Entity | undefined {
  return by === 'cloudAnchor' ? findByCloudAnchor(anchor, primary) : findBySourceAnchor(anchor, primary);
}
