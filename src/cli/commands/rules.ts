import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { readConfig, readRules, type TriedExpression, tryAlone, tryOnFile } from '../../app.ts';
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
  rules
    .command('lint')
    .description('Reads and checks all rules of the configuration, and names every mistake with its line.')
    .addHelpText('after', helpTail(['rules lint'], [0, 2, 70]))
    .action(() => lintRules(session));
  rules
    .command('test')
    .description('What an expression of the rule language gives on an object.')
    .requiredOption('--expression <expression>', 'as it would stand in a rule')
    .option(
      '--object <file or DN>',
      'a file (LDIF: its first object; JSON) or an object of a source; default: nothing at all',
    )
    .addHelpText(
      'after',
      helpTail(
        [
          `rules test --expression 'Left("John Doe", 3)'`,
          `rules test --expression 'Trim([givenName])' --object "CN=Anna,OU=People,DC=contoso,DC=com" --json`,
        ],
        [0, 2, 4, 70],
      ),
    )
    .action((options: TestOptions) => testExpression(session, options));
}

async function lintRules(session: Session): Promise<void> {
  const config = readConfig(session.configFile);
  const count = readRules(config).length;
  if (session.json) await session.out.line(JSON.stringify({ rules: count, problems: [] }));
  else await session.out.line(`${count} rules from ${config.rules.join(', ')}: nothing wrong.`);
}

interface TestOptions {
  readonly expression: string;
  readonly object?: string;
}

async function testExpression(session: Session, { expression, object }: TestOptions): Promise<void> {
  const tried = await tryOn(session, expression, object);
  if (session.json) await session.out.line(JSON.stringify(tried));
  else await session.out.line(resultText(tried));
}

async function tryOn(session: Session, expression: string, object: string | undefined): Promise<TriedExpression> {
  if (object === undefined) return tryAlone(expression);
  if (existsSync(object)) return tryOnFile(expression, object);
  if (object.includes('=')) return session.openApp('rules test').tryExpression(expression, object);
  throw new DirbridgeError('usage', `--object "${object}" is neither a file nor a DN`, {
    remedy: 'Give the path of an LDIF or JSON file, or the DN of an object of a source.',
  });
}

function resultText({ value, result }: TriedExpression): string {
  if (result === 'ignore') return 'IgnoreThisFlow';
  if (result === 'authoritative-null') return 'AuthoritativeNull';
  if (value === null) return 'NULL';
  return (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one)).join('\n');
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
