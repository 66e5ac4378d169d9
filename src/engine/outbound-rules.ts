import type { TargetSchema } from '../connectors/connector.ts';
import { TARGET_TYPES, type TargetType } from '../model/change.ts';
import type { CompiledFlow, CompiledRule, RuleSet } from '../rules/rule-set.ts';

/**
 * The outbound rules as the plan works them out: without the flows whose values the target has no place for. Such a loss is told once for
 * each attribute and type, so one object that has a value is enough, and the other 99,999 need not be asked. Expressions stay: they may
 * raise an error, and that concerns every object.
 */
export class OutboundRules implements Pick<RuleSet, 'outbound'> {
  readonly #schema: TargetSchema;
  readonly #byType = new Map<string, readonly CompiledRule[]>();

  constructor(rules: RuleSet, schema: TargetSchema) {
    this.#schema = schema;
    const types = new Set(rules.all.filter((rule) => rule.direction === 'outbound').map((rule) => rule.sourceType));
    for (const type of types) {
      const kept = rules.outbound(type).map((rule) => leaveOut(rule, (flow) => this.#isPassedOver(rule, flow)));
      this.#byType.set(type, kept.filter(isOfUse));
    }
  }

  outbound(metaverseType: string): readonly CompiledRule[] {
    return this.#byType.get(metaverseType) ?? [];
  }

  /** From now on the loss of this attribute is known. */
  told(type: TargetType, attribute: string): void {
    if (this.#schema.lossOf?.(type, attribute) !== 'told') return;
    for (const [metaverseType, rules] of this.#byType) {
      const kept = rules.map((rule) =>
        rule.targetType === type ? leaveOut(rule, (flow) => flow.target === attribute) : rule,
      );
      this.#byType.set(metaverseType, kept.filter(isOfUse));
    }
  }

  #isPassedOver({ targetType }: CompiledRule, { target, reference }: CompiledFlow): boolean {
    const type = TARGET_TYPES.find((one) => one === targetType);
    if (type === undefined) return false;
    if (reference) return !this.#schema.references.some((one) => one.name === target && one.types.includes(type));
    return this.#schema.lossOf?.(type, target) === 'known';
  }
}

function leaveOut(rule: CompiledRule, isLost: (flow: CompiledFlow) => boolean): CompiledRule {
  const flows = rule.flows.filter((flow) => flow.kind === 'expression' || !isLost(flow));
  return flows.length === rule.flows.length ? rule : { ...rule, flows };
}

/** A rule that gives nothing any more need not be asked for its scope. */
function isOfUse(rule: CompiledRule): boolean {
  return rule.flows.length > 0 || rule.link === 'provision';
}
