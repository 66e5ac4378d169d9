import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The command line, to run in a process of its own. */
export const COMMAND_LINE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/**
 * Does something while another process, with this number, is in the middle of a `sync`: it has its plan and begins to write. Afterwards that process is killed by
 * SIGKILL. The tenant has to be slow, so that the process does not end before.
 */
export async function whileSyncing(configFile: string, act: (pid: number) => Promise<void>): Promise<void> {
  const child = spawn(process.execPath, [COMMAND_LINE, '--config', configFile, 'sync'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exit = once(child, 'exit');
  try {
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('plan:')) resolve();
      });
      child.once('exit', () => reject(new Error(`the sync ended by itself:\n${text}`)));
    });
    await act(child.pid ?? 0);
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}
