import type { Command } from 'commander';
import { importFromConnect } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writeImport } from '../views/import-page.ts';

export function addConfigImportCommand(config: Command, session: Session): void {
  config
    .command('import')
    .description(
      'Turn an exported configuration of Azure AD Connect into one of ours, and say what became of each rule and setting.',
    )
    .argument('<dir>', 'folder with SynchronizationRules, Connectors and GlobalSettings, or with its JSON policies')
    .option('--output <dir>', 'folder to write dirbridge.yaml and rules.yaml to', '.')
    .option('--force', 'write over files that are there')
    .addHelpText(
      'after',
      helpTail(
        [
          'config import ./Exported-ServerConfiguration --output ./dirbridge',
          '--json config import ./export --output .',
        ],
        [0, 2, 70],
      ),
    )
    .action((dir: string, options: ImportOptions) => importConfig(session, dir, options));
}

interface ImportOptions {
  readonly output: string;
  readonly force?: boolean;
}

async function importConfig(session: Session, dir: string, { output, force }: ImportOptions): Promise<void> {
  const imported = await importFromConnect(dir, output, force === true);
  if (session.json) {
    const { server, rules, counts, written, lines, next } = imported;
    await session.out.line(JSON.stringify({ server, rules, counts, files: written, lines, next }));
    return;
  }
  await writeImport(session, imported);
}
