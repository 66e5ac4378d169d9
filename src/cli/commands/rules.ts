import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import {
  lintRules,
  type RuleProblem,
  readConfig,
  readRules,
  readShippedRules,
  rulesSchema,
  type TriedExpression,
  tryAlone,
  tryOnFile,
} from '../../app.ts';
import { DirbridgeError, EXIT_CODES } from '../../errors.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { tableLines } from '../terminal/table.ts';
import { countOf } from '../terminal/words.ts';
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

/** Mistakes end with exit code 2 and stand on stderr, or with --json on stdout; warnings alone end with 0. */
async function lint(session: Session): Promise<void> {
  const config = readConfig(session.configFile);
  const { rules, problems, warnings } = lintRules(config);
  if (session.json) {
    if (rules === null) session.exitCode = EXIT_CODES.usage;
    await session.out.line(JSON.stringify({ rules: rules?.all.length ?? null, problems, warnings }));
    return;
  }
  for (const warning of warnings) for (const line of warningLines(session, warning)) await session.out.line(line);
  const count = rules?.all.length ?? readRules(config).length;
  const verdict =
    warnings.length === 0 ? 'nothing wrong' : `nothing wrong, ${countOf(warnings.length, 'warning')} above`;
  await session.out.line(`${count} rules from ${config.rules.join(', ')}: ${verdict}.`);
}

function warningLines(session: Session, { file, line, rule, message, remedy }: RuleProblem): readonly string[] {
  const { paint } = session;
  return [
    `${paint('warn', 'warning')}  ${file}:${line}: rule "${rule}": ${message}`,
    `         ${paint('dim', 'What to do:')} ${remedy}`,
  ];
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

async function showRule(session: Session, name: string, shipped: boolean): Promise<void> {
  const fingerprints = new Map(readShippedRules().map(({ rule, fingerprint }) => [rule.name, fingerprint]));
  const rules = shipped ? readShippedRules().map(({ rule }) => rule) : readRules(readConfig(session.configFile));
  const rule = rules.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (rule === undefined) {
    const names = rules.map((one) => one.name);
    throw new DirbridgeError('usage', `there is no rule "${name}"${nearestOf(name, names)}`, {
      remedy: `See which there are: ${session.commandLine('rules list')}.`,
    });
  }
  const fingerprint = fingerprints.get(rule.name) ?? null;
  if (session.json) await session.out.line(JSON.stringify({ rule, shippedFingerprint: fingerprint }));
  else await writeRule(session, rule, fingerprint);
}
