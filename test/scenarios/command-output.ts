import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.ts';

/** What a command of the product prints, run in this process on a configuration. */
export function outputOf(configFile: string, ...args: readonly string[]): Promise<string> {
  return outputOfEnd(0, configFile, ...args);
}

/** The same of a command that has to end with this exit code: 1 where errors are open. */
export async function outputOfEnd(expected: number, configFile: string, ...args: readonly string[]): Promise<string> {
  const [out, err] = [new Kept(), new Kept()];
  const line = ['--config', configFile, '--no-color', ...args];
  const code = await runCommandLine(line, { stdout: out, stderr: err, environment: {} });
  if (code !== expected) throw new Error(`${args.join(' ')} ended with ${code}: ${err.text}`);
  return out.text;
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
