import { readRuleFile } from './rule-file.ts';
import { standardRuleFiles } from './rule-set.ts';

/** The names of all rules that stand in files, whether they are used or not. `files`: as of `loadRuleSet`. */
export function ruleNamesIn(files: readonly string[]): ReadonlySet<string> {
  const paths = files.flatMap((file) => (file === 'standard' ? standardRuleFiles() : [file]));
  return new Set(paths.flatMap((path) => readRuleFile(path).rules.map((rule) => rule.definition.name)));
}
