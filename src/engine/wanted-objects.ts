import { DirbridgeError } from '../errors.ts';
import { guidToText } from '../model/anchor.ts';
import { TARGET_TYPES } from '../model/change.ts';
import type { Attributes } from '../model/value.ts';
import { type CompiledFlow, type CompiledRule, RuleEvaluationError } from '../rules/rule-set.ts';
import { type MetaverseObject, OBJECT_STATES, type SpaceHead, type SpaceObject } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import type { FlowOutcome } from './flow.ts';
import { keyOf } from './lookup.ts';
import { explainOutside, explainUnwanted } from './out-of-scope.ts';
import { type Desired, flowOut } from './outbound.ts';
import { type ReadInbound, readInbound } from './read-inbound.ts';

/** What the rules want of one object of the tenant, whatever the tenant can hold of it. */
export interface WantedObject {
  readonly key: number;
  readonly anchor: string;
  readonly type: string;
  readonly name: string;
  readonly attributes: Attributes;
  /** Attributes for which a rule spoke, with or without a value; and those for which there is a flow at all. */
  readonly decided: ReadonlySet<string>;
  readonly flowing: ReadonlySet<string>;
  /** Reference attributes that have values, by their names in the tenant. */
  readonly references: readonly string[];
}

export type WantedAnswer =
  | { readonly kind: 'wanted'; readonly object: WantedObject }
  | { readonly kind: 'absent'; readonly isKnown: boolean; readonly why: string; readonly reason: string };

/** The rules behind a value and the object of a source that it came from; null where there is none. */
export interface WantedRule {
  readonly outbound: string | null;
  readonly inbound: string | null;
  readonly from: string | null;
}

interface Evaluated {
  readonly mv: MetaverseObject;
  readonly desired: Extract<Desired, { kind: 'object' }>;
}

const ANCHOR = 'sourceAnchor';
const PAGE = 500;
/** Of rules in scope together: a handful, unless scopes are of many kinds. */
const MOST_COMBINATIONS = 100;
const NAMES = ['userPrincipalName', 'displayName', 'commonName'];

/**
 * The whole of what the rules want, worked out from the store as the last sync left it: nothing is read from a directory or from the tenant,
 * and nothing is written. For comparing with what others want.
 */
export class WantedObjects {
  readonly #context: EngineContext;
  readonly #spaces: readonly SpaceHead[];
  readonly #reading: ReadInbound;
  readonly #evaluated = new WeakMap<WantedObject, Evaluated>();
  /** Objects that the tenant has no place for: no plan has noted whether they are wanted. */
  readonly #wanted = new Map<number, boolean>();
  readonly #flowing = new Map<readonly CompiledRule[], ReadonlySet<string>>();
  readonly #carried: ReadonlySet<string>;

  private constructor(context: EngineContext, spaces: readonly SpaceHead[], reading: ReadInbound) {
    this.#context = context;
    this.#spaces = spaces;
    this.#reading = reading;
    const { attributes, references } = context.target.schema;
    const writable = [...attributes.filter((one) => one.readOnly !== true), ...references];
    this.#carried = new Set(writable.flatMap(({ name, types }) => types.map((type) => `${type}/${name}`)));
  }

  static async open(context: EngineContext): Promise<WantedObjects> {
    if (!context.rules.joinAttributes.includes(ANCHOR))
      throw new DirbridgeError('rules-invalid', `no inbound rule joins by ${ANCHOR}, so no object can be found by it`, {
        remedy:
          'Take "In from AAD - User Join" and its fellows back into the rules: they are part of the standard ones.',
      });
    const spaces = await context.store.spaces.spaces();
    return new WantedObjects(context, spaces, await readInbound(context, spaces));
  }

  /** By source anchor, exactly: case counts in it. */
  async find(anchor: string): Promise<WantedAnswer> {
    const { sync } = this.#context.store;
    const found = await sync.metaverseByValue({ kind: ANCHOR, key: keyOf(anchor) });
    let absent: WantedAnswer | null = null;
    for (const { id } of found) {
      const mv = await sync.metaverse(id);
      if (mv?.anchor !== anchor) continue;
      const answer = await this.#answerFor(mv);
      if (answer.kind === 'wanted') return answer;
      absent ??= answer;
    }
    return absent ?? this.#explainStranger(anchor, found.length > 0);
  }

  /** Every object that the rules want, but for those whose keys are given. */
  async *all(except: ReadonlySet<number>): AsyncIterable<WantedObject> {
    const types = new Set(this.#context.rules.all.filter(isOutbound).map((rule) => rule.sourceType));
    for (const type of types) {
      let after = 0;
      for (;;) {
        const page = await this.#context.store.sync.metaversePage(type, after, PAGE);
        for (const mv of page) {
          const object = except.has(mv.id) ? null : await this.#wantedOf(mv);
          if (object !== null && typeof object !== 'string') yield object;
        }
        const last = page.at(-1);
        if (last === undefined) break;
        after = last.id;
      }
    }
  }

  /** The source anchors of the targets that the rules want too. */
  async *references(object: WantedObject, attribute: string): AsyncIterable<readonly string[]> {
    const { sync } = this.#context.store;
    const given = await sync.referenceAttributes(object.key);
    // As in the flow of single values: the first rule that has any decides.
    const source = this.#sourcesOf(object, attribute).find((name) => given.includes(name));
    if (source === undefined) return;
    for await (const page of sync.metaverseReferences(object.key, source)) {
      const anchors: string[] = [];
      for (const { mv, anchor, wanted } of page)
        if (anchor !== null && (wanted || (await this.#isWanted(mv)))) anchors.push(anchor);
      yield anchors;
    }
  }

  async rule(object: WantedObject, attribute: string): Promise<WantedRule> {
    const evaluated = this.#evaluated.get(object);
    const nothing = { outbound: null, inbound: null, from: null };
    if (evaluated === undefined) return nothing;
    const { mv, desired } = evaluated;
    const out = behind(desired, attribute);
    if (out === null) return nothing;
    const source = out.flow?.sources[0];
    const outcome = source === undefined ? null : await this.#traceInbound(mv);
    if (source === undefined || outcome === null) return { ...nothing, outbound: out.rule.name };
    const origin = outcome.origins.get(source) ?? outcome.references.get(source)?.[0];
    if (origin === undefined) return { ...nothing, outbound: out.rule.name };
    const dn = (await this.#context.store.sync.dnOf(origin.from.id)) ?? origin.from.anchor;
    const read = origin.flow.sources.length === 0 ? '' : `${origin.flow.sources.join(', ')} of `;
    return { outbound: out.rule.name, inbound: origin.rule.name, from: `${read}${dn} in ${this.#nameOf(origin.from)}` };
  }

  async anchorOfTenantObject(id: string): Promise<string | null> {
    const { spaces, sync } = this.#context.store;
    const tenant = this.#spaces.find((space) => space.name === TENANT);
    const object = tenant === undefined ? null : await spaces.objectByAnchor(tenant.id, id);
    return object?.mv == null ? null : ((await sync.metaverse(object.mv))?.anchor ?? null);
  }

  /** Whether the target can write it; without an attribute: objects of that type at all. */
  isCarried(type: string, attribute: string | null): boolean {
    const known = TARGET_TYPES.find((one) => one === type);
    if (known === undefined || !this.#context.target.schema.types.includes(known)) return false;
    return attribute === null || this.#carried.has(`${type}/${attribute}`);
  }

  // ---------------------------------------------------------- one object

  async #answerFor(mv: MetaverseObject): Promise<WantedAnswer> {
    const object = await this.#wantedOf(mv);
    if (typeof object === 'string') {
      const why = `a rule raises an error, so it stays as it is in the tenant: ${object}`;
      return {
        kind: 'absent',
        isKnown: true,
        why,
        reason: 'a rule raises an error, so it stays as it is in the tenant',
      };
    }
    if (object !== null) return { kind: 'wanted', object };
    const objects = await this.#sourceObjects(mv);
    const outside = objects.length === 1 && objects[0] !== undefined ? await this.#whyOutside(objects[0]) : null;
    return absent(true, outside ?? (await explainUnwanted(this.#context, this.#reading.inbound, mv, objects)));
  }

  /** Null: the rules do not want it. A text: the error that a rule raises. */
  async #wantedOf(mv: MetaverseObject): Promise<WantedObject | string | null> {
    const { store, rules, now } = this.#context;
    if (mv.anchor === null) return null;
    const tenant = mv.tenant === null ? null : await store.spaces.objectById(mv.tenant);
    let desired: Desired;
    try {
      desired = flowOut(rules, mv, tenant, now());
    } catch (error) {
      if (error instanceof RuleEvaluationError) return error.message;
      throw error;
    }
    if (desired.kind === 'nothing') return null;
    const { attributes, decided } = desired.outcome;
    const given = await store.sync.referenceAttributes(mv.id);
    const flows = desired.rules.flatMap((rule) => rule.flows.filter((flow) => flow.reference));
    const references = flows.filter((flow) => given.includes(flow.sources[0] ?? flow.target)).map((one) => one.target);
    const object: WantedObject = {
      key: mv.id,
      anchor: mv.anchor,
      type: desired.type,
      name: nameOf(attributes) ?? mv.anchor,
      attributes,
      decided,
      flowing: this.#flowingOf(desired.rules),
      references: given.length === 0 ? [] : [...new Set(references)],
    };
    this.#evaluated.set(object, { mv, desired });
    return object;
  }

  #flowingOf(rules: readonly CompiledRule[]): ReadonlySet<string> {
    for (const [known, flowing] of this.#flowing)
      if (known.length === rules.length && known.every((rule, at) => rule === rules[at])) return flowing;
    const flowing = new Set(rules.flatMap((rule) => rule.flows.map((flow) => flow.target)));
    if (this.#flowing.size >= MOST_COMBINATIONS) this.#flowing.clear();
    this.#flowing.set(rules, flowing);
    return flowing;
  }

  #sourcesOf(object: WantedObject, attribute: string): readonly string[] {
    const rules = this.#evaluated.get(object)?.desired.rules ?? [];
    const flows = rules.flatMap((rule) => rule.flows.filter((flow) => flow.reference && flow.target === attribute));
    return flows.map((flow) => flow.sources[0] ?? flow.target);
  }

  async #isWanted(mv: number): Promise<boolean> {
    const known = this.#wanted.get(mv);
    if (known !== undefined) return known;
    const object = await this.#context.store.sync.metaverse(mv);
    const wanted = object === null ? null : await this.#wantedOf(object);
    const isWanted = wanted !== null && typeof wanted !== 'string';
    this.#wanted.set(mv, isWanted);
    return isWanted;
  }

  async #traceInbound(mv: MetaverseObject): Promise<FlowOutcome<SpaceObject> | null> {
    try {
      return (await this.#reading.inbound.trace(await this.#sourceObjects(mv), mv.attributes)).outcome;
    } catch (error) {
      if (error instanceof RuleEvaluationError) return null;
      throw error;
    }
  }

  async #sourceObjects(mv: MetaverseObject): Promise<readonly SpaceObject[]> {
    const joined = await this.#context.store.sync.objectsOf(mv.id);
    return joined.filter((one) => this.#reading.scopes.has(one.space) && one.state === OBJECT_STATES.live);
  }

  // ---------------------------------------------------------- why it is not there

  /** Of an anchor that the metaverse does not know: an objectGUID may still name an object of a source. */
  async #explainStranger(anchor: string, isKnownInOtherCase: boolean): Promise<WantedAnswer> {
    if (isKnownInOtherCase)
      return absent(true, 'there is an object whose source anchor differs in upper and lower case, which count in it');
    const guid = guidOfAnchor(anchor);
    for (const space of guid === null ? [] : this.#spaces) {
      if (space.name === TENANT || guid === null) continue;
      const object = await this.#context.store.spaces.objectByAnchor(space.id, guid);
      if (object === null) continue;
      if (object.state === OBJECT_STATES.live) {
        const outside = await this.#whyOutside(object);
        if (outside !== null) return absent(false, `out of scope because ${outside}`);
        return absent(
          false,
          `${space.name} holds it, and its source anchor is another one here (identity.sourceAnchor)`,
        );
      }
      return absent(false, `${space.name} does not hold it: something that it holds refers to it, or it was deleted`);
    }
    return absent(
      false,
      'no source holds an object of this source anchor: it was deleted, or lies in a domain that is not read',
    );
  }

  #whyOutside(object: SpaceObject): Promise<string | null> {
    const space = this.#spaces.find((one) => one.id === object.space);
    const scope = this.#reading.scopes.get(object.space);
    return explainOutside(this.#context, space, scope, this.#reading.inbound, object);
  }

  #nameOf({ space }: SpaceObject): string {
    return this.#spaces.find((one) => one.id === space)?.name ?? '';
  }
}

function isOutbound(rule: CompiledRule): boolean {
  return rule.direction === 'outbound';
}

/** The rule that gave a value, or the one that would have given it; of what is no attribute the one that makes the object. */
function behind(
  { outcome, rules }: Evaluated['desired'],
  attribute: string,
): { readonly rule: CompiledRule; readonly flow: CompiledFlow | null } | null {
  const origin = outcome.origins.get(attribute);
  if (origin !== undefined) return origin;
  const flows = rules.flatMap((rule) => rule.flows.map((flow) => ({ rule, flow })));
  const giving = flows.filter(({ flow }) => flow.target === attribute && flow.sources.length > 0);
  const [first] = giving;
  if (first !== undefined) return giving.find(({ flow }) => flow.reference) ?? first;
  const making = rules.find((rule) => rule.link === 'provision');
  return attribute === 'object type' && making !== undefined ? { rule: making, flow: null } : null;
}

/** The text, and the same without what concerns this object alone. */
function absent(isKnown: boolean, why: string): WantedAnswer {
  const reason = why.replace(/ \([\w-]+ is [^()]*\)/g, '').replace(/(\(cloudFiltered\)) for .*?: /, '$1: ');
  return { kind: 'absent', isKnown, why, reason };
}

function guidOfAnchor(anchor: string): string | null {
  const bytes = Buffer.from(anchor, 'base64');
  return bytes.length === 16 ? guidToText(bytes) : null;
}

function nameOf(attributes: Attributes): string | undefined {
  const names = NAMES.map((name) => attributes[name]);
  return names.find((value) => typeof value === 'string');
}
