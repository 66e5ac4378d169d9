import process from 'node:process';
import { App, readConfig, SILENT_LOG } from '../../src/app.ts';

/** A process that runs one password cycle by the configuration file of its argument, says what came of it, and lives on until it is killed. */
const [file = ''] = process.argv.slice(2);

const app = new App(readConfig(file), { log: SILENT_LOG, progress: () => undefined, command: 'passwords sync' });
const { cycle } = await app.syncPasswords({ full: true, users: [] });
console.log(JSON.stringify(cycle));
process.stdin.resume();
