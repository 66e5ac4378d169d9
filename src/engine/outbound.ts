import type { ShapedObject, TargetSchema } from '../connectors/connector.ts';
import { TARGET_TYPES, type TargetType } from '../model/change.ts';
import type { AttributeChange } from '../model/plan.ts';
import { type Attributes, isSameValue, printValue } from '../model/value.ts';
import { type CompiledRule, RuleEvaluationError, type RuleSet, type RuleSource } from '../rules/rule-set.ts';
import { type MetaverseObject, OBJECT_STATES, type SpaceObject } from '../store/store.ts';
import { type FlowObserver, type FlowOutcome, flowAttributes } from './flow.ts';
import { mayProvision } from './join.ts';
import { ruleSource, runParameters } from './rule-source.ts';

/** What the outbound rules want of one metaverse object. */
export type Desired =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'object';
      readonly type: TargetType;
      readonly rules: readonly CompiledRule[];
      readonly outcome: FlowOutcome<null>;
    };

/**
 * Runs the outbound rules. `tenant` is the object of the tenant space that is joined, live or restorable; rules see of it `cloudAnchor`
 * (`User_<id>`), by which they know what is in the tenant already. Throws RuleEvaluationError when a rule raises an error.
 */
export function flowOut(
  rules: Pick<RuleSet, 'outbound'>,
  object: MetaverseObject,
  tenant: SpaceObject | null,
  startedAt: Date,
  observe?: FlowObserver<null>,
): Desired {
  if (object.rules === '' && Object.keys(object.attributes).length === 0) return { kind: 'nothing' };
  const current = tenant?.attributes ?? null;
  const source = outboundSource(object.attributes, tenant, startedAt);
  const inScope = rules.outbound(object.type).filter((rule) => rule.isInScope(source));
  // What is in the tenant has been joined: its attributes are looked at no more.
  const provision = inScope.find((rule) =>
    tenant === null ? mayProvision(rule, 'metaverseAttribute', source) : rule.link === 'provision',
  );
  if (provision === undefined || !isTargetType(provision.targetType)) return { kind: 'nothing' };
  const same = inScope.filter((rule) => rule.targetType === provision.targetType);
  const outcome = flowAttributes(
    same.map((rule) => ({ rule, source, from: null })),
    current ?? {},
    current === null,
    observe,
  );
  return { kind: 'object', type: provision.targetType, rules: same, outcome };
}

/** The same of an object that has nothing in the tenant; null when a rule raises an error for it. */
export function tryFlowOut(rules: Pick<RuleSet, 'outbound'>, object: MetaverseObject, startedAt: Date): Desired | null {
  try {
    return flowOut(rules, object, null, startedAt);
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return null;
  }
}

/** A metaverse object as outbound rules read it. */
export function outboundSource(attributes: Attributes, tenant: SpaceObject | null, startedAt: Date): RuleSource {
  const anchor = tenant === null || tenant.state !== OBJECT_STATES.live ? {} : { cloudAnchor: cloudAnchor(tenant) };
  const key = `metaverse/${attributes['sourceAnchor'] ?? ''}`;
  return ruleSource({ ...anchor, ...attributes }, {}, runParameters(startedAt), null, key);
}

function cloudAnchor(tenant: SpaceObject): string {
  return `${tenant.type.charAt(0).toUpperCase()}${tenant.type.slice(1)}_${tenant.anchor}`;
}

function isTargetType(type: string): type is TargetType {
  return (TARGET_TYPES as readonly string[]).includes(type);
}

/**
 * What has to change from `current` (null: all of it is new) to the shaped object, in the order of the schema. Attributes that no rule speaks for, that
 * are withheld for a problem, or that the target cannot write stay as they are.
 */
export function compareAttributes(
  schema: TargetSchema,
  type: TargetType,
  shaped: ShapedObject,
  decided: ReadonlySet<string>,
  current: Attributes | null,
): readonly AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const attribute of schema.attributes) {
    const { name, native } = attribute;
    if (attribute.readOnly || !attribute.types.includes(type) || shaped.withheld.includes(name)) continue;
    // An anchor never changes. One that is taken over has none yet, or is kept where the way to the tenant that is used now does not find it.
    if (name === 'sourceAnchor' && current !== null && current[name] !== undefined) continue;
    const to = shaped.attributes[name];
    const from = current?.[name];
    if (to === undefined && (from === undefined || attribute.required || !decided.has(name))) continue;
    if (isSameValue(from, to)) continue;
    changes.push({
      attribute: name,
      native,
      from: from === undefined ? null : printValue(from),
      to: to === undefined ? null : printValue(to),
    });
  }
  return changes;
}

/** What ends when the object is written, whatever the rules say. It is no drift: nobody may leave it as it is. */
export function endedStates(
  schema: TargetSchema,
  { ended = [] }: ShapedObject,
  current: Attributes | null,
): readonly AttributeChange[] {
  return schema.attributes.flatMap(({ name, native }) => {
    const from = current?.[name];
    return from === undefined || !ended.includes(name)
      ? []
      : [{ attribute: name, native, from: printValue(from), to: null }];
  });
}

/** The names of the rules that gave the changed attributes, and of the one that decides that the object is in the tenant. */
export function rulesBehind(
  desired: Extract<Desired, { kind: 'object' }>,
  changes: readonly AttributeChange[],
): readonly string[] {
  const names = new Set<string>();
  for (const rule of desired.rules) if (rule.link === 'provision') names.add(rule.name);
  for (const change of changes) {
    const origin = desired.outcome.origins.get(change.attribute);
    if (origin !== undefined) names.add(origin.rule.name);
  }
  return [...names];
}
