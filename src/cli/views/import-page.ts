import type { WrittenImport } from '../../app.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';

const TITLES = {
  taken: 'Taken over',
  standard: 'Equal to standard',
  left: 'Not taken over',
} as const;

/** What became of each rule and each setting, one line each, and what to do next. */
export async function writeImport(session: Session, imported: WrittenImport): Promise<void> {
  const { out, paint } = session;
  const { lines, rules, counts, server, written, next } = imported;
  for (const outcome of ['taken', 'standard', 'left'] as const) {
    const own = lines.filter((line) => line.outcome === outcome);
    await out.line(paint('strong', `${TITLES[outcome]} (${own.length}):`));
    for (const { what, name, detail } of own) await out.line(printableText(`  ${what.padEnd(7)} ${name}: ${detail}`));
    await out.line();
  }
  const from = server === '' ? '' : ` of ${server}`;
  const told = `${counts.taken} taken over, ${counts.standard} equal to standard, ${counts.left} not taken over`;
  await out.line(printableText(`${rules} rules${from}: ${told}. Each is told above, as is every setting.`));
  await out.line(`Written: ${written.join(', ')}`);
  await out.line();
  await out.line(paint('strong', 'What to do next:'));
  for (const [index, step] of next.entries()) await out.line(printableText(`  ${index + 1}. ${step}`));
}
