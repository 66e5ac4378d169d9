import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importFromConnect, lintRules, readConfig, type WrittenImport } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import type { CompiledRule } from '../../src/rules/rule.ts';
import { type ExportSample, writeExport } from './connect-sample.ts';

export interface ImportedSample {
  readonly imported: WrittenImport;
  readonly config: Config;
  readonly rules: readonly CompiledRule[];
  readonly rulesText: string;
  readonly configText: string;
  /** What was told of a name, `outcome: detail`. */
  told(name: string): readonly string[];
  rule(name: string): CompiledRule | undefined;
  /** The flows of a rule as `target: kind text merge`. */
  flows(name: string): readonly string[];
}

/** Connect's own outbound rules hand on names that no rule of anybody's fills. */
const NOT_FILLED = /^no rule fills the attribute /;

/** Writes an export, imports it, and refuses anything else that `config validate` or `rules lint` would say a word about. */
export async function importSample(folder: string, content: ExportSample): Promise<ImportedSample> {
  writeExport(join(folder, 'export'), content);
  return importFolder(join(folder, 'export'), join(folder, 'out'));
}

export async function importFolder(from: string, to: string): Promise<ImportedSample> {
  const imported = await importFromConnect(from, to, true);
  const config = readConfig(join(to, 'dirbridge.yaml'));
  const { rules: set, problems, warnings } = lintRules(config);
  const others = warnings.filter(({ message }) => !NOT_FILLED.test(message));
  const complaints = [...problems, ...others].map(({ rule, message }) => `${rule}: ${message}`);
  if (set === null || complaints.length > 0) throw new Error(`lint says: ${complaints.join('\n')}`);
  const rule = (name: string): CompiledRule | undefined => set.all.find((one) => one.name === name);
  return {
    imported,
    config,
    rules: set.all,
    rulesText: readFileSync(join(to, 'rules.yaml'), 'utf8'),
    configText: readFileSync(join(to, 'dirbridge.yaml'), 'utf8'),
    told: (name) =>
      imported.lines.filter((line) => line.name === name).map(({ outcome, detail }) => `${outcome}: ${detail}`),
    rule,
    flows: (name) => rule(name)?.flows.map((flow) => `${flow.target}: ${flow.kind} ${flow.text} ${flow.merge}`) ?? [],
  };
}
