import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import {
  readConfig,
  readRules,
  type TriedExpression,
  type TriedRules,
  tryAlone,
  tryOnFile,
  tryRulesOnFile,
} from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import { nearestOf } from '../nearest.ts';
import type { Session } from '../session.ts';
import { onlyRule, writeTrace } from '../views/trace-text.ts';

export function addRulesTestCommand(rules: Command, session: Session): void {
  rules
    .command('test')
    .description('What a rule, the whole set, or an expression does with an object, step by step. Changes nothing.')
    .argument('[rule or expression]', 'name of a rule, or an expression; default: all rules')
    .option('--expression <expression>', 'an expression as it would stand in a rule')
    .option(
      '--object <file or DN>',
      'a file (LDIF: its first object; JSON) or an object of a source as it is now; an expression needs none',
    )
    .addHelpText(
      'after',
      helpTail(
        [
          'rules test "In from AD - User Join" --object "CN=Anna,OU=People,DC=contoso,DC=com"',
          'rules test --object anna.ldif',
          `rules test 'Left("John Doe", 3)'`,
          `rules test --expression 'Trim([givenName])' --object "CN=Anna,OU=People,DC=contoso,DC=com" --json`,
        ],
        [0, 2, 4, 70],
      ),
    )
    .action((given: string | undefined, options: TestOptions) => testRules(session, given, options));
}

interface TestOptions {
  readonly expression?: string;
  readonly object?: string;
}

type Rule = ReturnType<typeof readRules>[number];

async function testRules(session: Session, given: string | undefined, options: TestOptions): Promise<void> {
  const { expression, object } = options;
  if (given !== undefined && expression !== undefined)
    throw new DirbridgeError('usage', 'give a rule or an expression, not both', {
      remedy: 'Leave one of the two away.',
    });
  if (expression !== undefined) return testExpression(session, expression, object);
  const rule = given === undefined ? null : findRule(session, given);
  if (given !== undefined && rule === null) return testExpression(session, given, object);
  await testOnObject(session, rule, object);
}

/** Null when it is an expression: those hold a sign that no name of a word alone has. */
function findRule(session: Session, given: string): Rule | null {
  if (isExpression(given) && !existsSync(session.configFile)) return null;
  const rules = readRules(readConfig(session.configFile));
  const rule = rules.find((one) => one.name.toLowerCase() === given.toLowerCase());
  if (rule !== undefined) return rule;
  if (isExpression(given)) return null;
  const names = rules.map((one) => one.name);
  throw new DirbridgeError('usage', `there is no rule "${given}"${nearestOf(given, names)}`, {
    remedy: `See which there are: ${session.commandLine('rules list')}. An expression is tried with --expression.`,
  });
}

function isExpression(text: string): boolean {
  return /[[\]("%]/.test(text);
}

async function testOnObject(session: Session, rule: Rule | null, object: string | undefined): Promise<void> {
  if (object === undefined)
    throw new DirbridgeError('usage', 'rules are tried on an object, and none is named', {
      remedy: 'Add --object with the DN of an object of a source, or with an LDIF or JSON file.',
    });
  const tried = await tryRulesOn(session, rule, object);
  const { trace } = tried;
  const shown = rule === null ? tried : { ...tried, trace: onlyRule(trace, rule.name) };
  if (session.json) await session.out.line(JSON.stringify({ rule: rule?.name ?? null, ...shown }));
  else await writeTried(session, shown);
}

async function tryRulesOn(session: Session, rule: Rule | null, object: string): Promise<TriedRules> {
  if (existsSync(object)) return tryRulesOnFile(readConfig(session.configFile), object, rule);
  if (object.includes('=')) return session.openApp('rules test').tryRules(object);
  throw neitherFileNorDn(object);
}

async function writeTried(session: Session, { object, type, source, trace }: TriedRules): Promise<void> {
  const { out, paint } = session;
  await out.line(`${paint('strong', object)} (${type}${source === null ? '' : ` in ${source}, as it is now`})`);
  await out.line(`  ${trace.verdict}`);
  await writeTrace(session, trace);
}

async function testExpression(session: Session, expression: string, object: string | undefined): Promise<void> {
  const tried = await tryOn(session, expression, object);
  if (session.json) await session.out.line(JSON.stringify(tried));
  else await session.out.line(resultText(tried));
}

async function tryOn(session: Session, expression: string, object: string | undefined): Promise<TriedExpression> {
  if (object === undefined) return tryAlone(expression);
  if (existsSync(object)) return tryOnFile(expression, object);
  if (object.includes('=')) return session.openApp('rules test').tryExpression(expression, object);
  throw neitherFileNorDn(object);
}

function neitherFileNorDn(object: string): DirbridgeError {
  return new DirbridgeError('usage', `--object "${object}" is neither a file nor a DN`, {
    remedy: 'Give the path of an LDIF or JSON file, or the DN of an object of a source.',
  });
}

function resultText({ value, result }: TriedExpression): string {
  if (result === 'ignore') return 'IgnoreThisFlow';
  if (result === 'authoritative-null') return 'AuthoritativeNull';
  if (value === null) return 'NULL';
  return (Array.isArray(value) ? value : [value]).map((one) => JSON.stringify(one)).join('\n');
}
