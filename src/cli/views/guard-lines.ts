import type { GuardVerdict } from '../../model/plan.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';

/** What a guard says that stops a plan, and the first objects that it is about. */
export function guardLines({ paint }: Session, { name, message, objects }: GuardVerdict): readonly string[] {
  const lines = [`  ${paint('bad', '!')} ${name}: ${printableText(message)}`];
  if (objects.length > 0) lines.push(`      the first: ${objects.map(printableText).join(', ')}`);
  return lines;
}
