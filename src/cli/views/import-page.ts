import type { ImportedConfiguration } from '../../app.ts';
import type { Session } from '../session.ts';

const TITLES = {
  taken: 'Taken over',
  standard: 'Equal to standard',
  left: 'Not taken over',
} as const;

/** What became of each rule and each setting, one line each, and what to do next. */
export async function writeImport(
  session: Session,
  { lines, rules, server, written }: ImportedConfiguration & { readonly written: readonly string[] },
): Promise<void> {
  const { out, paint } = session;
  for (const outcome of ['taken', 'standard', 'left'] as const) {
    const own = lines.filter((line) => line.outcome === outcome);
    await out.line(paint('strong', `${TITLES[outcome]} (${own.length}):`));
    for (const { what, name, detail } of own) await out.line(`  ${what.padEnd(7)} ${name}: ${detail}`);
    await out.line();
  }
  const from = server === '' ? '' : ` of ${server}`;
  await out.line(`${rules} rules${from} read, each told above. Written: ${written.join(', ')}.`);
  await out.line('Put the secrets and the client id in, then: dirbridge check, and dirbridge plan.');
}
