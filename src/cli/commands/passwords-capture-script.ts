import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { type Command, InvalidArgumentError } from 'commander';
import { captureScript } from '../../app.ts';
import { DirbridgeError } from '../../errors.ts';
import { helpTail } from '../help.ts';
import type { Session } from '../session.ts';

const TEMPLATE = new URL('../../passwords/capture/check-password.py', import.meta.url);
const PLACE = '/usr/local/sbin/dirbridge-check-password';

interface ScriptOptions {
  readonly source?: string;
  readonly owner?: number;
  readonly earlier?: string;
}

export function addCaptureScriptCommand(passwords: Command, session: Session): void {
  passwords
    .command('capture-script')
    .description(
      'Prints the "check password script" for a Samba domain controller, which hands new passwords to this Dirbridge (passwords.method: capture).',
    )
    .option('--source <name>', 'the source that the domain controller belongs to; needed when there are several')
    .option(
      '--owner <uid>',
      'id of the user that dirbridge serve runs as there; default: the owner of the folder of the socket, else this user',
      parseUid,
    )
    .option(
      '--earlier <script>',
      'the "check password script" that smb.conf names until now: it goes on to decide, instead of the rules of Samba',
    )
    .addHelpText(
      'after',
      `\nHow to install it is told on stderr.\n${helpTail(
        [
          `passwords capture-script > ${PLACE}`,
          "passwords capture-script --earlier '/usr/local/sbin/crackcheck -d /usr/share/dict/cracklib'",
        ],
        [0, 2],
      )}`,
    )
    .action((options: ScriptOptions) => printScript(session, options));
}

async function printScript(session: Session, options: ScriptOptions): Promise<void> {
  const app = session.openApp('passwords capture-script');
  const { socket } = app.config.passwords;
  if (app.config.passwords.method !== 'capture' || socket === undefined)
    throw new DirbridgeError('usage', `${app.config.file} does not say passwords: { method: capture, socket: PATH }`, {
      remedy: 'Say so first (docs/guide/password-capture.md): the script has to know the socket.',
    });
  const source = sourceOf(
    app.config.sources.filter(({ kind }) => kind === 'ad').map(({ name }) => name),
    options.source,
  );
  const owner = options.owner ?? ownerOf(socket);
  const settings = { socket, owner, source, earlier: options.earlier ?? '' };
  const script = captureScript(readFileSync(TEMPLATE, 'utf8'), settings);
  const smbConf = [`check password script = ${PLACE}`];
  if (session.json) {
    await session.out.line(JSON.stringify({ script, ...settings, smbConf }));
    return;
  }
  await session.out.line(script.trimEnd());
  session.note(
    [
      `It hands over to ${socket} and to nobody but user ${owner}. On the domain controller, as root:`,
      `  write it to ${PLACE}, then: chown root:root ${PLACE}; chmod 755 ${PLACE}`,
      '  into the section [global] of smb.conf:',
      ...smbConf.map((line) => `      ${line}`),
      '  then restart Samba. The domain must demand complexity, or Samba never runs it: samba-tool domain passwordsettings show',
    ].join('\n'),
  );
}

/** Throws `usage` when it is not clear which source. */
function sourceOf(names: readonly string[], asked: string | undefined): string {
  const known = names.length === 0 ? 'there is none' : `there is ${names.join(', ')}`;
  if (asked !== undefined && !names.includes(asked))
    throw new DirbridgeError('usage', `there is no source "${asked}" of kind ad; ${known}`);
  if (asked !== undefined) return asked;
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  throw new DirbridgeError('usage', `say with --source which source the domain controller belongs to; ${known}`);
}

function ownerOf(socket: string): number {
  const folder = statSync(dirname(socket), { throwIfNoEntry: false });
  return folder?.uid ?? process.getuid?.() ?? 0;
}

function parseUid(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be the number of a user, as "id -u NAME" prints it.');
}
