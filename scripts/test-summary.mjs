// Runs on Node 20 and without any dependency.
import { relative } from 'node:path';
import { ROOT } from './setup.mjs';

/**
 * Counts the tests of vitest's JSON report (undefined: it wrote none) and says which parts were skipped and why.
 * A file that could not be loaded, and a vitest that failed without a failed test, count as one failed test each.
 */
export function summarizeTests(report, { status, skipReason, isSelection }) {
  const files = report?.testResults ?? [];
  const broken = files.filter(isBroken);
  const passed = countTests(files, (test) => test.status === 'passed');
  const skipped = countTests(files, isSkipped);
  let failed = countTests(files, isFailed) + broken.length;
  const lines = broken.map((file) => `failed: ${nameFile(file)} could not be run`);
  if (status !== 0 && failed === 0) {
    failed = 1;
    lines.push(`failed: vitest ended with exit code ${status} ${report ? 'without a failed test' : 'and no report'}`);
  }
  const reason = skipReason ?? (isSelection ? 'not selected by the given arguments' : 'marked so in its source');
  return { passed, failed, skipped, lines: [...lines, ...describeSkipped(files, reason)] };
}

function describeSkipped(files, reason) {
  return files
    .map((file) => ({ file, count: file.assertionResults.filter(isSkipped).length }))
    .filter(({ count }) => count > 0)
    .map(({ file, count }) => {
      const why = isBroken(file) ? 'their set-up failed' : reason;
      return `skipped: ${nameFile(file)}, ${count} ${count === 1 ? 'test' : 'tests'}: ${why}`;
    });
}

function countTests(files, matches) {
  return files.reduce((count, file) => count + file.assertionResults.filter(matches).length, 0);
}

/** It could not be loaded, or what its tests need could not be set up. */
function isBroken(file) {
  return file.status === 'failed' && !file.assertionResults.some(isFailed);
}

function isFailed(test) {
  return test.status === 'failed';
}

function isSkipped(test) {
  return test.status !== 'passed' && test.status !== 'failed';
}

function nameFile(file) {
  return relative(ROOT, file.name);
}
