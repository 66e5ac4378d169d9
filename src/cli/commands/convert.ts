import { type Command, Option } from 'commander';
import type { ConversionResult } from '../../app.ts';
import { DirbridgeError, ERRORS, EXIT_CODES } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { conversionJson, writeConversion } from '../views/conversion-page.ts';

interface ConvertOptions {
  readonly to: string;
  readonly apply?: boolean;
  readonly approve?: boolean;
}

const OWN_EXITS = {
  0: 'it can be done; with --apply: it was done, and the configuration says so',
  1: 'with --apply: some changes failed; the configuration was left as it is, and the command goes on when it is given again',
  3: 'not now: something is missing in the tenant, somebody would be made again or deleted, or a guard stopped it',
};

export function addConvertCommand(program: Command, session: Session): void {
  program
    .command('convert')
    .description(
      'Take the tenant from Microsoft Graph to the provisioning service (experimental), or back, without making anybody again. ' +
        'Without --apply it changes nothing at all and shows what would be done.',
    )
    .addOption(
      new Option('--to <way>', 'how the tenant is to be written')
        .choices(['provisioning', 'graph'])
        .makeOptionMandatory(),
    )
    .option('--apply', 'do it, and write the way into the configuration when all of it went well')
    .option('--approve', 'with --apply: let the plan past its guards')
    .addHelpText(
      'after',
      helpTail(
        ['convert --to provisioning', 'convert --to provisioning --apply --approve', 'convert --to graph --json'],
        [0, 1, 2, 3, 4, 70],
        OWN_EXITS,
      ),
    )
    .action((options: ConvertOptions) => convert(session, options));
}

async function convert(session: Session, { to, apply = false, approve = false }: ConvertOptions): Promise<void> {
  if (approve && !apply)
    throw new DirbridgeError('usage', '--approve says something of a plan that is carried out, and needs --apply', {
      remedy: 'Look first, without either; then give both.',
    });
  const command = [`convert --to ${to}`, ...(apply ? ['--apply'] : []), ...(approve ? ['--approve'] : [])].join(' ');
  const result = await session.work(command, (app) => app.convert({ to, apply, approve }));
  session.exitCode = exitCodeOf(result);
  if (session.json) await session.out.line(JSON.stringify(conversionJson(result)));
  else await writeConversion(session, result);
}

function exitCodeOf({ outcome, checks, run }: ConversionResult): number {
  if (outcome === 'unready') {
    const kinds = checks.flatMap(({ state, code }) => (state === 'error' && code ? [ERRORS[code].kind] : []));
    return kinds.includes('usage') ? EXIT_CODES.usage : kinds.length > 0 ? EXIT_CODES.outside : EXIT_CODES.guard;
  }
  if (outcome === 'incomplete') return run?.outcome === 'done' ? 1 : EXIT_CODES.guard;
  return outcome === 'refused' ? EXIT_CODES.guard : 0;
}
