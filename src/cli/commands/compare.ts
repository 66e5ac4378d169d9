import { type Command, InvalidArgumentError } from 'commander';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { writeComparison } from '../views/compare-page.ts';

const LISTED = 20;

export function addCompareCommand(program: Command, session: Session): void {
  program
    .command('compare')
    .description(
      'Compare object by object what Azure AD Connect wants of the tenant with what our rules want. Changes nothing.',
    )
    .requiredOption('--csexport <file>', "what csexport wrote for Connect's tenant connector")
    .option('--rules-from <dir>', 'exported configuration of Connect, to name its real rules and not the standard ones')
    .option('--limit <n>', `list so many objects; all are counted (default: ${LISTED})`, readCount)
    .option('--object <name>', 'only this object, with all differences: UPN, name, mail address, DN or source anchor')
    .option('--attribute <name>', "only this attribute, by its name in Connect's tenant connector")
    .option('--whole', 'the file holds all objects, also where each of them waits for export')
    .addHelpText(
      'after',
      helpTail(
        [
          'compare --csexport export.xml',
          'compare --csexport export.xml --rules-from ./Exported-ServerConfiguration --limit 200',
          'compare --csexport export.xml --object anna@contoso.com',
          'compare --csexport export.xml --json > differences.json',
        ],
        [0, 1, 2, 4, 70],
        { 0: 'nothing differs but what is so by design', 1: 'something differs' },
      ),
    )
    .action((options: CompareOptions) => compare(session, options));
}

interface CompareOptions {
  readonly csexport: string;
  readonly rulesFrom?: string;
  readonly limit?: number;
  readonly object?: string;
  readonly attribute?: string;
  readonly whole?: true;
}

async function compare(session: Session, options: CompareOptions): Promise<void> {
  const comparison = await session.work('compare', (app) =>
    app.compare({
      file: options.csexport,
      rulesFrom: options.rulesFrom ?? null,
      limit: options.limit ?? LISTED,
      object: options.object ?? null,
      attribute: options.attribute ?? null,
      isWhole: options.whole === true,
    }),
  );
  const { counts } = comparison;
  session.exitCode = counts.different + counts.onlyConnect + counts.onlyOurs > 0 ? 1 : 0;
  if (session.json) await session.out.line(JSON.stringify(comparison));
  else await writeComparison(session, comparison);
}

function readCount(text: string): number {
  if (!/^\d{1,7}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
