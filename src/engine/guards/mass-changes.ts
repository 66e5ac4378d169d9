import type { TargetType } from '../../model/change.ts';
import type { AttributeChange, GuardVerdict } from '../../model/plan.ts';
import type { GuardLimits } from './limits.ts';
import { FirstNames, named, percentOf } from './verdict.ts';

interface Changed {
  readonly type: TargetType;
  readonly attribute: string;
  readonly names: FirstNames;
  readonly examples: Map<string, string>;
  count: number;
}

const EXAMPLES = 3;
const LONGEST = 60;

/**
 * Stops a plan that gives too large a part of the objects of one type another value in the same attribute, or none: a rule that went wrong, a
 * column that slipped, a script in the directory. Filling what was empty does not count, so that neither a first load nor a new attribute does.
 */
export class MassChanges {
  readonly #changed = new Map<string, Changed>();

  /** To be told every update, as it is planned. */
  add(type: TargetType, name: string, changes: readonly AttributeChange[]): void {
    for (const change of changes) {
      // Accounts that are switched off have a guard of their own.
      const isDisabled = change.native === 'accountEnabled' && change.to === false;
      if (change.from === null || isDisabled) continue;
      const changed = this.#of(type, change.native);
      changed.count++;
      changed.names.add(name);
      if (!changed.names.names.includes(name)) continue;
      changed.examples.set(name, `${print(change.from)} -> ${print(change.to)}`);
      for (const known of changed.examples.keys())
        if (!changed.names.names.includes(known)) changed.examples.delete(known);
    }
  }

  /** What was counted elsewhere: references, of which the values are not at hand. */
  addCounted(type: TargetType, attribute: string, count: number, names: readonly string[]): void {
    if (count === 0) return;
    const changed = this.#of(type, attribute);
    changed.count += count;
    for (const name of names) changed.names.add(name);
  }

  judge(
    managed: Readonly<Partial<Record<TargetType, number>>>,
    { percent, atLeast }: GuardLimits['massChanges'],
  ): readonly GuardVerdict[] {
    const over = [...this.#changed.values()]
      .filter(({ type, count }) => count >= atLeast && count * 100 > percent * (managed[type] ?? 0))
      .sort((a, b) => `${a.type}/${a.attribute}`.localeCompare(`${b.type}/${b.attribute}`));
    if (over.length === 0) {
      const message = `No attribute of more than ${percent} % of the objects of a type is changed.`;
      return [named({ name: 'mass-change', limit: percent, found: this.#highest(managed), blocked: false, message })];
    }
    return over.map((changed) => describe(changed, managed[changed.type] ?? 0, percent));
  }

  #of(type: TargetType, attribute: string): Changed {
    const key = `${type}/${attribute}`;
    const known = this.#changed.get(key);
    if (known !== undefined) return known;
    const changed = { type, attribute, names: new FirstNames(), examples: new Map<string, string>(), count: 0 };
    this.#changed.set(key, changed);
    return changed;
  }

  #highest(managed: Readonly<Partial<Record<TargetType, number>>>): number {
    return Math.max(0, ...[...this.#changed.values()].map((one) => percentOf(one.count, managed[one.type] ?? 0)));
  }
}

function describe(
  { type, attribute, count, names, examples }: Changed,
  managed: number,
  percent: number,
): GuardVerdict {
  const share = percentOf(count, managed);
  const shown = names.names.filter((name) => examples.has(name)).slice(0, EXAMPLES);
  const texts = shown.map((name) => `${name}: ${examples.get(name)}`);
  const told = texts.length === 0 ? '' : ` (${texts.join('; ')})`;
  return named(
    {
      name: `mass-change-${type}-${attribute}`,
      limit: percent,
      found: share,
      blocked: true,
      message: `The plan changes or clears ${attribute} of ${count} of ${managed} managed ${type}s, ${share} %${told}; at most ${percent} % are allowed without approval.`,
    },
    names.names,
  );
}

function print(value: AttributeChange['to']): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
