import type { CheckLine } from '../../app.ts';
import type { Session } from '../session.ts';
import type { Tone } from '../terminal/paint.ts';
import { padText, printableText } from '../terminal/text-width.ts';
import { countOf } from '../terminal/words.ts';

const TONES: Readonly<Record<CheckLine['state'], Tone>> = { ok: 'good', warning: 'warn', error: 'bad' };
const STATE_COLUMNS = 7;

export async function writeCheckLine(session: Session, { what, state, detail, remedy }: CheckLine): Promise<void> {
  const { out, paint } = session;
  const indent = ' '.repeat(STATE_COLUMNS + 2);
  const [first = '', ...more] = detail.split('\n').map(printableText);
  await out.line(`${paint(TONES[state], padText(state, STATE_COLUMNS))}  ${what}: ${first}`);
  for (const line of more) await out.line(`${indent}${line}`);
  if (remedy !== undefined) await out.line(`${indent}${paint('dim', 'What to do:')} ${remedy}`);
}

export async function writeCheckVerdict(session: Session, lines: readonly CheckLine[]): Promise<void> {
  const errors = lines.filter((line) => line.state === 'error').length;
  const warnings = lines.filter((line) => line.state === 'warning').length;
  const { out, paint } = session;
  await out.line();
  if (errors > 0) await out.line(`${paint('bad', countOf(errors, 'error'))}: a run would not come through.`);
  else
    await out.line(
      `${paint('good', 'Ready.')}${warnings > 0 ? ` ${countOf(warnings, 'warning')} to read above.` : ''} Next: ${session.commandLine('plan')}`,
    );
}
