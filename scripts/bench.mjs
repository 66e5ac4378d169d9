// npm run bench: measures, and writes bench/results/. Runs on Node 20 and without any dependency.
import process from 'node:process';
import { requireDirectoryServers } from './directory-servers.mjs';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  requireDirectoryServers('npm run bench');
  process.exitCode = await runFile('bench/run.ts', process.argv.slice(2));
});
