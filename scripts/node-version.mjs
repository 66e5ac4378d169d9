// Runs on Node 20 and without any dependency: it is what finds the right Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { CODE_CACHE } from './code-cache.mjs';

const OLDEST_NODE = 24;
const OWN_NODE = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

/** Imports the TypeScript file here if this Node can, else runs it in the Node that `npm ci` installed. */
export async function runUnderCurrentNode(file) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= OLDEST_NODE) {
    module.enableCompileCache(CODE_CACHE);
    await import(file.href);
    return;
  }
  if (!existsSync(OWN_NODE)) {
    process.stderr.write(
      `dirbridge needs Node ${OLDEST_NODE} or newer; this is ${process.version} and node_modules holds no newer one.\n` +
        'Run "npm ci" in the folder of dirbridge: it installs the right Node beside it.\n',
    );
    process.exit(2);
  }
  const child = spawn(OWN_NODE, [fileURLToPath(file), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: CODE_CACHE },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal);
    else process.exit(code ?? 70);
  });
}
