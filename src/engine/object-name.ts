import type { ObjectName } from '../model/finding.ts';
import type { SpaceObject, Store } from '../store/store.ts';
import { TENANT } from './context.ts';

/** How people know an object. */
export function objectName(object: SpaceObject, space: string, dn: string | null): ObjectName {
  const { attributes } = object;
  const names = ['userPrincipalName', 'displayName', 'cn', 'sAMAccountName'].map((name) => attributes[name]);
  const name = names.find((one) => typeof one === 'string') ?? dn ?? object.anchor;
  return { space, anchor: object.anchor, type: object.type, name: String(name), ...(dn === null ? {} : { dn }) };
}

/** The object of a source that stands for a metaverse object: where an administrator finds it. Null when there is none any more. */
export async function nameInSource(store: Store, mv: number): Promise<ObjectName | null> {
  const spaces = await store.spaces.spaces();
  for (const object of await store.sync.objectsOf(mv)) {
    const space = spaces.find((one) => one.id === object.space);
    if (space !== undefined && space.name !== TENANT)
      return objectName(object, space.name, await store.sync.dnOf(object.id));
  }
  return null;
}
