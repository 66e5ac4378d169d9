// npm run lab: a real Active Directory domain and an emulated tenant to try things on. Runs on Node 20.
import process from 'node:process';
import { requireDirectoryServers } from './directory-servers.mjs';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  requireDirectoryServers('npm run lab');
  process.exitCode = await runFile('test/lab/lab.ts', process.argv.slice(2));
});
