import { type DisturbedDirectory, isGood, type RunChoice, type RunReport, runOnce } from './campaign-run.ts';
import { MemoryDirectoryOfRun } from './memory-directory.ts';
import type { CampaignOptions } from './options.ts';
import { describeFailure } from './report.ts';
import { SambaDirectories } from './samba-directory.ts';
import { Subjects } from './subject-process.ts';

/** Carries out the runs of a campaign, some at a time; a run that cannot be carried out is one that failed. */
export async function runCampaign(
  options: CampaignOptions,
  folder: string,
  note: (text: string) => void,
): Promise<readonly RunReport[]> {
  const deadline = performance.now() + options.minutes * 60_000;
  const samba = options.against === 'samba' ? await SambaDirectories.start() : null;
  const reports: RunReport[] = [];
  let next = options.seed;
  const work = async (): Promise<void> => {
    const subjects = new Subjects();
    try {
      while (next < options.seed + options.runs && performance.now() < deadline) {
        const seed = next++;
        const directory = samba === null ? new MemoryDirectoryOfRun(seed) : await samba.prepare(seed);
        const report = await attempt({ seed, lag: options.lag, via: options.via }, folder, subjects, directory);
        reports.push(report);
        if (!isGood(report)) note(describeFailure(report, options).join('\n'));
        else if (options.isTalkative) note([`Seed ${seed}`, ...report.log.map((text) => `    ${text}`)].join('\n'));
        if (reports.length % 25 === 0) note(`${reports.length} of ${options.runs} runs`);
      }
    } finally {
      await subjects.stop();
    }
  };
  try {
    await Promise.all(Array.from({ length: options.parallel }, work));
  } finally {
    await samba?.stop();
  }
  return reports.sort((a, b) => a.seed - b.seed);
}

async function attempt(
  choice: RunChoice,
  folder: string,
  subjects: Subjects,
  directory: DisturbedDirectory,
): Promise<RunReport> {
  try {
    return await runOnce(choice, folder, subjects, directory);
  } catch (error) {
    const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const damage = {
      lost: 0,
      duplicated: 0,
      wronglyDeleted: 0,
      wrongMemberships: 0,
      wrongValues: 0,
      wrongPasswords: 0,
    };
    return { seed: choice.seed, struck: {}, problems: [problem], log: directory.log, damage, differences: [] };
  }
}
