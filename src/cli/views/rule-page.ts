import type { readRules } from '../../app.ts';
import type { Session } from '../session.ts';
import { padText, textWidth } from '../terminal/text-width.ts';

type Rule = ReturnType<typeof readRules>[number];

/** A synchronization rule: what it is for, how it joins, and each of its flows as written. */
export async function writeRule(session: Session, rule: Rule, fingerprint: string | null): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', rule.name)}, ${rule.direction}, precedence ${rule.precedence}`);
  if (rule.description !== '') await out.line(`  ${rule.description}`);
  await out.line(`  ${rule.sourceType} -> ${rule.targetType}, ${rule.link}`);
  await out.line(`  file: ${rule.file}`);
  if (fingerprint !== null)
    await out.line(`  fingerprint of the shipped rule of this name, for madeFor: ${fingerprint}`);
  if (rule.enablePasswordSync) await out.line('  passwords of these objects are synchronized');
  for (const [index, group] of rule.scope.entries())
    await out.line(`  ${index === 0 ? 'for' : 'or'} ${clausesText(group)}`);
  for (const group of rule.joins)
    await out.line(
      `  joins where ${group.map((one) => `${one.spaceAttribute} = ${one.metaverseAttribute}`).join(' and ')}`,
    );
  const width = Math.max(0, ...rule.flows.map((flow) => textWidth(flow.target)));
  for (const flow of rule.flows) {
    const marks = [flow.once ? 'once' : '', flow.merge === 'update' ? '' : flow.merge].filter((mark) => mark !== '');
    const told = marks.length === 0 ? '' : ` (${marks.join(', ')})`;
    await out.line(
      `  ${padText(flow.target, width)}  <- ${flow.kind === 'constant' ? `"${flow.text}"` : flow.text}${told}`,
    );
  }
}

function clausesText(group: Rule['scope'][number]): string {
  return group.map(({ attribute, operator, value }) => `${attribute} ${operator} ${value}`.trim()).join(' and ');
}
