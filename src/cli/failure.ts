import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { DirbridgeError, EXIT_CODES, messageOf } from '../errors.ts';
import { Stopped } from './stop-signal.ts';
import type { Paint } from './terminal/paint.ts';
import { printableText } from './terminal/text-width.ts';
import { VERSION } from './version.ts';

/** Whatever ended a command, as it is shown. */
export interface Failure {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** What to say of anything thrown. Whatever is neither a DirbridgeError nor a stop is our own mistake; its stack goes into a file. */
export function describeFailure(thrown: unknown, command: readonly string[]): Failure {
  if (thrown instanceof Stopped)
    return {
      exitCode: thrown.exitCode,
      code: 'stopped',
      message: thrown.message,
      remedy: 'Start the same command again.',
    };
  if (thrown instanceof DirbridgeError && thrown.kind !== 'bug')
    return { exitCode: thrown.exitCode, code: thrown.code, message: thrown.message, remedy: thrown.remedy };
  return {
    exitCode: EXIT_CODES.bug,
    code: 'bug',
    message: `this is a mistake of dirbridge itself: ${messageOf(thrown)}`,
    remedy: `Report it with the file ${writeReport(thrown, command)}: it holds the command, the versions and where it happened. What was done so far is safe.`,
  };
}

function writeReport(thrown: unknown, command: readonly string[]): string {
  const report = [
    `command: dirbridge ${command.join(' ')}`,
    `version: ${VERSION}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `time:    ${new Date().toISOString()}`,
    '',
    stackOf(thrown),
  ].join('\n');
  const file = join(mkdtempSync(join(tmpdir(), 'dirbridge-')), 'mistake.txt');
  writeFileSync(file, `${report}\n`, { mode: 0o600 });
  return file;
}

/** The stack of anything thrown, with those of its causes. */
export function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}

export function failureText(failure: Failure, paint: Paint): string {
  const [first = '', ...more] = failure.message.split('\n').map(printableText);
  return [`${paint('bad', 'dirbridge:')} ${first}`, ...more, `  What to do: ${failure.remedy}`, ''].join('\n');
}

export function failureJson({ code, message, remedy }: Failure): string {
  return `${JSON.stringify({ error: { code, message, remedy } })}\n`;
}
