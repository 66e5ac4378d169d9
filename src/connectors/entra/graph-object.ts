import type { Value } from '../../model/value.ts';
import type { TargetValue } from '../connector.ts';
import { type AttributeRule, RULES, type WritableType } from './attributes.ts';
import { fromUniqueName } from './unique-name.ts';

export type Json = Readonly<Record<string, unknown>>;

const EXTENSIONS = 'onPremisesExtensionAttributes';
const MAIL_OF_GROUP = 'mail';

/** Whether a parsed JSON value is an object with named members. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a `value` array; an answer without one has none. */
export function listOf(body: Json, name = 'value'): readonly Json[] {
  const list = body[name];
  return Array.isArray(list) ? list.filter(isJson) : [];
}

/** The property names of one type for `$select`, always in the same order: a delta token holds on to them. */
export const SELECTED: Readonly<Record<WritableType, readonly string[]>> = {
  user: selectedOf('user'),
  group: [...selectedOf('group'), MAIL_OF_GROUP],
};

function selectedOf(type: WritableType): readonly string[] {
  const names = [...RULES[type].values()].map((rule) => (rule.form === 'extension' ? EXTENSIONS : rule.native));
  return ['id', ...new Set(names)];
}

export interface ReadValues {
  readonly set: Readonly<Record<string, Value>>;
  readonly clear: readonly string[];
}

/** The attributes that a Graph object names, under their neutral names. Null and empty lists are cleared; what it does not name is left out. */
export function readValues(type: WritableType, object: Json): ReadValues {
  const set: Record<string, Value> = {};
  const clear: string[] = [];
  for (const rule of RULES[type].values()) {
    const value = locate(rule, object);
    if (value === undefined) continue;
    const read = fromGraph(rule, value);
    if (read === null) clear.push(rule.name);
    else set[rule.name] = rule.native === 'uniqueName' ? fromUniqueName(String(read)) : read;
  }
  if (type === 'group' && typeof object[MAIL_OF_GROUP] === 'string') set['mail'] = object[MAIL_OF_GROUP];
  if (type === 'group' && object[MAIL_OF_GROUP] === null) clear.push('mail');
  return { set, clear };
}

function locate(rule: AttributeRule, object: Json): unknown {
  if (rule.form !== 'extension') return object[rule.native];
  const extensions = object[EXTENSIONS];
  return extensions === null ? null : isJson(extensions) ? extensions[rule.native] : undefined;
}

function fromGraph(rule: AttributeRule, value: unknown): TargetValue {
  if (rule.form === 'first') {
    const first: unknown = Array.isArray(value) ? value[0] : null;
    return typeof first === 'string' ? first : null;
  }
  if (rule.form === 'list') {
    const texts = Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
    return texts.length === 0 ? null : texts;
  }
  return typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

/** The body that sets (null: clears) these attributes; parts of complex properties that are not named stay. */
export function toBody(type: WritableType, attributes: Readonly<Record<string, TargetValue>>): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  const extensions: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const rule = RULES[type].get(name);
    if (!rule) throw new RangeError(`the tenant has no attribute ${name} on ${type}`);
    if (rule.form === 'extension') extensions[rule.native] = value;
    else if (rule.form === 'first') body[rule.native] = value === null ? [] : [value];
    else if (rule.form === 'list') body[rule.native] = value === null ? [] : value;
    else body[rule.native] = value;
  }
  if (Object.keys(extensions).length > 0) body[EXTENSIONS] = extensions;
  return body;
}

/** The neutral name of a Graph property, for failures that name one; undefined when it is none of ours. */
export function neutralName(type: WritableType, native: string): string | undefined {
  for (const rule of RULES[type].values()) if (rule.native.toLowerCase() === native.toLowerCase()) return rule.name;
  return undefined;
}

/** A segment or key of a path: base64 anchors hold `/`, `+` and `=`. Quotes in a key are doubled (OData 4.01 part 2, 5.1.1.6.1). */
export function encodeKey(value: string): string {
  return encodeURIComponent(value.replaceAll("'", "''"));
}
