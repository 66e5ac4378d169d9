import { attributesIn } from './expression/compile.ts';
import { parametersIn } from './expression/parameters.ts';
import { parseSyntax } from './expression/parse.ts';
import { suggestNearest } from './nearest-name.ts';
import type { ReadRule } from './rule-file.ts';
import type { Path, RuleProblem } from './rule-problem.ts';
import type { FlowDefinition, RuleDefinition } from './rule-schema.ts';

/** What outbound rules see besides what flows into the metaverse: the object that is there in the tenant. */
const GIVEN_OUTBOUND: readonly string[] = ['cloudAnchor'];

const ALWAYS: readonly string[] = ['Run.StartedAt', 'Object.Key'];
/** Parameters by the side that a rule reads. */
const PARAMETERS: Readonly<Record<'source' | 'tenant' | 'metaverse', readonly string[]>> = {
  source: [
    ...['Domain.FQDN', 'Domain.LDAP', 'Domain.Netbios', 'Forest.FQDN', 'Forest.LDAP', 'Forest.Netbios'],
    'Connector.ID',
    ...ALWAYS,
  ],
  tenant: ['Tenant.Id', 'Tenant.InitialDomain', 'Tenant.VerifiedDomains', 'Connector.ID', ...ALWAYS],
  metaverse: ALWAYS,
};

interface Use {
  readonly name: string;
  readonly path: Path;
}

/**
 * Names in rules of ours behind which there is never a value: attributes of the metaverse that no rule fills, and parameters that nobody gives.
 * A clause, a join or a flow with one would hold for nobody, without a word. Warnings, as what is missing may be on its way in another file.
 */
export function checkNames(
  rules: readonly { readonly rule: ReadRule; readonly isShipped: boolean }[],
): readonly RuleProblem[] {
  const filled = filledAttributes(rules.map(({ rule }) => rule.definition));
  const shipped = rules.filter(({ isShipped }) => isShipped).map(({ rule }) => rule.definition);
  const asked = new Set(shipped.filter(isOutbound).flatMap((rule) => readOutbound(rule).map(({ name }) => name)));
  return rules
    .filter(({ isShipped }) => !isShipped)
    .flatMap(({ rule }) => [...unfilledAttributes(rule, filled, asked), ...unknownParameters(rule)]);
}

function isOutbound({ direction }: RuleDefinition): boolean {
  return direction === 'outbound';
}

/** By type of the metaverse. */
function filledAttributes(rules: readonly RuleDefinition[]): ReadonlyMap<string, ReadonlySet<string>> {
  const filled = new Map<string, Set<string>>();
  for (const { direction, to, flows } of rules) {
    if (direction !== 'inbound') continue;
    const names = filled.get(to) ?? new Set();
    for (const name of Object.keys(flows)) names.add(name);
    filled.set(to, names);
  }
  return filled;
}

/** `asked`: what the shipped rules ask for without filling it: those are names, and a rule made after one of them has them, too. */
function unfilledAttributes(
  rule: ReadRule,
  filled: ReadonlyMap<string, ReadonlySet<string>>,
  asked: ReadonlySet<string>,
): readonly RuleProblem[] {
  const { definition } = rule;
  const isOut = isOutbound(definition);
  const type = isOut ? definition.from : definition.to;
  const types = type === '*' ? [...filled.keys()] : [type, '*'];
  const known = new Set(types.flatMap((one) => [...(filled.get(one) ?? [])]));
  if (isOut) for (const name of GIVEN_OUTBOUND) known.add(name);
  return (isOut ? readOutbound(definition) : joinedOn(definition))
    .filter(({ name }) => !known.has(name) && !asked.has(name))
    .map(({ name, path }) =>
      warn(rule, path, {
        message: `no rule fills the attribute "${name}" of ${type === '*' ? 'any type' : type} in the metaverse: it is always absent.${suggestNearest(name, [...known])}`,
        remedy: 'Correct the name, or let an inbound rule flow something to it.',
      }),
    );
}

function joinedOn({ join }: RuleDefinition): readonly Use[] {
  return join.flatMap((group, at) =>
    group.map(({ metaverse }, index) => ({ name: metaverse, path: ['join', at, index] })),
  );
}

function readOutbound(definition: RuleDefinition): readonly Use[] {
  const scope = definition.scope.flatMap((group, at) =>
    group.flatMap(({ attribute }, index) =>
      attribute === undefined ? [] : [{ name: attribute, path: ['scope', at, index] }],
    ),
  );
  const flows = Object.entries(definition.flows).flatMap(([target, flow]) =>
    attributesOf(target, flow).map((name) => ({ name, path: ['flows', target] })),
  );
  return [...scope, ...joinedOn(definition), ...flows];
}

function attributesOf(target: string, { attribute, constant, expression }: FlowDefinition): readonly string[] {
  if (expression !== undefined) return attributesIn(parseSyntax(expression));
  return constant === undefined ? [attribute ?? target] : [];
}

function unknownParameters(rule: ReadRule): readonly RuleProblem[] {
  const { definition } = rule;
  const side = definition.direction === 'outbound' ? 'metaverse' : definition.connector;
  const known = PARAMETERS[side];
  return parametersOf(definition)
    .filter(({ name }) => !known.includes(name))
    .map(({ name, path }) => warn(rule, path, { message: tellUnknown(name, side), remedy: remedyOf(side) }));
}

function tellUnknown(name: string, side: keyof typeof PARAMETERS): string {
  const known = PARAMETERS[side];
  const near = suggestNearest(name, known);
  if (near !== '' || side !== 'metaverse' || !PARAMETERS.source.includes(name))
    return `there is no parameter %${name}%: it is always absent.${near}`;
  return `%${name}% tells about a source, and an outbound rule does not know which: it is always absent.`;
}

function remedyOf(side: keyof typeof PARAMETERS): string {
  if (side === 'metaverse') return 'Let an inbound rule flow it to an attribute, and read that one here.';
  const shown = PARAMETERS[side].filter((name) => !ALWAYS.includes(name)).map((name) => `%${name}%`);
  return `Write one of ${shown.join(', ')}.`;
}

function parametersOf({ scope, flows }: RuleDefinition): readonly Use[] {
  const inScope = scope.flatMap((group, at) =>
    group.flatMap(({ value }, index) => {
      const name = typeof value === 'string' ? /^%([^%]+)%$/.exec(value)?.[1] : undefined;
      return name === undefined ? [] : [{ name, path: ['scope', at, index] }];
    }),
  );
  const inFlows = Object.entries(flows).flatMap(([target, { expression }]) =>
    expression === undefined
      ? []
      : parametersIn(parseSyntax(expression)).map((name) => ({ name, path: ['flows', target] })),
  );
  return [...inScope, ...inFlows];
}

function warn(
  { definition, file, lineOf }: ReadRule,
  path: Path,
  told: Pick<RuleProblem, 'message' | 'remedy'>,
): RuleProblem {
  return { file, line: lineOf(path), rule: definition.name, ...told };
}
