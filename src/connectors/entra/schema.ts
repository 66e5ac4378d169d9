import type { Attributes } from '../../model/value.ts';
import type { ShapedObject, TargetSchema } from '../connector.ts';
import { ATTRIBUTES, isWritableType, REFERENCES, REFERENCES_PER_WRITE, WRITABLE_TYPES } from './attributes.ts';
import { isMailGroup, shapeGroup } from './shape-group.ts';
import { shapeUser } from './shape-user.ts';
import { lossOf } from './shaping.ts';

/** What Microsoft Graph v1.0 lets an application keep of users and groups. */
export const ENTRA_SCHEMA: TargetSchema = {
  types: WRITABLE_TYPES,
  attributes: ATTRIBUTES,
  references: REFERENCES,
  referencesPerWrite: REFERENCES_PER_WRITE,
  lossOf,
  canChange: (type, current) => type !== 'group' || !isMailGroup(current),
  shape(type, desired, current, facts): ShapedObject {
    if (!isWritableType(type)) return refuseType(type, desired);
    return type === 'user' ? shapeUser(desired, current, facts) : shapeGroup(desired, current);
  },
};

/** Contacts and devices: applications may read them, and nothing more (Graph: orgContact, device-post-devices). */
function refuseType(type: string, desired: Attributes): ShapedObject {
  const cause = `Microsoft Graph cannot create objects of type ${type}, so the object is not synchronized.`;
  return {
    attributes: {},
    withheld: Object.keys(desired),
    problems: [{ code: 'target-cannot-carry-object', attribute: null, value: null, cause }],
    blocked: true,
  };
}
