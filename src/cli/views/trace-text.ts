import type { ObjectTrace } from '../../app.ts';
import type { Session } from '../session.ts';
import { cutText, printableText } from '../terminal/text-width.ts';
import { formatValue } from '../terminal/words.ts';

type RuleTrace = ObjectTrace['inbound'][number];
type AttributeTrace = ObjectTrace['metaverse'][number];
type FlowTrace = RuleTrace['flows'][number];

/** The way of an object through the rules: rule by rule, then who won each attribute and what the others would have given. */
export async function writeTrace(session: Session, trace: ObjectTrace): Promise<void> {
  await writeRules(session, 'Inbound rules', trace.inbound);
  await writeAttributes(session, 'In the metaverse', trace.metaverse);
  await writeRules(session, 'Outbound rules', trace.outbound);
  await writeAttributes(session, 'To the tenant', trace.tenant);
}

/** The trace with what concerns one rule alone: the rule, and the attributes that it flows to. */
export function onlyRule(trace: ObjectTrace, name: string): ObjectTrace {
  const ofRule = (rules: readonly RuleTrace[]): readonly RuleTrace[] => rules.filter(({ rule }) => rule === name);
  const withRule = (attributes: readonly AttributeTrace[]): readonly AttributeTrace[] =>
    attributes.filter(({ contributions }) => contributions.some(({ rule }) => rule === name));
  return {
    verdict: trace.verdict,
    inbound: ofRule(trace.inbound),
    metaverse: withRule(trace.metaverse),
    outbound: ofRule(trace.outbound),
    tenant: withRule(trace.tenant),
  };
}

/**
 * The trace with what concerns one attribute alone: the flows to it, and those to the attributes of the metaverse that it comes from. `tenant`: its
 * name for outbound rules; `metaverse`: that of what it comes from, or of the attribute itself.
 */
export function onlyAttribute(trace: ObjectTrace, tenant: string, metaverse: string): ObjectTrace {
  const flowsTo = (rules: readonly RuleTrace[], name: string): readonly RuleTrace[] =>
    rules
      .map((rule) => ({ ...rule, flows: rule.flows.filter(({ attribute }) => attribute === name) }))
      .filter(({ flows }) => flows.length > 0);
  return {
    verdict: trace.verdict,
    inbound: flowsTo(trace.inbound, metaverse),
    metaverse: trace.metaverse.filter(({ attribute }) => attribute === metaverse),
    outbound: flowsTo(trace.outbound, tenant),
    tenant: trace.tenant.filter(({ attribute }) => attribute === tenant),
  };
}

async function writeRules(session: Session, title: string, rules: readonly RuleTrace[]): Promise<void> {
  if (rules.length === 0) return;
  const { out, paint } = session;
  const objects = new Set(rules.map(({ object }) => object));
  await out.line(`\n${paint('strong', title)}`);
  for (const rule of rules) {
    const state = rule.inScope ? paint('good', 'in scope') : paint('dim', 'not in scope');
    const on = objects.size > 1 ? `, on ${printableText(rule.object)}` : '';
    await out.line(`  ${rule.precedence} ${paint('strong', rule.rule)} (${rule.link}): ${state}${on}`);
    for (const line of [...scopeLines(rule), ...joinLines(rule), ...flowLines(rule)])
      await out.line(`      ${cutText(line, Math.max(80, session.columns * 2))}`);
    for (const line of emptyLines(rule, Math.max(60, session.columns - 6))) await out.line(`      ${line}`);
  }
}

function scopeLines({ scope }: RuleTrace): readonly string[] {
  return scope.flatMap((group, index) => [
    ...(scope.length > 1 ? [`scope group ${index + 1} ${group.holds ? 'holds' : 'does not hold'}`] : []),
    ...group.clauses.map(({ attribute, operator, value, found, holds }) => {
      const clause = `${attribute} ${operator} ${value}`.trim();
      const has = attribute === '' ? '' : ` (it has ${found === null ? 'none' : formatValue(found, 60)})`;
      return `${holds ? 'yes' : 'no '} ${clause}${has}`;
    }),
  ]);
}

function joinLines({ joins, inScope }: RuleTrace): readonly string[] {
  if (!inScope) return [];
  return joins.map(({ conditions, found }) => {
    const text = conditions
      .map(
        ({ space, metaverse, caseSensitive, value }) =>
          `${space} = ${metaverse}${caseSensitive ? ' (by case)' : ''} with ${value === null ? 'none' : formatValue(value, 60)}`,
      )
      .join(' and ');
    const names = found.slice(0, 3).join(', ');
    const who = found.length === 0 ? 'nobody' : found.length === 1 ? names : `${found.length} objects: ${names}`;
    return `join on ${text}: finds ${printableText(who)}`;
  });
}

const WORDS: Readonly<Record<FlowTrace['verdict'], string>> = {
  wins: 'wins',
  merges: 'is merged',
  loses: 'loses',
  nothing: 'gives nothing (NULL)',
  clears: 'clears (AuthoritativeNull)',
  ignored: 'leaves what is there',
  error: 'raises an error',
};

/** The result stands before the expression, which may be long. */
function flowLines({ flows }: RuleTrace): readonly string[] {
  return flows
    .filter(({ verdict }) => verdict !== 'nothing')
    .map((flow) => `${flow.attribute}: ${resultText(flow)} <- ${flow.text}`);
}

/** What gave nothing: by name alone, for in most objects that is most of it. */
function emptyLines({ flows }: RuleTrace, columns: number): readonly string[] {
  const names = flows.filter(({ verdict }) => verdict === 'nothing').map(({ attribute }) => attribute);
  if (names.length === 0) return [];
  const lines = ['give nothing (NULL):'];
  for (const [index, name] of names.entries()) {
    const word = index < names.length - 1 ? `${name},` : name;
    const longer = `${lines.at(-1) ?? ''} ${word}`;
    if (longer.length <= columns) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines;
}

function resultText({ verdict, value, error }: FlowTrace): string {
  const result = value === null ? '' : ` ${formatValue(value, 60)}`;
  const reason = error === null ? '' : ` (${printableText(error)})`;
  return `${WORDS[verdict]}${result}${reason}`;
}

/** Attributes with a value or with a contest; what nobody has is left out. */
async function writeAttributes(session: Session, title: string, attributes: readonly AttributeTrace[]): Promise<void> {
  const { out, paint } = session;
  const told = attributes.filter(({ value, contributions }) => value !== null || contributions.some(hasSpoken));
  if (told.length === 0) return;
  await out.line(`\n${paint('strong', title)}`);
  const isContested = new Set(told.flatMap(({ contributions }) => contributions.map(({ object }) => object))).size > 1;
  for (const { attribute, value, contributions } of told) {
    await out.line(`  ${paint('strong', attribute)} = ${value === null ? '(none)' : formatValue(value)}`);
    for (const one of contributions.filter(hasSpoken))
      await out.line(
        `      ${one.precedence} ${one.rule}: ${resultText(one)}${isContested ? ` of ${printableText(one.object)}` : ''}`,
      );
  }
}

function hasSpoken({ verdict, value, error }: FlowTrace): boolean {
  return verdict !== 'nothing' && (verdict !== 'loses' || value !== null || error !== null);
}
