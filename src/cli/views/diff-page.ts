import type { ComparedSide, ConfigurationDiff, Difference } from '../../app.ts';
import type { Session } from '../session.ts';
import { padText, printableText, textWidth } from '../terminal/text-width.ts';
import { countOf } from '../terminal/words.ts';
import { comparisonText } from './shipped-comparison.ts';

const TITLES = {
  setting: 'Settings',
  source: 'Sources',
  target: 'Target',
  rule: 'Rules',
} as const;

const NONE = '-';

/** What differs, by area, and in it by source or rule: key, value in A, value in B. */
export async function writeDiff(session: Session, { a, b, differences }: ConfigurationDiff): Promise<void> {
  const { out, paint } = session;
  await writeSide(session, 'A', a);
  await writeSide(session, 'B', b);
  await out.line();
  for (const [area, own] of Map.groupBy(differences, (one) => one.area)) {
    await out.line(paint('strong', `${TITLES[area]} (${own.length}), A -> B:`));
    for (const [name, ofName] of Map.groupBy(own, (one) => one.name))
      for (const line of name === ''
        ? valueLines(ofName, 2, session.columns)
        : namedLines(name, ofName, session.columns))
        await out.line(printableText(line));
    await out.line();
  }
  await out.line(differences.length === 0 ? 'The two mean the same.' : `${countOf(differences.length, 'difference')}.`);
}

async function writeSide({ out }: Session, label: string, { file, exported }: ComparedSide): Promise<void> {
  await out.line(`${label}: ${file}`);
  if (exported !== null) for (const line of comparisonText(exported)) await out.line(`   ${line}`);
}

const WHOLE = {
  changed: 'differs',
  'only-in-a': 'only in A',
  'only-in-b': 'only in B',
  'disabled-in-a': 'disabled in A',
  'disabled-in-b': 'disabled in B',
} as const;

/** A source or rule that differs as a whole in one line, else its name above what differs in it. */
function namedLines(name: string, differences: readonly Difference[], columns: number): readonly string[] {
  const whole = differences.find((one) => one.key === '');
  if (whole === undefined) return [`  ${name}`, ...valueLines(differences, 6, columns)];
  return [
    whole.kind === 'renamed' ? `  ${name}: is ${whole.b} in B, otherwise the same` : `  ${name}: ${WHOLE[whole.kind]}`,
  ];
}

/** What does not fit beside each other stands one below the other, so that the eye finds what is different. */
function valueLines(differences: readonly Difference[], indent: number, columns: number): readonly string[] {
  const width = Math.max(...differences.map(({ key }) => textWidth(key)));
  const margin = ' '.repeat(indent);
  return differences.flatMap(({ key, a, b }) => {
    const line = `${margin}${padText(key, width)}  ${a ?? NONE} -> ${b ?? NONE}`;
    if (textWidth(line) <= columns) return [line];
    return [`${margin}${key}`, `${margin}  A  ${a ?? NONE}`, `${margin}  B  ${b ?? NONE}`];
  });
}
