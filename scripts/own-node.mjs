// Runs on Node 20 and without any dependency.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { CODE_CACHE } from './code-cache.mjs';
import { ROOT } from './setup.mjs';

const BIN = join(ROOT, 'node_modules', '.bin');
const ON_WINDOWS = process.platform === 'win32';

/** The environment in which every `node` is the one of node_modules, and compiles each file once. */
export function ownEnvironment(extra = {}) {
  const path = `${BIN}${delimiter}${process.env.PATH ?? ''}`;
  return { ...process.env, PATH: path, NODE_COMPILE_CACHE: CODE_CACHE, ...extra };
}

/** Runs a tool of node_modules/.bin under our own Node, output shown; answers its exit code. */
export function runTool(name, args, environment = ownEnvironment()) {
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: environment, shell: ON_WINDOWS };
  return waitFor(spawn(join(BIN, ON_WINDOWS ? `${name}.cmd` : name), args, options), name);
}

/**
 * Runs a TypeScript file of the project under our own Node and answers its exit code. Signals are handed on; the
 * channel between us closes when we end in another way, which the file sees as the event "disconnect".
 */
export function runFile(path, args) {
  const command = ON_WINDOWS ? process.execPath : join(BIN, 'node');
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'];
  return waitFor(spawn(command, [join(ROOT, path), ...args], { stdio, env: ownEnvironment() }), path);
}

function waitFor(child, name) {
  const handOn = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, handOn);
  return new Promise((resolve) => {
    child.once('error', (error) => {
      process.stderr.write(`cannot run ${name}: ${error.message}\n`);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(each, handOn);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}
