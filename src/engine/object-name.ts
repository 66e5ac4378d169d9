import type { ObjectName } from '../model/finding.ts';
import type { SpaceObject } from '../store/store.ts';

/** How people know an object. */
export function objectName(object: SpaceObject, space: string, dn: string | null): ObjectName {
  const { attributes } = object;
  const names = ['userPrincipalName', 'displayName', 'cn', 'sAMAccountName'].map((name) => attributes[name]);
  const name = names.find((one) => typeof one === 'string') ?? dn ?? object.anchor;
  return { space, anchor: object.anchor, type: object.type, name: String(name), ...(dn === null ? {} : { dn }) };
}
