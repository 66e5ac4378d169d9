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
  const known = new Map<string, string>();
  const exact = new Set<string>();
  for (const { name, side } of rules.filter((one) => one.isShipped).flatMap(({ compiled }) => usesIn(compiled))) {
    known.set(`${side} ${name.toLowerCase()}`, name);
    exact.add(`${side} ${name}`);
  }
  return rules
    .filter((one) => !one.isShipped)
    .flatMap(({ read, compiled }) =>
      usesIn(compiled).flatMap(({ name, side, path }) => {
        const usual = known.get(`${side} ${name.toLowerCase()}`);
        if (usual === undefined || exact.has(`${side} ${name}`)) return [];
        const message = `the attribute "${name}" is called "${usual}" in the ${side} by the shipped rules; upper and lower case matter`;
        const remedy = `Write ${usual}, unless there is another attribute of that name.`;
        return [{ file: read.file, line: read.lineOf(path), rule: compiled.name, message, remedy }];
      }),
    );
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
