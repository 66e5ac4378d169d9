import type { Command } from 'commander';
import { diffConfigs } from '../../app.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writeDiff } from '../views/diff-page.ts';

export function addConfigDiffCommand(config: Command, session: Session): void {
  config
    .command('diff')
    .description(
      'Compare two configurations by what they mean, not by their text: defaults are filled in, and order, comments, spelling and file names count only ' +
        'where they change something. Secrets are compared by where they come from and never read.',
    )
    .argument('<a>', 'a dirbridge.yaml, or a folder that holds one')
    .argument('<b>', 'the other one')
    .option('--exit-code', 'end with 1 when they differ (otherwise the end is 0 either way)')
    .addHelpText(
      'after',
      helpTail(
        [
          'config diff /etc/dirbridge ./copy',
          'config diff dirbridge.yaml new.yaml --exit-code',
          'config diff . ./copy --json',
        ],
        [0, 1, 2, 70],
        { 0: 'done, whether they differ or not', 1: 'they differ (only with --exit-code)' },
      ),
    )
    .action((a: string, b: string, options: { readonly exitCode?: boolean }) =>
      diffConfigurations(session, a, b, options.exitCode === true),
    );
}

async function diffConfigurations(session: Session, a: string, b: string, asExitCode: boolean): Promise<void> {
  const diff = diffConfigs(a, b);
  const same = diff.differences.length === 0;
  if (asExitCode && !same) session.exitCode = 1;
  if (session.json) await session.out.line(JSON.stringify({ same, ...diff }));
  else await writeDiff(session, diff);
}
