import { TARGET_TYPES } from '../../../../model/change.ts';
import type { TargetSchema } from '../../../connector.ts';
import { CLOUD_MASTERED, SYNC_ATTRIBUTES, SYNC_REFERENCES } from './attributes.ts';
import { lossOfAttribute, shapeObject } from './shape-object.ts';

/** Objects in one request (facts E.7: what Azure AD Connect exports at once). */
export const OBJECTS_PER_REQUEST = 30;
/** So that as many objects as fit into one request stay below the references that the service takes in one (facts E.13: 15,000). */
export const REFERENCES_PER_OBJECT = 500;

/** What the provisioning service keeps of users, groups, contacts and devices. */
export const SYNC_SCHEMA: TargetSchema = {
  types: TARGET_TYPES,
  attributes: SYNC_ATTRIBUTES,
  references: SYNC_REFERENCES,
  referencesPerWrite: REFERENCES_PER_OBJECT,
  // Facts E.2. Devices it knows by their anchor alone.
  matches: ['user', 'group', 'contact'],
  replacesAddresses: true,
  lossOf: lossOfAttribute,
  lossText: 'The provisioning service has no place for',
  // Facts E.2, code 103.
  refusesTakeover: (current, isAdministrator) => isAdministrator && current[CLOUD_MASTERED] === true,
  shape: shapeObject,
};
