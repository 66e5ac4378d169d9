import { normalizeDn } from '../model/dn.ts';
import type { Finding } from '../model/finding.ts';
import type { PlanValue } from '../model/plan.ts';
import { printValue, type Value } from '../model/value.ts';
import { type CompiledFlow, RuleEvaluationError } from '../rules/rule-set.ts';
import {
  type ChangeLogEntry,
  type MetaverseObject,
  OBJECT_STATES,
  type SpaceHead,
  type SpaceObject,
} from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import type { Origin } from './flow.ts';
import type { InboundFlow } from './inbound.ts';
import { dayOf, dueOf } from './leaving.ts';
import { subjectOf } from './licences.ts';
import { uniqueKey } from './lookup.ts';
import { explainOutside, explainUnjoined, explainUnwanted } from './out-of-scope.ts';
import { type Desired, flowOut } from './outbound.ts';
import { keepOwnValues, mergedAttributes } from './own-values.ts';
import { readInbound } from './read-inbound.ts';
import { findByDn, type SourceScope } from './scope.ts';
import { shapeDesired } from './shape-desired.ts';
import { SiblingDomains } from './sibling-domains.ts';
import { type ObjectTrace, type TracedSubject, traceObject } from './trace-object.ts';

/** Where one value comes from, from the source object to the tenant. */
export interface ExplainedValue {
  /** The name in the target, and the neutral one that rules use. */
  readonly attribute: string;
  readonly neutral: string;
  readonly value: PlanValue;
  /** What the tenant holds as far as we know. */
  readonly inTenant: PlanValue;
  /** False where the rules want a value that the target cannot write. */
  readonly isWritable: boolean;
  readonly outbound: { readonly rule: string; readonly text: string } | null;
  readonly inbound: { readonly rule: string; readonly text: string; readonly metaverseAttribute: string } | null;
  readonly from: {
    readonly source: string;
    readonly object: string;
    readonly attributes: Readonly<Record<string, PlanValue>>;
  } | null;
  /** The run and time of the last change that we wrote. */
  readonly lastWritten: { readonly run: string; readonly at: string } | null;
}

export interface ExplainedObject {
  readonly source: string;
  readonly type: string;
  readonly anchor: string;
  readonly dn: string | null;
  readonly state: string;
  /** Rules in scope, or why there are none. */
  readonly rules: readonly string[];
  readonly outOfScope: string | null;
}

export interface Explanation {
  readonly name: string;
  readonly anchor: string | null;
  readonly objects: readonly ExplainedObject[];
  readonly tenant: { readonly id: string; readonly type: string; readonly state: string } | null;
  /** Why the object is in the tenant, is not, or will not be. */
  readonly verdict: string;
  readonly values: readonly ExplainedValue[];
  /** Every rule that looked at it, what it found, and which rule won each attribute on the way. */
  readonly trace: ObjectTrace;
  readonly findings: readonly Finding[];
  readonly history: readonly {
    readonly run: string;
    readonly plan: string;
    readonly at: string;
    readonly action: string;
    readonly what: string;
  }[];
}

const SEARCHED = [
  'userPrincipalName',
  'mail',
  'proxyAddresses',
  'sAMAccountName',
  'displayName',
  'cn',
  'alias',
  'sourceAnchor',
];
const GUID = /^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$/i;
const HISTORY = 20;
/** So far back the last change of a value is looked for. */
const HISTORY_SEARCHED = 1000;
const REFERENCES_SHOWN = 3;
const STATE_NAMES = ['there', 'only referred to', 'removed', 'deleted, can be restored'];

/** Explains every object that goes by this name: UPN, DN, GUID, mail address, account or display name. Empty when there is none. */
export async function explainObject(context: EngineContext, name: string): Promise<readonly Explanation[]> {
  const spaces = await context.store.spaces.spaces();
  const found = await findByName(context, spaces, name);
  const seen = new Set<string>();
  const explanations: Explanation[] = [];
  for (const object of found) {
    const key = object.mv === null ? `o${object.id}` : `m${object.mv}`;
    if (seen.has(key)) continue;
    seen.add(key);
    explanations.push(await explainOne(context, spaces, object));
  }
  return explanations;
}

/** Objects of all spaces that go by this name. */
export async function findByName(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  name: string,
): Promise<readonly SpaceObject[]> {
  const { store } = context;
  const found: SpaceObject[] = [];
  for (const space of spaces) {
    if (GUID.test(name)) {
      const object = await store.spaces.objectByAnchor(space.id, name.replace(/[{}]/g, '').toLowerCase());
      if (object !== null && object.state !== OBJECT_STATES.placeholder) found.push(object);
    } else if (space.name !== TENANT && /=.*,/.test(name)) {
      const object = await findByDn(store, space.id, normalizeDn(name));
      if (object !== null) found.push(object);
    } else if (space.name === TENANT) {
      for (const kind of ['userPrincipalName', 'address', 'sourceAnchor']) {
        found.push(...(await store.spaces.objectsByValue(space.id, { kind, key: uniqueKey(kind, name) })));
      }
    }
  }
  return found.length > 0 ? found : searchAll(context, name);
}

/** Objects of all spaces with this value in an attribute that people call them by: a scan. */
export function searchAll({ store }: EngineContext, name: string): Promise<readonly SpaceObject[]> {
  return store.spaces.findObjects(SEARCHED, name, 50);
}

async function explainOne(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  object: SpaceObject,
): Promise<Explanation> {
  const { store } = context;
  const { scopes, inbound } = await readInbound(context, spaces);
  const joined = object.mv === null ? [object] : await store.sync.objectsOf(object.mv);
  const mv = object.mv === null ? null : await store.sync.metaverse(object.mv);
  const ofSources = joined.filter((one) => scopes.has(one.space) && one.state === OBJECT_STATES.live);
  const tenant = mv?.tenant == null ? null : await store.spaces.objectById(mv.tenant);
  const objects: ExplainedObject[] = [];
  for (const one of joined) {
    if (scopes.has(one.space)) objects.push(await explainSource(context, spaces, scopes, inbound, one));
  }
  const why = mv === null ? explainUnjoined(context, object) : await explainUnwanted(context, inbound, mv, ofSources);
  const subjects = [
    ...joined.map((one) => `o${one.id}`),
    ...(mv === null ? [] : [`m${mv.id}`, `r${mv.id}`, `d${mv.id}`, `e${mv.id}`]),
    ...(tenant === null ? [] : [subjectOf(tenant.anchor)]),
  ];
  const findings = await store.runs.findingsOf(subjects);
  const history = mv?.anchor == null ? [] : await store.apply.changesOf(mv.anchor, HISTORY_SEARCHED);
  const held = mv?.anchor == null ? [] : await store.apply.heldBefore(mv.anchor, 1);
  const values = mv === null ? [] : await explainValues(context, spaces, inbound, ofSources, mv.id, tenant, history);
  const leaves = mv === null ? null : await leavingOn(context, mv.id);
  const traced = await subjectsOf(context, scopes, inbound, ofSources);
  const trace = await traceObject({
    rules: context.rules,
    store,
    subjects: traced,
    before: mv,
    tenant,
    now: context.now(),
  });
  return {
    trace,
    name: nameOf(object, tenant),
    anchor: mv?.anchor ?? null,
    objects,
    tenant: tenant === null ? null : { id: tenant.anchor, type: tenant.type, state: STATE_NAMES[tenant.state] ?? '' },
    verdict: verdictOf(context, spaces, { object, mv, tenant, objects, findings, why, leaves }),
    values,
    findings,
    history: [...history.slice(0, HISTORY), ...held]
      .sort((one, other) => other.at.localeCompare(one.at))
      .map(({ run, plan, at, action, body }) => ({ run, plan, at, action, what: body })),
  };
}

async function subjectsOf(
  context: EngineContext,
  scopes: ReadonlyMap<number, SourceScope>,
  inbound: InboundFlow,
  objects: readonly SpaceObject[],
): Promise<readonly TracedSubject[]> {
  const subjects: TracedSubject[] = [];
  for (const object of objects) {
    const { type, attributes } = object;
    const name = (await context.store.sync.dnOf(object.id)) ?? object.anchor;
    const isInScope = (await scopes.get(object.space)?.isInScope(object)) ?? true;
    subjects.push({ name, type, attributes, source: await inbound.sourceOf(object), isInScope });
  }
  return subjects;
}

async function explainSource(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  scopes: ReadonlyMap<number, SourceScope>,
  inbound: InboundFlow,
  object: SpaceObject,
): Promise<ExplainedObject> {
  const rules = await inbound.applicableRules(object);
  const space = spaces.find((one) => one.id === object.space);
  return {
    source: space?.name ?? '',
    type: object.type,
    anchor: object.anchor,
    dn: await context.store.sync.dnOf(object.id),
    state: STATE_NAMES[object.state] ?? '',
    rules: rules.map((rule) => rule.name),
    outOfScope: await explainOutside(context, space, scopes.get(object.space), inbound, object),
  };
}

interface Judged {
  readonly object: SpaceObject;
  readonly mv: MetaverseObject | null;
  readonly tenant: SpaceObject | null;
  readonly objects: readonly ExplainedObject[];
  readonly findings: readonly Finding[];
  /** Why it is joined to nothing, or the rules do not want it, in case that is so. */
  readonly why: string;
  /** The day on which it is deleted, where it waits for that. */
  readonly leaves: string | null;
}

/** The day on which an object that waits for its deletion is deleted. */
async function leavingOn({ store, deletions }: EngineContext, mv: number): Promise<string | null> {
  const leaving = await store.leaving.of(mv);
  return leaving === null || deletions.after === null ? null : dayOf(dueOf(leaving.since, deletions.after));
}

function verdictOf(context: EngineContext, spaces: readonly SpaceHead[], judged: Judged): string {
  const { object, mv, tenant, objects, findings, leaves } = judged;
  const outside = objects.find((one) => one.outOfScope !== null)?.outOfScope;
  if (mv === null) {
    if (objects.length > 0) return notSynchronized(outside ?? causesOf(findings) ?? judged.why);
    return object.state === OBJECT_STATES.live
      ? 'An object of the tenant that is joined to nothing in a source: it is never changed.'
      : 'An object in the recycle bin of the tenant that nothing in the scope of a source stands for: it is never changed, and restored when its anchor comes back.';
  }
  const isThere = tenant?.state === OBJECT_STATES.live;
  let desired: Desired;
  try {
    desired = flowOut(context.rules, mv, tenant, context.now());
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return `A rule raises an error, so it stays as it is: ${error.message}`;
  }
  if (desired.kind === 'object') {
    if (isThere) return 'Synchronized: the rules want it in the tenant, and it is there.';
    const facts = spaces.find((space) => space.name === TENANT)?.parameters ?? {};
    const hindrance = isHindered(context, desired, tenant, facts, findings) ? causesOf(findings) : null;
    return hindrance === null
      ? 'The rules want it in the tenant; it is not there yet.'
      : notSynchronized(`the rules want it in the tenant, but: ${hindrance}`);
  }
  const isLeft = mv.rules !== '' || objects.length === 0;
  const why = isLeft ? judged.why : (outside ?? judged.why);
  if (isThere && leaves !== null)
    return `It has left and waits in the tenant: there it leaves on ${leaves}, unless it returns before: ${mv.origin === null ? why : `${mv.origin.object}: ${mv.origin.why}`}.`;
  return isThere
    ? `It is in the tenant and will be deleted there: ${why}.`
    : notSynchronized(object.state === OBJECT_STATES.removed ? 'it was deleted' : why);
}

function notSynchronized(why: string): string {
  return `Not synchronized: ${why.replace(/\.$/, '')}.`;
}

/** The causes of the errors, or, where there are none, of the warnings; null without any. */
function causesOf(findings: readonly Finding[]): string | null {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const others = findings.filter(({ severity, code }) => severity === 'warning' || code === 'held-apart');
  const told = errors.length > 0 ? errors : others;
  const texts = told.map(
    ({ code, attribute, cause }) => `${code}${attribute === null ? '' : ` (${attribute})`}: ${cause}`,
  );
  return texts.length === 0 ? null : texts.join(' ');
}

/** Whether something stands in the way of an object that the rules want and that is not in the tenant; its findings tell what. */
function isHindered(
  { target }: EngineContext,
  desired: Extract<Desired, { kind: 'object' }>,
  tenant: SpaceObject | null,
  facts: Readonly<Record<string, string>>,
  findings: readonly Finding[],
): boolean {
  if (!target.schema.types.includes(desired.type)) return true;
  if (shapeDesired(target.schema, desired, tenant?.attributes ?? null, facts).blocked) return true;
  return findings.some(
    ({ code, stage, severity, attribute }) =>
      code.startsWith('match-') ||
      code === 'held-apart' ||
      (code === 'value-conflict' && attribute === 'userPrincipalName') ||
      (stage === 'apply' && severity === 'error' && code !== 'licence-not-returned'),
  );
}

async function explainValues(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  inbound: InboundFlow,
  objects: readonly SpaceObject[],
  mvId: number,
  tenant: SpaceObject | null,
  history: readonly ChangeLogEntry[],
): Promise<readonly ExplainedValue[]> {
  const { store, target, rules } = context;
  const mv = await store.sync.metaverse(mvId);
  if (mv === null) return [];
  try {
    const { outcome } = await inbound.trace(objects, mv.attributes);
    const desired = flowOut(rules, mv, tenant, context.now());
    if (desired.kind === 'nothing') return [];
    const facts = spaces.find((space) => space.name === TENANT)?.parameters ?? {};
    const held = tenant?.attributes ?? null;
    const alone = shapeDesired(target.schema, desired, held, facts);
    const merged = mergedAttributes(rules, target.schema);
    const { shaped } = await keepOwnValues(store, merged, mvId, desired, alone, held);
    const values: ExplainedValue[] = [];
    for (const attribute of target.schema.attributes) {
      const value = (attribute.readOnly ? desired.outcome : shaped).attributes[attribute.name];
      const made = shaped.derived?.[attribute.name];
      const out = desired.outcome.origins.get(made ?? attribute.name);
      if (!attribute.types.includes(desired.type) || (value === undefined && out === undefined)) continue;
      const source = out?.flow.sources[0];
      const inner = source === undefined ? undefined : outcome.origins.get(source);
      values.push({
        attribute: attribute.native,
        neutral: attribute.name,
        value: print(value),
        inTenant: print(tenant?.attributes[attribute.name]),
        isWritable: !attribute.readOnly,
        outbound: out === undefined ? null : { rule: out.rule.name, text: textOf(out.flow, made) },
        inbound:
          inner === undefined || source === undefined
            ? null
            : { rule: inner.rule.name, text: inner.flow.text, metaverseAttribute: source },
        from: inner === undefined ? null : await originOf(context, spaces, inner),
        lastWritten: lastWritten(history, attribute.name),
      });
    }
    for (const rule of desired.rules)
      for (const flow of rule.flows.filter((one) => one.reference)) {
        const written = lastWritten(history, flow.target);
        for (const value of await explainReference(context, spaces, { rule, flow, from: null }, outcome.references))
          values.push({ ...value, lastWritten: written });
      }
    return values;
  } catch (error) {
    if (!(error instanceof RuleEvaluationError)) throw error;
    return [];
  }
}

/** The tenant demands some values that no rule gives; they are made of what a rule gives for another attribute. */
function textOf(flow: CompiledFlow, made: string | undefined): string {
  return made === undefined ? flow.text : `${flow.text}; the tenant demands this value, so it is made from ${made}`;
}

/** A manager by its name, members by their number; the first of them by their DN. */
async function explainReference(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  out: Origin<null>,
  inbound: ReadonlyMap<string, readonly Origin<SpaceObject>[]>,
): Promise<readonly ExplainedValue[]> {
  const { sync } = context.store;
  const source = out.flow.sources[0] ?? out.flow.target;
  const carried = context.target.schema.references.find((one) => one.name === out.flow.target);
  const siblings = SiblingDomains.of(context, spaces);
  const values: ExplainedValue[] = [];
  for (const inner of inbound.get(source) ?? []) {
    const attribute = inner.flow.sources[0] ?? source;
    const count = (await sync.referenceCounts(inner.from.id))[attribute] ?? 0;
    const named = await sync.referenceTargets(inner.from.id, attribute, REFERENCES_SHOWN);
    const targets: SpaceObject[] = [];
    for (const target of named) targets.push(await siblings.lookBehind(target));
    const names: string[] = [];
    for (const target of targets) names.push((await sync.dnOf(target.id)) ?? target.anchor);
    if (count > names.length) names.push(`${count - names.length} more`);
    const [only] = targets;
    const from = await originOf(context, spaces, inner);
    values.push({
      attribute: carried?.native ?? out.flow.target,
      neutral: out.flow.target,
      value: carried?.single && only !== undefined ? nameOf(only, null) : `${count} in the source`,
      inTenant: null,
      isWritable: carried !== undefined,
      outbound: { rule: out.rule.name, text: out.flow.text },
      inbound: { rule: inner.rule.name, text: inner.flow.text, metaverseAttribute: source },
      from: from === null ? null : { ...from, attributes: { [attribute]: names } },
      lastWritten: null,
    });
  }
  return values;
}

async function originOf(
  context: EngineContext,
  spaces: readonly SpaceHead[],
  origin: Origin<SpaceObject>,
): Promise<ExplainedValue['from']> {
  const attributes: Record<string, PlanValue> = {};
  // A constant says nothing of the object; what let the rule apply does.
  const read = origin.flow.sources.length > 0 ? origin.flow.sources : origin.rule.scopeAttributes;
  for (const name of read) {
    const value = origin.from.attributes[name];
    if (value !== undefined) attributes[name] = printValue(value);
  }
  // That all of them are absent is what gave the value.
  if (Object.keys(attributes).length === 0) for (const name of read) attributes[name] = null;
  return {
    source: spaces.find((space) => space.id === origin.from.space)?.name ?? '',
    object: (await context.store.sync.dnOf(origin.from.id)) ?? origin.from.anchor,
    attributes,
  };
}

function lastWritten(history: readonly ChangeLogEntry[], attribute: string): ExplainedValue['lastWritten'] {
  const entry = history.find((one) => one.action !== 'held' && one.body.includes(`"attribute":"${attribute}"`));
  return entry === undefined ? null : { run: entry.run, at: entry.at };
}

function print(value: Value | undefined): PlanValue {
  return value === undefined ? null : printValue(value);
}

function nameOf(object: SpaceObject, tenant: SpaceObject | null): string {
  const names = [
    tenant?.attributes['userPrincipalName'],
    object.attributes['userPrincipalName'],
    object.attributes['displayName'],
    object.attributes['cn'],
    object.rdn,
  ];
  return String(names.find((one) => typeof one === 'string') ?? object.anchor);
}
