import type { Command } from 'commander';
import {
  lintRules,
  type RuleProblem,
  readConfig,
  readRules,
  readShippedRules,
  requireRules,
  rulesSchema,
} from '../../app.ts';
import { DirbridgeError, EXIT_CODES } from '../../errors.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { countOf } from '../terminal/words.ts';
import { writeRule } from '../views/rule-page.ts';
import { addRulesTestCommand } from './rules-test.ts';

export function addRulesCommand(program: Command, session: Session): void {
  const rules = program
    .command('rules')
    .description('The synchronization rules.')
    .addHelpText('after', helpTail(['rules list', 'rules show "In from AD - User Common"'], [0, 2, 70]));
  rules
    .command('list')
    .description('All rules in force, in the order of their precedence.')
    .addHelpText('after', helpTail(['rules list', 'rules list --json'], [0, 2, 70]))
    .action(() => listRules(session));
  rules
    .command('show')
    .description('One rule: when it applies, how it joins, what flows.')
    .argument('<name>', 'name of the rule')
    .option('--shipped', 'the rule as Dirbridge ships it, whatever the files of the configuration make of it')
    .addHelpText(
      'after',
      helpTail(
        ['rules show "In from AD - User Common"', 'rules show "In from AD - User Common" --shipped'],
        [0, 2, 70],
      ),
    )
    .action((name: string, { shipped }: { readonly shipped?: true }) => showRule(session, name, shipped === true));
  rules
    .command('lint')
    .description('Reads and checks all rules of the configuration, and names every mistake with its line.')
    .addHelpText('after', helpTail(['rules lint', 'rules lint --json'], [0, 2, 70]))
    .action(() => lint(session));
  rules
    .command('schema')
    .description('The JSON schema of rule files, for completion and checks in an editor.')
    .addHelpText('after', helpTail(['rules schema > rules.schema.json'], [0, 70]))
    .action(() => session.out.line(JSON.stringify(rulesSchema(), null, 2)));
  addRulesTestCommand(rules, session);
}

/** Mistakes end with exit code 2 and stand on stderr, or with --json on stdout; warnings alone end with 0. */
async function lint(session: Session): Promise<void> {
  const config = readConfig(session.configFile);
  const review = lintRules(config);
  const { rules, problems, warnings } = review;
  if (session.json) {
    if (rules === null) session.exitCode = EXIT_CODES.usage;
    await session.out.line(JSON.stringify({ rules: rules?.all.length ?? null, problems, warnings }));
    return;
  }
  for (const warning of warnings) for (const line of warningLines(session, warning)) await session.out.line(line);
  const count = requireRules(review).all.length;
  const verdict =
    warnings.length === 0 ? 'nothing wrong' : `nothing wrong, ${countOf(warnings.length, 'warning')} above`;
  await session.out.line(`${count} rules from ${config.rules.join(', ')}: ${verdict}.`);
}

function warningLines(session: Session, { file, line, rule, message, remedy }: RuleProblem): readonly string[] {
  const { paint } = session;
  return [
    `${paint('warn', 'warning')}  ${file}:${line}: ${rule === null ? '' : `rule "${rule}": `}${message}`,
    `         ${paint('dim', 'What to do:')} ${remedy}`,
  ];
}

async function listRules(session: Session): Promise<void> {
  const rules = readRules(readConfig(session.configFile));
  if (session.json) {
    await session.out.line(JSON.stringify({ rules }));
    return;
  }
  const columns = [
    { title: 'precedence', align: 'right' as const },
    { title: 'direction' },
    { title: 'name' },
    { title: 'from -> to' },
    { title: 'link' },
    { title: 'flows', align: 'right' as const },
  ];
  const rows = rules.map(({ precedence, direction, name, sourceType, targetType, link, flows }) => [
    String(precedence),
    direction,
    name,
    `${sourceType} -> ${targetType}`,
    link,
    String(flows.length),
  ]);
  for (const line of tableLines(columns, rows)) await session.out.line(line);
}

async function showRule(session: Session, name: string, shipped: boolean): Promise<void> {
  const asShipped = readShippedRules();
  const rules = shipped ? asShipped.map(({ rule }) => rule) : readRules(readConfig(session.configFile));
  const rule = rules.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (rule === undefined) {
    const names = rules.map((one) => one.name);
    throw new DirbridgeError('usage', `there is no rule "${name}"${nearestOf(name, names)}`, {
      remedy: `See which there are: ${session.commandLine('rules list')}.`,
    });
  }
  const fingerprint = asShipped.find((one) => one.rule.name === rule.name)?.fingerprint ?? null;
  if (session.json) await session.out.line(JSON.stringify({ rule, shippedFingerprint: fingerprint }));
  else await writeRule(session, rule, fingerprint);
}
