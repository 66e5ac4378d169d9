import type { Command } from 'commander';
import { type ImportedConfiguration, importFromConnect } from '../../app.ts';
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
    .requiredOption('--output <dir>', 'folder to write dirbridge.yaml and rules.yaml to')
    .option('--force', 'write over files that are there')
    .addHelpText(
      'after',
      helpTail(
        [
          'config import ./Exported-ServerConfiguration --output ./dirbridge',
          'config import ./export --output . --json',
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

type Imported = ImportedConfiguration & { readonly written: readonly string[] };

async function importConfig(session: Session, dir: string, { output, force }: ImportOptions): Promise<void> {
  const imported: Imported = await importFromConnect(dir, output, force === true);
  if (session.json) {
    const { server, rules, written, lines } = imported;
    await session.out.line(JSON.stringify({ server, rules, files: written, lines }));
    return;
  }
  await writeImport(session, imported);
}
