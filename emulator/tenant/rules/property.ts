/** How a filter may use a property: `eq` includes in; `prefix` is startsWith; `any` works on collections. */
export type FilterUse = 'eq' | 'prefix' | 'any' | 'order' | 'suffix';

export const PROPERTY_TYPES = [
  'Edm.String',
  'Edm.Boolean',
  'Edm.DateTimeOffset',
  'Edm.Int32',
  'Collection(Edm.String)',
  'complex',
  'Collection(complex)',
] as const;
export type PropertyType = (typeof PROPERTY_TYPES)[number];

/** One property of the v1.0 schema, with the tenant's rules for it. */
export interface Property {
  readonly type: PropertyType;
  /**
   * `app`: an application may write it. `readOnly`: the service refuses. `create`: only in the creation.
   * `service`: kept outside the directory, so lists cannot select it and applications cannot write it.
   */
  readonly write: 'app' | 'readOnly' | 'create' | 'service';
  /** Returned without $select. */
  readonly isDefault?: boolean;
  /** Most characters of the value, or of each value of a collection. */
  readonly max?: number;
  /** Most values of a collection. */
  readonly most?: number;
  readonly isNullable?: boolean;
  /** The whole value must match. */
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
  /** Names inside a complex value, with the most characters of each. */
  readonly parts?: Readonly<Record<string, number>>;
  readonly filter?: readonly FilterUse[];
  /** The emulator knows the name and does not play it: 501. */
  readonly isMissing?: boolean;
}

export type PropertyTable = Readonly<Record<string, Property>>;

/** Shortest ways to write a table: text(64) is a nullable string an application may write. */
export function text(max?: number, more: Partial<Property> = {}): Property {
  return {
    type: 'Edm.String',
    write: 'app',
    isNullable: true,
    filter: ['eq', 'prefix'],
    ...(max ? { max } : {}),
    ...more,
  };
}

export function readOnly(type: PropertyType, more: Partial<Property> = {}): Property {
  return { type, write: 'readOnly', ...more };
}

export function missing(type: PropertyType): Property {
  return { type, write: 'readOnly', isMissing: true };
}

export function service(type: PropertyType): Property {
  return { type, write: 'service' };
}
