import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type ServerProcess, startServerProcess } from './server-process.ts';

const EMULATOR = fileURLToPath(new URL('../../bin/dirbridge-emulator.mjs', import.meta.url));
const READY_LIMIT_MS = 30_000;
const POLL_MS = 25;

const readyLine = z.object({
  url: z.string(),
  tenantId: z.string(),
  tenant: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
});

/** What the emulator says when it is ready, and the process it runs in. */
export interface LabEmulator extends z.infer<typeof readyLine> {
  readonly server: ServerProcess;
}

/** Starts `dirbridge-emulator` with the arguments and waits for its ready line. The log must not hold one already. */
export async function startLabEmulator(args: readonly string[], logFile: string): Promise<LabEmulator> {
  const server = startServerProcess({ command: process.execPath, args: [EMULATOR, ...args], logFile });
  const deadline = Date.now() + READY_LIMIT_MS;
  while (server.isRunning() && Date.now() < deadline) {
    const ready = findReadyLine(readFileSync(logFile, 'utf8'));
    if (ready) return { ...ready, server };
    await delay(POLL_MS);
  }
  const state = server.isRunning() ? 'is not ready' : 'ended by itself';
  await server.kill();
  throw new Error(`the emulator ${state}:\n${server.readLogTail()}`);
}

function findReadyLine(log: string): z.infer<typeof readyLine> | undefined {
  // Behind the last line break stands a line that may not be written completely.
  for (const line of log.split('\n').slice(0, -1)) {
    if (!line.startsWith('{"url"')) continue;
    return readyLine.parse(JSON.parse(line));
  }
  return undefined;
}
