import type { ExportedConfiguration } from '../../app.ts';
import type { Session } from '../session.ts';
import { printableText } from '../terminal/text-width.ts';
import { countOf } from '../terminal/words.ts';

/** What was written, what is needed beside it, and what is not as it is here. */
export async function writeExported(session: Session, exported: ExportedConfiguration, output: string): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', 'Exported')} ${exported.file} to ${output}:`);
  for (const line of fileLines(exported)) await out.line(`  ${printableText(line)}`);
  for (const line of restLines(exported)) await out.line(printableText(line));
  await out.line();
  await out.line(
    'Carry the folder to the other server. There: dirbridge config validate, dirbridge check, dirbridge plan.',
  );
}

/** The same for a copy of which only dirbridge.yaml was printed. */
export function exportNotes(exported: ExportedConfiguration): readonly string[] {
  const others = fileLines(exported).slice(1);
  const lines = ['Only printed: --output DIR writes it, and with it', ...others.map((line) => `  ${line}`)];
  return [...lines, ...restLines(exported)].map(printableText);
}

function fileLines({ files, copied, version, shippedRules }: ExportedConfiguration): readonly string[] {
  return files.map(({ name }) => {
    const copy = copied.find((one) => one.name === name);
    if (copy !== undefined) return `${name}, from ${copy.from}${copy.without === null ? '' : ` (${copy.without})`}`;
    if (name === 'dirbridge.yaml') return name;
    return `${name}: Dirbridge ${version}, and the fingerprints of ${countOf(shippedRules, 'shipped rule')}`;
  });
}

function restLines({ needed, differing }: ExportedConfiguration): readonly string[] {
  return [
    '',
    `Needed on the other server, because neither secrets nor data come along (${needed.length}):`,
    ...needed.map(
      ({ kind, name, purpose, why }) => `  ${kind} ${name}: ${purpose}${why === null ? '' : ` (not copied: ${why})`}`,
    ),
    '',
    `Not the same on two servers (${differing.length}):`,
    ...differing.flatMap(({ key, here, there, why }) => [
      `  ${key}  ${here === there ? there : `${here} -> ${there}`}`,
      `      ${why}`,
    ]),
  ];
}
