import type { ObjectName } from '../model/finding.ts';
import type { RuleEvaluationError } from '../rules/rule-set.ts';

/** What a rule that raised an error means for its object, and where to look. */
export function textsOfRuleError(
  { rule, attribute, message }: RuleEvaluationError,
  object: ObjectName | null,
): { readonly cause: string; readonly remedy: string } {
  const name = object?.dn ?? object?.name;
  const look = name === undefined ? '' : ` How they work: dirbridge explain ${JSON.stringify(name)} --rules.`;
  const reason = message.replace(/[.]$/, '');
  return {
    cause: `The rule "${rule}" cannot work out ${attribute}: ${reason}. Nothing of the object is synchronized until it can; what is in the tenant stays as it is.`,
    remedy: `Correct what the rule reads in the directory, or the rule.${look}`,
  };
}
