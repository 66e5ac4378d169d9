// npm run bench: measures what the specification sets limits for, prints a table and writes bench/results/<name>.json.
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { makeTemporaryFolder, removeTemporaryFolder } from '../test/lab/temporary-folder.ts';
import { describeMachine, describeVersions } from './machine.ts';
import type { Measure, MeasureContext } from './measure.ts';
import { MeasuredProcess } from './measured/measured-process.ts';
import { MEASURES } from './measures.ts';
import { type BenchOptions, HELP, readOptions, UsageError } from './options.ts';
import { formatTable, isGood, type MeasureResult } from './report.ts';

const RESULTS = new URL('./results/', import.meta.url);

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function runMeasure(measure: Measure, options: BenchOptions): Promise<MeasureResult> {
  note(`${measure.name}: ${measure.title}`);
  const startedAt = performance.now();
  const folder = await makeTemporaryFolder('dirbridge-bench-');
  const processes: MeasuredProcess[] = [];
  const context: MeasureContext = {
    sizes: options.sizes,
    folder,
    isProfiling: options.isProfiling,
    note: (text) => note(`  ${text}`),
    start: async (rig) => {
      const started = await MeasuredProcess.start(rig);
      processes.push(started);
      return started;
    },
    limit: (kind, value) => (options.hasLimits ? { limit: { kind, value } } : {}),
  };
  const { name, title } = measure;
  const secondsSoFar = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  try {
    const figures = await measure.run(context);
    return { measure: name, title, seconds: secondsSoFar(), figures, failure: null };
  } catch (error) {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    note(failure);
    return { measure: name, title, seconds: secondsSoFar(), figures: [], failure: failure.split('\n')[0] ?? '' };
  } finally {
    for (const one of processes) await one.end();
    await removeTemporaryFolder(folder);
  }
}

async function writeResults(options: BenchOptions, results: readonly MeasureResult[]): Promise<void> {
  const content = {
    name: options.name,
    measuredAt: new Date().toISOString(),
    quick: options.isQuick,
    machine: await describeMachine(),
    versions: await describeVersions(),
    sizes: options.sizes,
    results,
  };
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL(`${options.name}.json`, RESULTS), `${JSON.stringify(content, null, 2)}\n`);
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), new Date());
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const results: MeasureResult[] = [];
  for (const measure of MEASURES) {
    if (!options.only.includes(measure.name)) continue;
    results.push(await runMeasure(measure, options));
  }
  await writeResults(options, results);
  process.stdout.write(`${formatTable(results)}\n\nWritten to bench/results/${options.name}.json\n`);
  return results.every(isGood) ? 0 : 1;
}

process.once('disconnect', () => process.exit(143));
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const isUse = error instanceof UsageError;
    process.stderr.write(`${isUse ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(isUse ? 2 : 70);
  },
);
