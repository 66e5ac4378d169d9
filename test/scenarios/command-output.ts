import { runCommand } from '../lab/run-command.ts';

/** What a command of the product prints, run in this process on a configuration. */
export function outputOf(configFile: string, ...args: readonly string[]): Promise<string> {
  return outputOfEnd(0, configFile, ...args);
}

/** The same of a command that has to end with this exit code: 1 where errors are open. */
export async function outputOfEnd(expected: number, configFile: string, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runCommand(['--config', configFile, '--no-color', ...args]);
  if (code !== expected) throw new Error(`${args.join(' ')} ended with ${code}: ${err}`);
  return out;
}
