import type { Explanation } from '../../app.ts';
import type { Session } from '../session.ts';
import { cutText, printableText } from '../terminal/text-width.ts';
import { formatTime, formatValue } from '../terminal/words.ts';
import { findingLines, severityText } from './finding-text.ts';

type ExplainedValue = Explanation['values'][number];
type ExplainedObject = Explanation['objects'][number];
type Change = Explanation['history'][number];

/** One object: what it is, whether it is synchronized and why, each value with the way it came, its findings, what we did to it. */
export async function writeExplanation(session: Session, explanation: Explanation): Promise<void> {
  const { out, paint } = session;
  await out.line(paint('strong', printableText(explanation.name)));
  await out.line(`  ${explanation.verdict}`);
  for (const object of explanation.objects) for (const line of objectLines(object)) await out.line(`  ${line}`);
  const { tenant } = explanation;
  if (tenant !== null) await out.line(`  in the tenant: ${tenant.type} ${tenant.id} (${tenant.state})`);
  if (explanation.anchor !== null) await out.line(`  source anchor: ${explanation.anchor}`);
  if (explanation.values.length > 0) await out.line(`\n${paint('strong', 'Values')}`);
  for (const value of explanation.values)
    for (const line of [...valueLines(session, value), ...loserLines(session, value, explanation.trace)])
      await out.line(`  ${line}`);
  if (explanation.findings.length > 0) await out.line(`\n${paint('strong', 'Findings')}`);
  for (const finding of explanation.findings) {
    await out.line(`  ${severityText(finding.severity, paint)} ${finding.code}`);
    for (const line of findingLines(finding, session.columns)) await out.line(`    ${line}`);
    await out.line(`    ${paint('dim', 'What to do:')} ${finding.remedy}`);
  }
  if (explanation.history.length > 0) await out.line(`\n${paint('strong', 'What we wrote')} (newest first)`);
  for (const change of explanation.history)
    for (const line of changeLines(change, session.columns)) await out.line(`  ${line}`);
}

function objectLines({ source, type, dn, anchor, state, rules, outOfScope }: ExplainedObject): readonly string[] {
  const head = `in ${source}: ${type} ${printableText(dn ?? anchor)} (${state})`;
  if (outOfScope !== null) return [head, `  not synchronized: ${outOfScope}`];
  return [head, `  rules: ${rules.join(', ')}`];
}

/** The value, then its way backwards: rule out, metaverse attribute, rule in, attribute of the source. */
function valueLines(session: Session, value: ExplainedValue): readonly string[] {
  const { paint } = session;
  const { outbound, inbound, from, lastWritten } = value;
  const shown = value.value === null ? '(none)' : formatValue(value.value);
  const isSame = value.neutral === value.attribute || value.attribute.toLowerCase() === value.neutral.toLowerCase();
  const name = isSame ? value.attribute : `${value.attribute} (${value.neutral})`;
  const lines = [`${paint('strong', name)} = ${shown}${differenceText(value)}`];
  if (outbound === null) lines.push(way(session, 'no rule: it stays as it was made once'));
  else lines.push(way(session, `rule "${outbound.rule}": ${outbound.text}`));
  if (inbound !== null)
    lines.push(way(session, `${inbound.metaverseAttribute} by rule "${inbound.rule}": ${inbound.text}`));
  if (from !== null) {
    const attributes = Object.entries(from.attributes).map(([attribute, of]) => `${attribute} ${formatValue(of, 40)}`);
    const read = attributes.length === 0 ? '' : `${attributes.join(', ')} of `;
    lines.push(way(session, `${read}${printableText(from.object)} in ${from.source}`));
  }
  if (lastWritten !== null)
    lines.push(`    ${paint('dim', `last written by run ${lastWritten.run}, ${formatTime(lastWritten.at)}`)}`);
  return lines;
}

/** What other rules would have given, on the way in and on the way out. */
function loserLines(
  session: Session,
  { inbound, neutral }: ExplainedValue,
  trace: Explanation['trace'],
): readonly string[] {
  const contested = [
    ...trace.tenant.filter(({ attribute }) => attribute === neutral),
    ...trace.metaverse.filter(({ attribute }) => attribute === inbound?.metaverseAttribute),
  ];
  return contested.flatMap(({ contributions }) => {
    const isContested = new Set(contributions.map(({ object }) => object)).size > 1;
    return contributions
      .filter(({ verdict, value }) => verdict === 'loses' && value !== null)
      .map(({ rule, value, object }) => {
        const of = isContested ? ` of ${printableText(object)}` : '';
        return `    ${session.paint('dim', `not: rule "${rule}" would give ${formatValue(value, 60)}${of}`)}`;
      });
  });
}

function way(session: Session, text: string): string {
  return `    ${session.paint('dim', '<-')} ${cutText(text, Math.max(80, session.columns * 2))}`;
}

/** Says when the tenant holds something else, as far as we know. References are not compared here. */
function differenceText({ value, inTenant, neutral, isWritable }: ExplainedValue): string {
  const isReference = neutral === 'manager' || neutral === 'member';
  if (isReference || JSON.stringify(value) === JSON.stringify(inTenant)) return '';
  if (inTenant !== null)
    return `  (in the tenant: ${formatValue(inTenant)}${isWritable ? '' : ', which cannot be written'})`;
  return isWritable ? '  (not in the tenant yet)' : '  (cannot be written to the tenant)';
}

interface LoggedItem {
  readonly attribute?: string;
  readonly native?: string;
  readonly from?: string | null;
  readonly to?: string | null;
  readonly adds?: boolean;
  readonly name?: string;
  readonly targetId?: string;
}

function changeLines({ run, at, action, what }: Change, columns: number): readonly string[] {
  const items = JSON.parse(what) as readonly LoggedItem[];
  const texts = items.map((item) =>
    action === 'held'
      ? `${item.attribute ?? ''} ${printableText(item.name ?? '')}`
      : item.adds === undefined
        ? `${item.native ?? item.attribute ?? ''} ${formatValue(item.from ?? null, 30)} -> ${formatValue(item.to ?? null, 30)}`
        : `${item.adds ? '+' : '-'} ${item.attribute ?? ''} ${printableText(item.name ?? '')}`,
  );
  const told = action === 'held' ? 'held, when it was deleted' : action;
  return [`${formatTime(at)}  run ${run}  ${told}`, `    ${cutText(texts.join('; '), Math.max(80, columns * 2))}`];
}
