// npm start: the first run, on an emulated tenant. Runs on Node 20 and without any dependency.
import process from 'node:process';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  process.exitCode = await runFile('examples/first-run/run.ts', process.argv.slice(2));
});
