import type { Command } from 'commander';
import { readConfig, readRules } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { writeRule } from '../views/rule-page.ts';

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
    .addHelpText('after', helpTail(['rules show "In from AD - User Common"'], [0, 2, 70]))
    .action((name: string) => showRule(session, name));
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

async function showRule(session: Session, name: string): Promise<void> {
  const rules = readRules(readConfig(session.configFile));
  const rule = rules.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (rule === undefined) {
    const names = rules.map((one) => one.name);
    throw new DirbridgeError('usage', `there is no rule "${name}"${nearestOf(name, names)}`, {
      remedy: `See which there are: ${session.commandLine('rules list')}.`,
    });
  }
  if (session.json) await session.out.line(JSON.stringify({ rule }));
  else await writeRule(session, rule);
}
