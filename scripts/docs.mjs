// npm run docs: writes the generated pages of docs/. Every src/**/*-page.ts writes one. Runs on Node 20 and without any dependency.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { runFile } from './own-node.mjs';
import { ensureInstalled, main, ROOT } from './setup.mjs';

await main(async () => {
  ensureInstalled();
  const files = readdirSync(join(ROOT, 'src'), { recursive: true }).filter((name) => name.endsWith('-page.ts'));
  for (const name of files.sort()) process.exitCode ||= await runFile(join('src', name), []);
});
