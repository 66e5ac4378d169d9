import type { Finding, ObjectName, Severity } from '../../model/finding.ts';
import type { Paint, Tone } from '../terminal/paint.ts';
import { cutText, printableText } from '../terminal/text-width.ts';

const TONES: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'dim' };

export function severityText(severity: Severity, paint: Paint): string {
  return paint(TONES[severity], severity);
}

/** A finding in a few short lines: whom it concerns and where that is, which value, whose else, and why. Not the remedy. */
export function findingLines(finding: Finding, columns: number): readonly string[] {
  const { object, otherObject, attribute, value, cause } = finding;
  const lines: string[] = [];
  if (object !== null) lines.push(objectText(object));
  if (attribute !== null && value !== null)
    lines.push(`  ${attribute}: "${cutText(printableText(value), Math.max(30, columns - attribute.length - 12))}"`);
  else if (attribute !== null && !cause.includes(attribute)) lines.push(`  ${attribute}`);
  if (otherObject !== null) lines.push(`  the other object: ${objectText(otherObject)}`);
  lines.push(`${object === null ? '' : '  '}${printableText(cause)}`);
  return lines;
}

/** `user "Anna Berger" in corp: CN=Anna Berger,OU=Sales,...` */
export function objectText({ space, type, name, dn }: ObjectName): string {
  const place = dn === undefined ? '' : `: ${printableText(dn)}`;
  return `${type} "${printableText(name)}" in ${space === 'tenant' ? 'the tenant' : space}${place}`;
}
