// npm test: type check, lint and every test, after installing what is missing. Runs on Node 20 without any dependency.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findDirectoryServerObstacle } from './directory-servers.mjs';
import { ownEnvironment, runTool } from './own-node.mjs';
import { ensureInstalled, isRoot, main } from './setup.mjs';
import { summarizeTests } from './test-summary.mjs';

const SKIP_VARIABLE = 'DIRBRIDGE_SKIP_DIRECTORY';

await main(async () => {
  ensureInstalled();
  const obstacle = findDirectoryServerObstacle();
  // As root a missing server makes its tests fail instead: nothing may be skipped there.
  const skipReason = isRoot() ? undefined : obstacle;
  if (obstacle && isRoot()) process.stderr.write(`${obstacle}: the tests that need them will fail\n`);
  const steps = [await runStep('type check', 'tsc', ['--noEmit']), await runStep('lint', 'biome', ['check'])];
  const summary = await runVitest(process.argv.slice(2), skipReason);
  const failed = summary.failed + steps.filter((passed) => !passed).length;
  const passed = summary.passed + steps.filter((passed) => passed).length;
  for (const line of summary.lines) process.stdout.write(`${line}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${summary.skipped} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
});

async function runStep(title, tool, args) {
  const passed = (await runTool(tool, args)) === 0;
  process.stdout.write(`${title}: ${passed ? 'passed' : 'FAILED'}\n`);
  return passed;
}

async function runVitest(args, skipReason) {
  const folder = mkdtempSync(join(tmpdir(), 'dirbridge-test-'));
  const report = join(folder, 'report.json');
  const environment = ownEnvironment({ [SKIP_VARIABLE]: skipReason ?? '' });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const status = await runTool('vitest', ['run', ...reporters, ...args], environment);
  try {
    return summarizeTests(readReport(report), { status, skipReason, isSelection: args.some(selectsByName) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function selectsByName(argument) {
  return /^(?:-t|--testNamePattern)(?:=|$)/.test(argument);
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
