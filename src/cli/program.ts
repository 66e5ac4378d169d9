import { Command, CommanderError, Option } from 'commander';
import { LOG_LEVELS } from '../app.ts';
import { DirbridgeError } from '../errors.ts';
import { addAccountCommand } from './commands/account.ts';
import { addApplyCommand } from './commands/apply.ts';
import { addBackupCommand } from './commands/backup.ts';
import { addCheckCommand } from './commands/check.ts';
import { addCompareCommand } from './commands/compare.ts';
import { addConfigCommand } from './commands/config.ts';
import { addConvertCommand } from './commands/convert.ts';
import { addExplainCommand } from './commands/explain.ts';
import { addFindingsCommand } from './commands/findings.ts';
import { addLinkCommands } from './commands/link.ts';
import { addPasswordsCommand } from './commands/passwords.ts';
import { addPlanCommand } from './commands/plan.ts';
import { addRestoreCommand } from './commands/restore.ts';
import { addRulesCommand } from './commands/rules.ts';
import { addRunsCommand } from './commands/runs.ts';
import { addServeCommand } from './commands/serve.ts';
import { addStandbyCommands } from './commands/standby.ts';
import { addStatusCommand } from './commands/status.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addUndoCommand } from './commands/undo.ts';
import { describeFailure, failureJson, failureText, stackOf } from './failure.ts';
import { helpTail } from './help.ts';
import { Session, type Surroundings } from './session.ts';
import { VERSION } from './version.ts';

/** The commands in the order in which an administrator meets them. */
const COMMANDS = [
  addCheckCommand,
  addPlanCommand,
  addApplyCommand,
  addSyncCommand,
  addPasswordsCommand,
  addServeCommand,
  addStatusCommand,
  addRunsCommand,
  addUndoCommand,
  addStandbyCommands,
  addFindingsCommand,
  addExplainCommand,
  addLinkCommands,
  addRulesCommand,
  addConfigCommand,
  addAccountCommand,
  addBackupCommand,
  addRestoreCommand,
  addCompareCommand,
  addConvertCommand,
] as const;

/** Carries out one command line (without `node` and the script) and answers its exit code. Never throws. */
export async function runCommandLine(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const session = new Session(surroundings);
  try {
    await createProgram(session).parseAsync([...args], { from: 'user' });
    await session.out.finish();
  } catch (thrown) {
    if (!(thrown instanceof CommanderError) || thrown.exitCode !== 0)
      session.exitCode = await reportFailure(toUsageError(thrown), args, session);
    await session.out.finish().catch(() => undefined);
  }
  return session.exitCode;
}

function createProgram(session: Session): Command {
  const program = new Command('dirbridge')
    .description('Keeps a Microsoft 365 / Entra ID tenant in step with on-premises directories.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .option('--config <file>', 'configuration file (else DIRBRIDGE_CONFIG, else ./dirbridge.yaml)')
    .option('--json', 'one JSON document on stdout and nothing else there')
    .option('--quiet', 'no progress and no notes, only results and errors')
    .option('--no-color', 'no colours (as with NO_COLOR)')
    .addOption(new Option('--log-level <level>', 'log on stderr, as JSON lines (default: warn)').choices(LOG_LEVELS))
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void session.out.write(text),
      writeErr: () => undefined,
    })
    .exitOverride()
    .hook('preAction', (_program, command) => session.begin(command));
  for (const add of COMMANDS) add(program, session);
  return program.addHelpText('after', helpTail(['check', 'plan', 'apply', 'sync --json'], [0, 1, 2, 3, 4, 70]));
}

/** Mistakes on the command line, in the form of all other errors. */
function toUsageError(thrown: unknown): unknown {
  if (!(thrown instanceof CommanderError)) return thrown;
  if (thrown.code === 'commander.help') return new DirbridgeError('usage', 'a command is missing');
  return new DirbridgeError('usage', thrown.message.replace(/^error: /, '').replace(/\n\((.*)\)$/, ' ($1)'));
}

async function reportFailure(thrown: unknown, args: readonly string[], session: Session): Promise<number> {
  const failure = describeFailure(thrown, args);
  // The options may not have been understood, so the arguments themselves say whether a script is listening.
  if (args.includes('--json') && !session.out.isClosed) await session.out.write(failureJson(failure));
  else session.warn(failureText(failure, session.errorPaint));
  if (session.logLevel === 'debug') session.warn(`${stackOf(thrown)}\n`);
  return failure.exitCode;
}
