// npm run faults: random changes, faults and kills against the product, and what is left of the tenant afterwards.
import { mkdir, writeFile } from 'node:fs/promises';
import process from 'node:process';
import { makeTemporaryFolder, removeTemporaryFolder } from '../lab/temporary-folder.ts';
import { runCampaign } from './campaign.ts';
import { type CampaignOptions, HELP, readOptions, UsageError } from './options.ts';
import { formatReport, summarize } from './report.ts';

const RESULTS = new URL('./results/', import.meta.url);

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(HELP);
    return 0;
  }
  const folder = await makeTemporaryFolder('dirbridge-faults-');
  try {
    return await carryOut(options, folder);
  } finally {
    await removeTemporaryFolder(folder);
  }
}

async function carryOut(options: CampaignOptions, folder: string): Promise<number> {
  const startedAt = performance.now();
  const reports = await runCampaign(options, folder, (text) => process.stderr.write(`${text}\n`));
  const minutes = Math.round((performance.now() - startedAt) / 6000) / 10;
  const summary = summarize(reports, { ...options, minutes });
  const text = formatReport(summary);
  process.stdout.write(`${text}\n`);
  if (options.name !== null) {
    await mkdir(RESULTS, { recursive: true });
    await writeFile(new URL(`${options.name}.md`, RESULTS), `${text}\n`);
    process.stdout.write(`\nWritten to test/faults/results/${options.name}.md\n`);
  }
  return summary.failures.length === 0 ? 0 : 1;
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
