import { join } from 'node:path';
import process from 'node:process';
import { type LabEmulator, startLabEmulator } from './lab-emulator.ts';
import { prepareLabFolder, writeLabFiles } from './lab-files.ts';
import { chooseUpnSuffix, type LabForest, startForest } from './lab-forest.ts';
import { describeLab } from './lab-instructions.ts';
import { LAB_USAGE, type LabOptions, parseLabOptions } from './lab-options.ts';

const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'number') return options;
  const ended = waitForEnd();
  const running: { stop(): Promise<void> }[] = [];
  try {
    await Promise.race([runLab(options, running), ended]);
    await ended;
    say('stopping ...');
    return 0;
  } catch (error) {
    process.stderr.write(`the lab could not be started: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    await Promise.all(running.map((each) => each.stop()));
  }
}

/** The options, or the exit code of what was asked for instead. */
function readOptions(args: readonly string[]): LabOptions | number {
  try {
    const options = parseLabOptions(args);
    if (options) return options;
    process.stdout.write(`${LAB_USAGE}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${LAB_USAGE}\n`);
    return 2;
  }
}

/**
 * Ctrl-C, another ending signal, or the end of the script that started us. The listeners stay: a second Ctrl-C, from
 * somebody who does not want to wait, must not kill what stops the servers.
 */
function waitForEnd(): Promise<void> {
  return new Promise((resolve) => {
    // Neither the servers nor listening to signals keeps a process alive.
    const stayAlive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(stayAlive);
      resolve();
    };
    for (const signal of ENDING_SIGNALS) process.on(signal, end);
    if (process.connected) process.once('disconnect', end);
  });
}

async function runLab(options: LabOptions, running: { stop(): Promise<void> }[]): Promise<void> {
  await prepareLabFolder(options.folder);
  const forests: LabForest[] = [];
  for (let index = 0; index < options.forests; index += 1) {
    say(`starting Active Directory ${index + 1} of ${options.forests} with ${options.users} users ...`);
    const forest = await startForest(index, options);
    running.push(forest.domain);
    forests.push(forest);
  }
  say('starting the emulated tenant ...');
  const emulator = await startEmulatedTenant(options);
  running.push(emulator.server);
  const configuration = await writeLabFiles(options.folder, forests, emulator);
  process.stdout.write(`\n${describeLab(options.folder, configuration, forests, emulator)}`);
}

function startEmulatedTenant(options: LabOptions): Promise<LabEmulator> {
  const domains = Array.from({ length: options.forests }, (_, index) => ['--domain', chooseUpnSuffix(index)]);
  const args = ['--port', '0', '--tenant', 'contoso.onmicrosoft.com', ...domains.flat()];
  return startLabEmulator([...args, ...options.emulatorArguments], join(options.folder, 'emulator.log'));
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
