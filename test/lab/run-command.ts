import { PassThrough } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.ts';

/** What a command printed, and its exit code. */
export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command of the product in this process. */
export async function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [gather(stdout), gather(stderr)];
  const code = await runCommandLine(args, { stdout, stderr, environment });
  // What was written last is told in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() };
}

function gather(stream: PassThrough): readonly Buffer[] {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return pieces;
}
