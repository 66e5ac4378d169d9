import { suggestNearest } from './nearest-name.ts';
import { type ReadFile, type ReadOverride, type ReadRule, readRuleFile } from './rule-file.ts';
import { fingerprintOf } from './rule-fingerprint.ts';
import type { RuleProblem } from './rule-problem.ts';

/** One entry of the list of rule files: the shipped set counts as one. */
export interface RuleLayer {
  readonly files: readonly string[];
  readonly isShipped: boolean;
}

export interface LayeredRules {
  readonly rules: readonly LayeredRule[];
  readonly problems: readonly RuleProblem[];
  /** Rules of ours that stand over a rule that is not the one they were made for, or do not say which that was. */
  readonly warnings: readonly RuleProblem[];
}

/** A rule in force together with the fingerprint of what is written in its file, whatever its place is now. */
export interface LayeredRule {
  readonly rule: ReadRule;
  readonly fingerprint: string;
  readonly isShipped: boolean;
}

/** Changes the shipped rules, before others come over them, to what the configuration says. */
type Adaptation = (shipped: Map<string, ReadRule>) => void;

/** Puts the files over one another: later ones add rules, replace, disable or re-order those of earlier ones. */
export function layerRules(layers: readonly RuleLayer[], adapt: Adaptation = () => undefined): LayeredRules {
  const stack = new RuleStack(adapt);
  for (const layer of layers) stack.add(layer);
  return stack.finish();
}

class RuleStack {
  #standing = new Map<string, LayeredRule>();
  readonly #problems: RuleProblem[] = [];
  readonly #warnings: RuleProblem[] = [];
  readonly #adapt: Adaptation;

  constructor(adapt: Adaptation) {
    this.#adapt = adapt;
  }

  add({ files, isShipped }: RuleLayer): void {
    const earlier = new Map(this.#standing);
    const own = new Map<string, ReadRule>();
    for (const path of files) {
      const read = readRuleFile(path);
      this.#problems.push(...read.problems, ...findContradictions(path, read));
      if (read.isEmpty) this.#warnings.push(emptyFile(path));
      this.#disable(path, read, earlier);
      this.#reorder(path, read, earlier);
      for (const rule of read.rules) this.#addRule(rule, own, earlier);
    }
    // Rules of ours are made for what is written in the files, whatever the configuration makes of it.
    const fingerprints = new Map(Array.from(own, ([name, rule]) => [name, fingerprintOf(rule.definition)]));
    if (isShipped) this.#adapt(own);
    for (const [name, rule] of own)
      this.#standing.set(name, { rule, fingerprint: fingerprints.get(name) ?? '', isShipped });
  }

  finish(): LayeredRules {
    return {
      rules: [...this.#standing.values()],
      problems: this.#problems,
      warnings: this.#warnings,
    };
  }

  #disable(file: string, { disable }: ReadFile, earlier: ReadonlyMap<string, LayeredRule>): void {
    for (const one of disable) {
      const base = this.#find(file, 'disable', one, earlier);
      if (base === null) continue;
      this.#standing.delete(one.rule);
      this.#compare(file, one, base, 'It is disabled here');
    }
  }

  #reorder(file: string, { override }: ReadFile, earlier: ReadonlyMap<string, LayeredRule>): void {
    for (const one of override) {
      const base = this.#find(file, 'override', one, earlier);
      if (base === null) continue;
      this.#standing.set(one.rule, { ...base, rule: movedTo(base.rule, one.precedence, file, one.line) });
      this.#compare(file, one, base, 'It has another precedence here');
    }
  }

  #addRule(rule: ReadRule, own: Map<string, ReadRule>, earlier: ReadonlyMap<string, LayeredRule>): void {
    const { name, madeFor } = rule.definition;
    const line = rule.lineOf([]);
    const twin = own.get(name);
    if (twin !== undefined && !rule.unknown.has('name')) {
      const message = `this name is taken by ${twin.file}:${twin.lineOf([])}`;
      const remedy = 'Give one of the two another name, or take it out.';
      this.#problems.push({ file: rule.file, line, rule: name, message, remedy });
    }
    // Of two with one name both are checked further; neither will be used.
    own.set(twin === undefined ? name : `${name} ${own.size}`, rule);
    const base = earlier.get(name);
    if (base !== undefined) this.#compare(rule.file, { rule: name, madeFor, line }, base, 'It is replaced here');
    else if (madeFor !== undefined) {
      const message = `madeFor: there is no rule "${name}" in the files before this one`;
      const near = suggestNearest(name, [...earlier.keys()]);
      const remedy = `Take madeFor out, or give the rule the name of the one it replaces.${near}`;
      this.#problems.push({ file: rule.file, line: rule.lineOf(['madeFor']), rule: name, message, remedy });
    }
  }

  #find(
    file: string,
    key: string,
    { rule, line }: ReadOverride,
    earlier: ReadonlyMap<string, LayeredRule>,
  ): LayeredRule | null {
    const base = earlier.get(rule);
    if (base !== undefined) return base;
    const message = `${key}: there is no rule of this name in the files before this one.${suggestNearest(rule, [...earlier.keys()])}`;
    const remedy = 'Write the name as "dirbridge rules list" shows it, or take the line out.';
    this.#problems.push({ file, line, rule, message, remedy });
    return null;
  }

  /** An update of Dirbridge may have changed the rule since somebody decided what is to become of it. */
  #compare(file: string, { rule, madeFor, line }: ReadOverride, base: LayeredRule, what: string): void {
    if (madeFor === base.fingerprint) return;
    if (madeFor === undefined) {
      if (!base.isShipped) return;
      const message = `${what}, but the file does not say for which version of the shipped rule`;
      const remedy = `Add madeFor: "${base.fingerprint}", so that an update that changes the shipped rule is told.`;
      this.#warnings.push({ file, line, rule, message, remedy });
      return;
    }
    const message = `${what}, made for version ${madeFor} of it; ${base.isShipped ? 'the shipped rule' : `the rule of ${base.rule.file}`} is ${base.fingerprint} now`;
    const remedy = `Look at it with "dirbridge rules show ${JSON.stringify(rule)} --shipped", take over what you need, then write madeFor: "${base.fingerprint}".`;
    this.#warnings.push({ file, line, rule, message, remedy });
  }
}

/** The rules of a file that was cut off would be gone without a word. */
function emptyFile(file: string): RuleProblem {
  const message = 'the file is empty';
  const remedy = 'If it held rules, bring them back; if it is meant to hold none yet, write rules: [].';
  return { file, line: 1, rule: null, message, remedy };
}

/** A file that says two things about one rule: which of them would count is nothing to be guessed. */
function findContradictions(file: string, { disable, override, rules }: ReadFile): readonly RuleProblem[] {
  const told = new Map<string, string>();
  const problems: RuleProblem[] = [];
  const tell = (rule: string, line: number, what: string): void => {
    const other = told.get(rule);
    told.set(rule, other ?? `${what} in line ${line}`);
    if (other === undefined) return;
    const message = `is ${what} here, and already ${other}`;
    problems.push({ file, line, rule, message, remedy: 'Leave what is meant and take the other out.' });
  };
  for (const { rule, line } of disable) tell(rule, line, 'disabled');
  for (const { rule, line } of override) tell(rule, line, 'given a precedence');
  for (const { definition, unknown, lineOf } of rules)
    if (told.has(definition.name) && !unknown.has('name')) tell(definition.name, lineOf([]), 'replaced');
  return problems;
}

/** The same rule at another place; what is wrong with the place is told where the place is written. */
function movedTo(rule: ReadRule, precedence: number, file: string, line: number): ReadRule {
  return { ...rule, definition: { ...rule.definition, precedence }, place: { file, line } };
}
