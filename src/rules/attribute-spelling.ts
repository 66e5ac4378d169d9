import type { CompiledRule } from './rule.ts';
import type { ReadRule } from './rule-file.ts';
import type { Path, RuleProblem } from './rule-problem.ts';

interface Use {
  readonly name: string;
  /** Directory, tenant or metaverse: each has names of its own. */
  readonly side: string;
  readonly path: Path;
}

/**
 * Attributes that a rule of ours spells in another case than the shipped rules do: names are exact, so it would find nothing. A warning, as
 * a directory may have any attributes.
 */
export function checkSpelling(
  rules: readonly { readonly read: ReadRule; readonly compiled: CompiledRule; readonly isShipped: boolean }[],
): readonly RuleProblem[] {
  const usual = spellingsOf(rules.filter((one) => one.isShipped).map((one) => one.compiled));
  return rules
    .filter((one) => !one.isShipped)
    .flatMap(({ read, compiled }) =>
      usesIn(compiled).flatMap(({ name, side, path }) => {
        const spelled = usual(side, name);
        if (spelled === null || spelled === name) return [];
        const message = `the attribute "${name}" is called "${spelled}" in the ${side} by the shipped rules; upper and lower case matter`;
        const remedy = `Write ${spelled}, unless there is another attribute of that name.`;
        return [{ file: read.file, line: read.lineOf(path), rule: compiled.name, message, remedy }];
      }),
    );
}

/** How rules spell an attribute of the directory (source), the tenant or the metaverse; null where they know none of that name. */
export function spellingsOf(rules: readonly CompiledRule[]): (side: string, name: string) => string | null {
  const known = new Map<string, string>();
  const exact = new Set<string>();
  for (const { name, side } of rules.flatMap(usesIn)) {
    known.set(`${side} ${name.toLowerCase()}`, name);
    exact.add(`${side} ${name}`);
  }
  return (side, name) => (exact.has(`${side} ${name}`) ? name : (known.get(`${side} ${name.toLowerCase()}`) ?? null));
}

function usesIn(rule: CompiledRule): readonly Use[] {
  const isInbound = rule.direction === 'inbound';
  const from = isInbound ? rule.connector : 'metaverse';
  const to = isInbound ? 'metaverse' : rule.connector;
  const scope = rule.scope.flatMap((group, at) =>
    group.map(({ attribute }, index) => ({ name: attribute, side: from, path: ['scope', at, index] })),
  );
  const joins = rule.joins.flatMap((group, at) =>
    group.flatMap(({ spaceAttribute, metaverseAttribute }, index) => [
      { name: spaceAttribute, side: rule.connector, path: ['join', at, index] },
      { name: metaverseAttribute, side: 'metaverse', path: ['join', at, index] },
    ]),
  );
  const flows = rule.flows.flatMap(({ target, sources }) => [
    { name: target, side: to, path: ['flows', target] },
    ...sources.map((name) => ({ name, side: from, path: ['flows', target] })),
  ]);
  return [...scope, ...joins, ...flows];
}
