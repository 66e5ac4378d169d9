// npm run faults: random changes, faults and kills, then a look at the tenant. Runs on Node 20 and without any dependency.
import process from 'node:process';
import { requireDirectoryServers } from './directory-servers.mjs';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  const args = process.argv.slice(2);
  if (args.includes('samba') || args.includes('--against=samba'))
    requireDirectoryServers('npm run faults -- --against samba');
  process.exitCode = await runFile('test/faults/main.ts', args);
});
