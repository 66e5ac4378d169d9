import { toGraphTime } from '../clock.ts';
import { GraphError } from '../graph-error.ts';
import { isRecord } from '../json-value.ts';
import { notEmulated, queryInvalid } from '../refusals.ts';
import { type Entity, OBJECT_KINDS, type ObjectKind, type Value } from '../tenant/entity.ts';
import { CONTACT_PROPERTIES } from '../tenant/rules/contact-properties.ts';
import { DEVICE_PROPERTIES } from '../tenant/rules/device-properties.ts';
import { GROUP_PROPERTIES } from '../tenant/rules/group-properties.ts';
import { type PropertyTable, readOnly } from '../tenant/rules/property.ts';
import { USER_PROPERTIES } from '../tenant/rules/user-properties.ts';

const SERVICE_PRINCIPAL_PROPERTIES: PropertyTable = Object.fromEntries(
  ['id', 'appId', 'displayName', 'appDisplayName', 'servicePrincipalType', 'accountEnabled', 'appRoles'].map((name) => [
    name,
    { type: 'Edm.String', write: 'readOnly', isDefault: true, filter: ['eq'] },
  ]),
);

export const PROPERTIES: Readonly<Record<ObjectKind, PropertyTable>> = {
  user: USER_PROPERTIES,
  group: GROUP_PROPERTIES,
  servicePrincipal: SERVICE_PRINCIPAL_PROPERTIES,
  orgContact: CONTACT_PROPERTIES,
  device: DEVICE_PROPERTIES,
  // Its own path shows it; here it is only what getByIds and the like may find.
  organization: { id: readOnly('Edm.String', { isDefault: true }) },
};

const DEFAULTS = Object.fromEntries(OBJECT_KINDS.map((kind) => [kind, defaultNames(PROPERTIES[kind])])) as Readonly<
  Record<ObjectKind, readonly string[]>
>;

function defaultNames(table: PropertyTable): readonly string[] {
  return Object.keys(table).filter((name) => table[name]?.isDefault === true);
}

/** The property names to return: the selection, judged as Graph judges it, or the default set. */
export function selectNames(kind: ObjectKind, select: readonly string[] | undefined): readonly string[] {
  if (!select) return DEFAULTS[kind];
  for (const name of select) checkSelectable(kind, name);
  return select;
}

function checkSelectable(kind: ObjectKind, name: string): void {
  const table = PROPERTIES[kind];
  const property = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!property) {
    throw queryInvalid(
      `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type 'microsoft.graph.${kind}'.`,
    );
  }
  if (property.write === 'service') {
    throw new GraphError(501, 'NotImplemented', `Property '${name}' cannot be selected from this collection.`);
  }
  if (property.isMissing) throw notEmulated(`selecting property '${name}'`);
}

/** What a client sees of one property: null for what was never set, never a password. */
export function propertyValue(entity: Entity, name: string): Value {
  if (name === 'id') return entity.id;
  if (name === 'passwordProfile') return null;
  if (name === 'deletedDateTime') return entity.deletedAt === undefined ? null : toGraphTime(entity.deletedAt);
  if (name === 'onPremisesExtensionAttributes') return extensionAttributes(entity.values[name]);
  const value = entity.values[name];
  if (value !== undefined) return value;
  return PROPERTIES[entity.kind][name]?.type.startsWith('Collection') ? [] : null;
}

const EXTENSION_NAMES = Object.keys(USER_PROPERTIES['onPremisesExtensionAttributes']?.parts ?? {});

function extensionAttributes(stored: Value | undefined): Value {
  const parts = isRecord(stored) ? (stored as Readonly<Record<string, Value>>) : {};
  return Object.fromEntries(EXTENSION_NAMES.map((name) => [name, parts[name] ?? null]));
}

export function projectEntity(entity: Entity, names: readonly string[]): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of names) shown[name] = propertyValue(entity, name);
  return shown;
}

/** A member of a mixed collection: its type goes before its properties. */
export function projectDirectoryObject(entity: Entity, select: readonly string[] | undefined): Record<string, unknown> {
  const names = select ? select.filter((name) => Object.hasOwn(PROPERTIES[entity.kind], name)) : DEFAULTS[entity.kind];
  return {
    '@odata.type': odataType(entity.kind),
    ...projectEntity(entity, names.includes('id') ? names : ['id', ...names]),
  };
}

export function odataType(kind: ObjectKind): string {
  return `#microsoft.graph.${kind}`;
}
