// Makes `npx dirbridge` work in a clone: npx looks into node_modules/.bin first.
// Runs on Node 20 and without any dependency, as npm's "prepare" step.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = join(root, 'node_modules', '.bin');
mkdirSync(folder, { recursive: true });
for (const name of ['dirbridge', 'dirbridge-emulator']) {
  const link = join(folder, name);
  rmSync(link, { force: true });
  if (process.platform === 'win32') {
    writeFileSync(`${link}.cmd`, `@node "%~dp0\\..\\..\\bin\\${name}.mjs" %*\r\n`);
  } else {
    symlinkSync(join('..', '..', 'bin', `${name}.mjs`), link);
  }
}
