import type { Command } from 'commander';
import { exportConfig } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { VERSION } from '../version.ts';
import { exportNotes, writeExported } from '../views/export-page.ts';

export function addConfigExportCommand(config: Command, session: Session): void {
  config
    .command('export')
    .description(
      'Write the configuration as a folder from which another server is set up alike: with its own rules and public certificates, without secrets, ' +
        'in staging mode. Without --output dirbridge.yaml of the copy is printed and nothing is written.',
    )
    .option('--output <dir>', 'folder to write the copy to')
    .option('--force', 'write over files that are there')
    .addHelpText(
      'after',
      helpTail(
        [
          'config export --output ./copy',
          'config export --config /etc/dirbridge/dirbridge.yaml --output /tmp/second-server',
          'config export --json',
        ],
        [0, 2, 70],
      ),
    )
    .action((options: ExportOptions) => writeCopy(session, options));
}

interface ExportOptions {
  readonly output?: string;
  readonly force?: boolean;
}

async function writeCopy(session: Session, { output, force }: ExportOptions): Promise<void> {
  if (force === true && output === undefined)
    throw new DirbridgeError('usage', '--force is for files that are written, and without --output none are', {
      remedy: 'Add --output DIR.',
    });
  const exported = exportConfig(session.configFile, VERSION, output ?? null, force === true);
  const { files, written, ...told } = exported;
  if (session.json) {
    const all = files.map((file, index) => ({ ...file, path: written[index] ?? null }));
    await session.out.line(JSON.stringify({ ...told, files: all }));
  } else if (output === undefined) {
    await session.out.write(files[0]?.text ?? '');
    for (const line of exportNotes(exported)) session.note(line);
  } else await writeExported(session, exported, output);
}
