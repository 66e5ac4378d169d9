import type { RuleDefinition } from '../rules/rule-schema.ts';
import type { ConnectRule } from './connect-rule.ts';
import { microsoftRuleOf, microsoftRules, tagFamily } from './microsoft-rules.ts';

/** What the standard rules of all services together give to the objects of one type in the tenant. */
interface Services {
  /** Attributes that a rule in use gives. */
  readonly given: ReadonlySet<string>;
  /** Attributes that Microsoft's rules give. */
  readonly known: ReadonlySet<string>;
}

/**
 * The services share most attributes, and each flows once here, in the first rule that has it. So what is switched off or taken out of one
 * rule there may still come from another one there, and goes here only when none gives it any more. Nothing is known of a type when rules
 * of it are missing in the export or are there by name only.
 */
export class ServiceFlows {
  readonly #byType: ReadonlyMap<string, Services>;

  /** `rules`: the standard rules for the tenant. */
  constructor(rules: readonly ConnectRule[]) {
    const outbound = rules.filter((rule) => rule.direction === 'outbound');
    const types = [...Map.groupBy(outbound, (rule) => rule.targetType.toLowerCase())];
    this.#byType = new Map(
      types.flatMap(([type, own]) => {
        const services = servicesOf(own);
        return services === null ? [] : [[type, services] as const];
      }),
    );
  }

  isKnown(type: string): boolean {
    return this.#byType.has(type);
  }

  /** Attributes of a shipped rule that nothing gives any more there. */
  lost({ to, flows }: RuleDefinition): readonly string[] {
    const services = this.#byType.get(to);
    if (services === undefined) return [];
    return Object.keys(flows).filter((target) => services.known.has(target) && !services.given.has(target));
  }

  /** Attributes of a shipped rule that other rules in use give there, when it is switched off itself. */
  kept({ to, flows }: RuleDefinition): readonly string[] {
    return Object.keys(flows).filter((target) => this.#byType.get(to)?.given.has(target) === true);
  }
}

function servicesOf(rules: readonly ConnectRule[]): Services | null {
  const families = new Set(rules.map((rule) => tagFamily(rule.tag)));
  const ours = rules.map((rule) => microsoftRuleOf(rule.tag)?.name.split(' - ')[1]?.split(' ')[0]);
  const [word] = ours.filter((one) => one !== undefined);
  const all = microsoftRules().filter((one) => one.name.startsWith(`Out to AAD - ${word} `));
  if (word === undefined || rules.some((rule) => rule.isNameOnly)) return null;
  if (!all.every((one) => families.has(tagFamily(one.tag)))) return null;
  return {
    given: new Set(rules.filter((rule) => !rule.disabled).flatMap((rule) => rule.flows.map((flow) => flow.target))),
    known: new Set(all.flatMap((one) => [...one.fingerprint.flows.keys()])),
  };
}
