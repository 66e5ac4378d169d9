// npm run docs: writes the pages of docs/reference/ that are made from tables of the product. Runs on Node 20.
import process from 'node:process';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  process.exitCode = await runFile('docs/write-reference.ts', process.argv.slice(2));
});
