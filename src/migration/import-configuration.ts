import { basename } from 'node:path';
import { stringify } from 'yaml';
import { type ImportLine, line, type RuleCounts } from './import-report.ts';
import { importRules } from './import-rules.ts';
import { importSettings } from './import-settings.ts';
import { importSources } from './import-sources.ts';
import { type ConnectExport, readConnectExport } from './read-export.ts';

/** What an import gives: the texts of two files, and a line for everything that the export holds. */
export interface ImportedConfiguration {
  readonly server: string;
  readonly rules: number;
  readonly counts: RuleCounts;
  /** Where each secret is expected, in words. */
  readonly secrets: readonly string[];
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly lines: readonly ImportLine[];
}

/**
 * Turns an exported configuration of Azure AD Connect into ours. The same export gives the same texts. Throws `connect-file-invalid`.
 */
export async function importConfiguration(folder: string): Promise<ImportedConfiguration> {
  const source = await readConnectExport(folder);
  const isGroupFilterOff = /^false$/i.test(source.settings.get('Microsoft.OptionalFeature.GroupFiltering') ?? '');
  const { sources, sourceNames, lines: sourceLines } = importSources(source.connectors, isGroupFilterOff);
  const { keys, identity, explained, lines: settingLines } = importSettings(source);
  const {
    rules,
    disable,
    override,
    counts,
    lines: ruleLines,
  } = importRules(source, { identity, explained, sourceNames });
  const origin = `${source.server === '' ? 'a server' : source.server}${source.exportedAt === '' ? '' : `, exported ${source.exportedAt}`}`;
  const content = {
    ...(disable.length > 0 ? { disable } : {}),
    ...(override.length > 0 ? { override } : {}),
    rules,
  };
  return {
    server: source.server,
    rules: source.rules.length,
    counts,
    secrets: secretsOf(sources),
    files: [
      { name: 'dirbridge.yaml', text: write(CONFIG_HEAD, origin, { sources, ...keys }) },
      { name: 'rules.yaml', text: write(RULES_HEAD, origin, content) },
    ],
    lines: [...ruleLines, ...sourceLines, ...settingLines, ...fileLines(source)],
  };
}

const CONFIG_HEAD = [
  'Made by "dirbridge config import" from Azure AD Connect',
  'Before the first plan: put the secrets where this file says, register the application and put its id in, and name',
  'the certification authority of the domain controllers. Then: dirbridge check, and dirbridge plan.',
];
const RULES_HEAD = [
  'What differs from the standard rules in the configuration of Azure AD Connect',
  'The standard rules themselves are shipped with Dirbridge: see "dirbridge rules list".',
];

function write([first = '', ...rest]: readonly string[], origin: string, content: object): string {
  const head = [`${first} (${origin}).`, ...rest].map((text) => `# ${text.replaceAll(/\s+/g, ' ')}\n`).join('');
  return `${head}${stringify(content, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function secretsOf(sources: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const files = sources.map(
    (one) => `the password of ${String(one['user'])} in ${(one['password'] as { readonly file: string }).file}`,
  );
  return [...files, 'the client secret in the environment variable DIRBRIDGE_CLIENT_SECRET'];
}

function fileLines({ policies, otherFiles, missing }: ConnectExport): readonly ImportLine[] {
  return [
    ...missing.map(({ part, without }) => line.left('file', part, `not in the export: ${without}`)),
    ...policies.map(({ file, type, version, rules, unknownKeys }) => {
      const unknown = unknownKeys.length === 0 ? '' : `; keys that we do not know: ${unknownKeys.join(', ')}`;
      const told = `a policy${type === '' ? '' : ` of type ${type}`}${version === '' ? '' : ` of version ${version}`} with ${rules.length} rules${unknown}`;
      return line.taken('file', basename(file), told);
    }),
    ...otherFiles.slice(0, MOST_FILES).map((file) => line.left('file', basename(file), whatElse(basename(file)))),
    ...(otherFiles.length > MOST_FILES
      ? [line.left('file', `${otherFiles.length - MOST_FILES} more files`, whatElse(''))]
      : []),
  ];
}

const MOST_FILES = 10;

function whatElse(name: string): string {
  if (/^PersistedState\.xml$/i.test(name)) return 'what the wizard of Connect remembers for itself';
  if (/\.(zip|7z|rar|tar|gz|tgz|cab)$/i.test(name))
    return 'an archive: if a part of the export is in it, unpack it and import again';
  return 'is neither a rule, a connector, the global settings nor a policy';
}
