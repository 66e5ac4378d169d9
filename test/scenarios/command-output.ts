import { Writable } from 'node:stream';
import { runCommandLine } from '../../src/cli/program.ts';

/** What a command of the product prints, run in this process on a configuration. */
export async function outputOf(configFile: string, ...args: readonly string[]): Promise<string> {
  const [out, err] = [new Kept(), new Kept()];
  const line = ['--config', configFile, '--no-color', ...args];
  const code = await runCommandLine(line, { stdout: out, stderr: err, environment: {} });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${err.text}`);
  return out.text;
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
