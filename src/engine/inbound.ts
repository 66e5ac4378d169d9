import type { Attributes } from '../model/value.ts';
import { type CompiledRule, RuleEvaluationError, type RuleSource } from '../rules/rule-set.ts';
import type { Contributor, MetaverseContent, SpaceHead, SpaceObject } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { type Contribution, type FlowObserver, type FlowOutcome, flowAttributes } from './flow.ts';
import { joinValues } from './lookup.ts';
import type { RuleGroups } from './rule-groups.ts';
import { ruleSource, runParameters } from './rule-source.ts';
import type { SourceScope } from './scope.ts';

const NOTHING: Attributes = {};
const ANCHOR = 'sourceAnchor';
const REMEMBERED = 50_000;

export interface InboundContent extends MetaverseContent {
  /** Whether a rule that may create objects in the metaverse still speaks for one of the joined objects. */
  readonly isProvisioned: boolean;
}

/** Evaluates inbound rules: which apply to an object, and what all objects joined together give. */
export class InboundFlow {
  readonly #context: EngineContext;
  readonly #spaces: ReadonlyMap<number, SpaceHead>;
  readonly #scopes: ReadonlyMap<number, SourceScope>;
  readonly #groups: ReadonlyMap<number, RuleGroups>;
  readonly #positions: ReadonlyMap<CompiledRule, number>;
  readonly #parentDns = new Map<number, string | null>();
  readonly #parameters = new Map<number, Readonly<Record<string, string>>>();
  readonly #startedAt: Date;
  /** What was found out about an object as it was read; one that is read again is another one. */
  readonly #sources = new WeakMap<SpaceObject, RuleSource>();
  readonly #applicable = new WeakMap<SpaceObject, readonly CompiledRule[]>();

  constructor(
    context: EngineContext,
    spaces: ReadonlyMap<number, SpaceHead>,
    scopes: ReadonlyMap<number, SourceScope>,
    groups: ReadonlyMap<number, RuleGroups>,
  ) {
    this.#context = context;
    this.#groups = groups;
    this.#spaces = spaces;
    this.#scopes = scopes;
    this.#startedAt = context.now();
    this.#positions = new Map(context.rules.all.map((rule, index) => [rule, index]));
  }

  /** Rules in scope for an object, none when it lies outside the scope of its source. */
  async applicableRules(object: SpaceObject): Promise<readonly CompiledRule[]> {
    const space = this.#spaces.get(object.space);
    const rules = this.#context.rules.inbound(space?.name === TENANT ? TENANT : 'source', object.type);
    if (rules.length === 0) return rules;
    if (!this.isStandIn(object) && !(await (this.#scopes.get(object.space)?.isInScope(object) ?? true))) return [];
    const known = this.#applicable.get(object);
    if (known !== undefined) return known;
    const source = await this.sourceOf(object);
    const applicable = rules.filter((rule) => rule.isInScope(source));
    this.#applicable.set(object, applicable);
    return applicable;
  }

  /**
   * Whether an object gives nothing and only stands for what it joins (a foreign security principal). It does so beside an object of its own
   * source, and wherever it lies: whether it counts is for the scope of the object behind it.
   */
  isStandIn(object: SpaceObject): boolean {
    const rules = this.#context.rules.inbound('source', object.type);
    return rules.length > 0 && rules.every((rule) => rule.link === 'join' && rule.flows.length === 0);
  }

  async flowIn(objects: readonly SpaceObject[], before: Attributes | null): Promise<InboundContent> {
    const { outcome, contributions } = await this.trace(objects, before);
    const anchor = outcome.attributes[ANCHOR];
    // As Connect decides it: of all rules with the flag that apply, the first by precedence, and its object.
    const password = contributions.find((one) => one.rule.enablePasswordSync);
    return {
      ...(password === undefined ? {} : { passwordSource: password.from.id }),
      anchor: typeof anchor === 'string' ? anchor : null,
      attributes: outcome.attributes,
      rules: [...new Set(contributions.map((one) => this.#positions.get(one.rule) ?? -1))]
        .sort((a, b) => a - b)
        .join(','),
      contributors: contributors(outcome),
      lookup: joinValues(this.#context.rules.joinAttributes, outcome.attributes),
      isProvisioned: contributions.some((one) => one.rule.link !== 'join'),
    };
  }

  /** The source anchor that an object would give if it stood alone; null when it gives none, empty when that is an error. */
  async anchorOf(object: SpaceObject): Promise<string | null> {
    const rules = await this.applicableRules(object);
    const source = await this.sourceOf(object);
    try {
      for (const flow of rules.flatMap((rule) => rule.flows.filter(({ target }) => target === ANCHOR))) {
        const result = flow.evaluate(source);
        if (result.kind === 'value') return typeof result.value === 'string' ? result.value : null;
      }
    } catch (error) {
      if (!(error instanceof RuleEvaluationError)) throw error;
      return '';
    }
    return null;
  }

  /** The same with the way it came about, for explain. */
  async trace(
    objects: readonly SpaceObject[],
    before: Attributes | null,
    observe?: FlowObserver<SpaceObject>,
  ): Promise<{
    readonly outcome: FlowOutcome<SpaceObject>;
    readonly contributions: readonly Contribution<SpaceObject>[];
  }> {
    const contributions: Contribution<SpaceObject>[] = [];
    for (const object of objects) {
      const rules = await this.applicableRules(object);
      if (rules.length === 0) continue;
      const source = await this.sourceOf(object);
      for (const rule of rules) contributions.push({ rule, source, from: object });
    }
    if (objects.length > 1)
      contributions.sort((a, b) => a.rule.precedence - b.rule.precedence || a.from.space - b.from.space);
    const outcome = flowAttributes(contributions, before ?? NOTHING, before === null, observe);
    return { outcome, contributions };
  }

  async sourceOf(object: SpaceObject): Promise<RuleSource> {
    const known = this.#sources.get(object);
    if (known !== undefined) return known;
    const source = await this.#newSource(object);
    this.#sources.set(object, source);
    return source;
  }

  async #newSource(object: SpaceObject): Promise<RuleSource> {
    const counts = await this.#context.store.sync.referenceCounts(object.id);
    const asked = this.#context.rules.scopeGroups(object.type);
    const groups = asked.length === 0 ? undefined : await this.#groups.get(object.space)?.groupsOf(object, asked);
    const parameters = this.parametersOf(object.space);
    const key = `${parameters['Connector.ID']}/${object.anchor}`;
    return ruleSource(object.attributes, counts, parameters, await this.#dnOf(object), key, groups);
  }

  /** The `%Name%` parameters of a space. */
  parametersOf(space: number): Readonly<Record<string, string>> {
    const known = this.#parameters.get(space);
    if (known !== undefined) return known;
    const head = this.#spaces.get(space);
    const parameters = { ...runParameters(this.#startedAt), 'Connector.ID': head?.name ?? '', ...head?.parameters };
    this.#parameters.set(space, parameters);
    return parameters;
  }

  async #dnOf(object: SpaceObject): Promise<string | null> {
    if (object.rdn === null) return null;
    if (object.parent === null) return object.rdn;
    let parent = this.#parentDns.get(object.parent);
    if (parent === undefined) {
      parent = await this.#context.store.sync.dnOf(object.parent);
      if (this.#parentDns.size >= REMEMBERED) this.#parentDns.clear();
      this.#parentDns.set(object.parent, parent);
    }
    return parent === null ? object.rdn : `${object.rdn},${parent}`;
  }
}

function contributors(outcome: FlowOutcome<SpaceObject>): readonly Contributor[] {
  const found: Contributor[] = [];
  for (const [attribute, origins] of outcome.references) {
    for (const { from, flow } of origins)
      found.push({ attribute, object: from.id, objectAttribute: flow.sources[0] ?? attribute });
  }
  return found;
}
