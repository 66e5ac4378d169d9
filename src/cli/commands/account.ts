import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CheckLine } from '../../app.ts';
import { ACCOUNT_PLATFORMS, type AccountPlatform, type App } from '../../app.ts';
import { DirbridgeError, EXIT_CODES, messageOf } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';
import { scriptNotes, writeAccountLines, writeAccountScript } from '../views/account-page.ts';

export function addAccountCommand(program: Command, session: Session): void {
  const account = program
    .command('account')
    .description('The account that a source signs in to its directory with.')
    .addHelpText('after', helpTail(['account create --for windows --output create-account.ps1'], [0, 2, 4, 70]));
  account
    .command('create')
    .description(
      'Prepare the service account of a source, with the least rights that the configuration needs. Prints a script for an administrator (PowerShell, or a ' +
        'shell script for Samba) and changes nothing; with --run it does it itself in a Samba domain, and writes the generated password into the secret file ' +
        'of the source, and nowhere else.',
    )
    .option('--source <name>', 'of the configuration; needed where several sign in to a directory')
    .addOption(
      new Option('--for <platform>', 'print the script for these domain controllers').choices(ACCOUNT_PLATFORMS),
    )
    .option('--output <file>', 'write the script into a file instead')
    .option('--run', 'do it now, over LDAP (Samba domains only)')
    .option('--admin <user>', 'with --run: the administrator who does it')
    .option('--admin-password-file <file>', 'a file with the password of the administrator (else it is asked for)')
    .option('--admin-password-env <name>', 'an environment variable with that password')
    .option('--container <dn>', 'where the account is to be (default: where the directory puts users)')
    .option('--existing', 'with --run: the account may be there; what it lacks is added')
    .option('--password-length <n>', 'with --run: characters of the generated password, 16 to 127', readLength, 40)
    .option(
      '--force',
      'write over the file of the script; with --run: make a new password and write over the secret file',
    )
    .addHelpText(
      'after',
      helpTail(
        [
          'account create --for windows --output create-account.ps1',
          'account create --for samba > create-account.sh',
          'account create --run --admin Administrator@corp.example.com --source corp',
        ],
        [0, 2, 4, 70],
        { 4: 'the directory could not be reached or refused us, or the account cannot do what it was made for' },
      ),
    )
    .action((options: CreateOptions) => create(session, options));
}

interface CreateOptions {
  readonly source?: string;
  readonly for?: AccountPlatform;
  readonly output?: string;
  readonly run?: boolean;
  readonly admin?: string;
  readonly adminPasswordFile?: string;
  readonly adminPasswordEnv?: string;
  readonly container?: string;
  readonly existing?: boolean;
  readonly passwordLength: number;
  readonly force?: boolean;
}

function readLength(text: string): number {
  const length = Number(text);
  if (Number.isInteger(length) && length >= 16 && length <= 127) return length;
  throw new InvalidArgumentError('must be a number from 16 to 127.');
}

async function create(session: Session, options: CreateOptions): Promise<void> {
  const request = { source: options.source ?? null, container: options.container ?? null };
  if (options.run === true) return run(session, request, options);
  const stray = (['admin', 'adminPasswordFile', 'adminPasswordEnv', 'existing'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (stray !== undefined)
    throw usage(
      `--${stray.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} goes with --run`,
      'Add --run, or leave it out: the script is carried out by an administrator himself.',
    );
  if (options.for === undefined)
    throw usage(
      'for which domain controllers?',
      'Add --for windows or --for samba; or --run, which does it now in a Samba domain.',
    );
  const described = session.openApp('account create').describeAccount(request, options.for);
  const written = options.output === undefined ? null : writeScript(options.output, described.script.text, options);
  if (session.json) await session.out.line(JSON.stringify({ ...described, written }));
  else if (written !== null) await writeAccountScript(session, described, written);
  else {
    await session.out.write(described.script.text);
    for (const line of scriptNotes(described)) session.note(line);
  }
}

/** Windows PowerShell 5.1 takes a file without this mark for one in the code page of the machine. */
const BYTE_ORDER_MARK = '\ufeff';

function writeScript(file: string, text: string, { for: platform, force }: CreateOptions): string {
  try {
    writeFileSync(file, `${platform === 'windows' ? BYTE_ORDER_MARK : ''}${text}`, {
      flag: force === true ? 'w' : 'wx',
    });
    return file;
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')
      throw new DirbridgeError('output-exists', `${file} is there already`, {
        cause,
        remedy: 'Name another file with --output, or give --force to write over it.',
      });
    throw new DirbridgeError('usage', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      remedy: 'Name a file in a folder that is there and that this account may write to.',
    });
  }
}

async function run(
  session: Session,
  request: { readonly source: string | null; readonly container: string | null },
  options: CreateOptions,
): Promise<void> {
  if (options.output !== undefined || options.for === 'windows')
    throw usage('--run makes the account itself, in a Samba domain', 'Leave --run out to get the script.');
  const { admin } = options;
  if (admin === undefined)
    throw usage('--run needs an administrator', 'Name one with --admin, such as Administrator@corp.example.com.');
  const app = session.openApp('account create');
  const { source, user, readsPasswords, rights } = app.describeAccount(request, 'samba');
  const order = {
    admin: { user: admin, readPassword: await adminPassword(session, app, admin, options) },
    useExisting: options.existing === true,
    overwrite: options.force === true,
    passwordLength: options.passwordLength,
  };
  const lines: CheckLine[] = [];
  const steps = app.createAccount(request, order);
  for await (const line of steps) {
    lines.push(line);
    if (!session.json) await writeAccountLines(session, [line]);
  }
  const hasFailed = lines.some(({ state }) => state === 'error');
  if (hasFailed) session.exitCode = EXIT_CODES.outside;
  if (session.json)
    await session.out.line(JSON.stringify({ source, user, readsPasswords, rights, ok: !hasFailed, steps: lines }));
}

async function adminPassword(
  session: Session,
  app: App,
  admin: string,
  { adminPasswordFile: file, adminPasswordEnv: env }: CreateOptions,
): Promise<() => string> {
  if (file !== undefined && env !== undefined)
    throw usage('--admin-password-file and --admin-password-env say the same twice', 'Leave one of them out.');
  if (file !== undefined) return () => app.readSecret({ file });
  if (env !== undefined) return () => app.readSecret({ env });
  const password = await session.askSecret(`Password of ${admin}: `);
  if (password !== null) return () => password;
  throw usage(
    `the password of ${admin} cannot be asked for: there is no terminal`,
    'Name a file with --admin-password-file, or an environment variable with --admin-password-env.',
  );
}

function usage(message: string, remedy: string): DirbridgeError {
  return new DirbridgeError('usage', message, { remedy });
}
