import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { type Config, loadConfig } from '../config.ts';
import { DirbridgeError, messageOf } from '../errors.ts';
import { loadRuleSet } from '../rules/rule-set.ts';
import { readCertificates } from './certificates.ts';
import { type Keys, readKeys, setAt } from './configuration-keys.ts';
import { CopiedFiles } from './copied-files.ts';
import { EXPORT_MARK, markText, shippedFingerprints } from './export-mark.ts';
import { movedPath, placeOf } from './place-of-path.ts';
import { type FileContent, findKind, type SectionKind, type SectionKinds, valueAt } from './section-kind.ts';

/** Something that does not come along and has to be there before the other server can start. */
export interface NeededThing {
  readonly kind: 'file' | 'environment variable';
  /** The path as the copy names it, or the name of the variable. */
  readonly name: string;
  /** What it is for: `password of source corp`. */
  readonly purpose: string;
  /** Why a file that would come along does not. */
  readonly why: string | null;
}

/** A key that is another one in the copy. */
export interface DifferingKey {
  readonly key: string;
  readonly here: string;
  readonly there: string;
  readonly why: string;
}

export interface ExportedConfiguration {
  /** The configuration that was exported. */
  readonly file: string;
  readonly version: string;
  /** dirbridge.yaml first. Names are paths below the folder of the copy, with slashes. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly copied: readonly { readonly name: string; readonly from: string; readonly without: string | null }[];
  readonly needed: readonly NeededThing[];
  readonly differing: readonly DifferingKey[];
  /** How many shipped rules the copy is made over. */
  readonly shippedRules: number;
}

/**
 * The files from which another server is set up alike. Reads configuration, rule files and public certificates, and no secret. The same
 * configuration gives the same files, and so does the export of an export. `version`: of this Dirbridge. Throws `config-missing`,
 * `config-invalid`, `rules-invalid`.
 */
export function exportConfiguration(file: string, kinds: SectionKinds, version: string): ExportedConfiguration {
  const config = loadConfig(file, kinds);
  loadRuleSet(config.rules, config.identity);
  const copy = new ConfigurationCopy(config, kinds);
  const text = copy.text(version);
  const shipped = shippedFingerprints(config.rules);
  return {
    file: config.file,
    version,
    files: [
      { name: 'dirbridge.yaml', text },
      { name: EXPORT_MARK, text: markText({ dirbridge: version, shippedRules: shipped }) },
      ...copy.files.all(),
    ],
    copied: copy.files.told(),
    needed: copy.needed,
    differing: copy.differing,
    shippedRules: Object.keys(shipped).length,
  };
}

/** Why the copy writes nothing as long as ours does. */
const SAFE = {
  staging: 'Nothing is written to the tenant while it says staging: true.',
  standby: 'It stands by: nothing is written to the tenant until it is told to take over (dirbridge take-over).',
} as const;

class ConfigurationCopy {
  readonly needed: NeededThing[] = [];
  readonly differing: DifferingKey[] = [];
  readonly files = new CopiedFiles();
  readonly #config: Config;
  readonly #kinds: SectionKinds;

  constructor(config: Config, kinds: SectionKinds) {
    this.#config = config;
    this.#kinds = kinds;
  }

  /** dirbridge.yaml of the copy: what is written in ours, with other paths. */
  text(version: string): string {
    const raw = readKeys(this.#config.file);
    const sources = raw['sources'] as readonly Keys[];
    for (const source of sources)
      this.#moveSection(source, findKind(this.#kinds.sources, String(source['kind'])), `source ${source['name']}`);
    const target = raw['target'] as Keys;
    this.#moveSection(target, findKind(this.#kinds.targets, String(target['kind'])), 'the tenant');
    if (raw['rules'] !== undefined) raw['rules'] = this.#config.rules.map((rule) => this.#copyRules(rule));
    this.#changeStore(raw);
    if (this.#config.standby === null) this.#changeStaging(raw);
    else this.#changeStandby(raw);
    return `${this.#head(version)}${stringify(raw, { lineWidth: 0, aliasDuplicateObjects: false })}`;
  }

  #moveSection(section: Keys, { facts }: SectionKind, owner: string): void {
    for (const key of facts.secrets) this.#moveSecret(valueAt(section, key), `${key} of ${owner}`);
    for (const [key, content] of Object.entries(facts.files)) {
      const path = valueAt(section, key);
      if (typeof path === 'string')
        setAt(
          section,
          key.split('.'),
          this.#moveFile(path, content, `${content === 'data' ? 'data' : key} of ${owner}`),
        );
    }
  }

  #moveSecret(secret: unknown, purpose: string): void {
    if (typeof secret !== 'object' || secret === null) return;
    const source = secret as { file?: string; env?: string };
    if (source.env !== undefined) this.#need('environment variable', source.env, purpose);
    if (source.file !== undefined) source.file = this.#moveFile(source.file, 'secret', purpose);
  }

  #moveFile(path: string, content: FileContent, purpose: string): string {
    const place = placeOf(this.#config.folder, path);
    if (content !== 'certificates') return this.#need('file', movedPath(place), purpose);
    const certificates = readCertificates(place.absolute);
    if ('why' in certificates) return this.#need('file', movedPath(place), purpose, certificates.why);
    const without = certificates.hasMore ? 'only its certificates: whatever else is in it, such as a key, stays' : null;
    return this.files.add('certificates', place.absolute, certificates.text, without);
  }

  #need(kind: NeededThing['kind'], name: string, purpose: string, why: string | null = null): string {
    this.needed.push({ kind, name, purpose, why });
    return name;
  }

  #copyRules(rule: string): string {
    return rule === 'standard' ? rule : this.files.add('rules', rule, readText(rule), null);
  }

  #changeStore(raw: Keys): void {
    const { inside, absolute } = placeOf(this.#config.folder, this.#config.store.path);
    if (inside === null) delete raw['store'];
    else if (raw['store'] !== undefined) raw['store'] = `sqlite:${inside}`;
    const why =
      inside === null
        ? 'each server has a store of its own; ours lies outside of the folder, so the copy has its own beside its file'
        : 'each server has a store of its own, beside its file; do not copy ours';
    this.differing.push({
      key: 'store',
      here: `sqlite:${inside ?? absolute}`,
      there: `sqlite:${inside ?? './dirbridge.db'}`,
      why,
    });
  }

  #changeStaging(raw: Keys): void {
    raw['staging'] = true;
    const why =
      'two servers must never write to one tenant; take it out there when this server is off or in staging mode';
    this.differing.push({ key: 'staging', here: String(this.#config.staging), there: 'true', why });
  }

  /** Who of two servers writes is settled between them, so the other one needs no staging mode. */
  #changeStandby(raw: Keys): void {
    delete raw['staging'];
    const standby = raw['standby'] as Keys;
    standby['folder'] = this.#config.standby?.folder;
    if (standby['server'] === undefined) return;
    const why = 'each server has a name of its own; without one it goes by that of its host';
    this.differing.push({ key: 'standby.server', here: String(standby['server']), there: '(left out)', why });
    delete standby['server'];
  }

  #head(version: string): string {
    const needed = this.needed.map(({ name, kind, purpose }) => `  ${kind} ${name}: ${purpose}`);
    return [
      `Made by "dirbridge config export" of Dirbridge ${version}. ${SAFE[this.#config.standby === null ? 'staging' : 'standby']}`,
      ...(needed.length > 0 ? ['No secret and no data came along. Needed before the first plan:', ...needed] : []),
      'Then: dirbridge config validate, dirbridge check, and dirbridge plan.',
    ]
      .map((line) => `# ${line.replaceAll(/[\r\n]+/g, ' ')}\n`)
      .join('');
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DirbridgeError('rules-invalid', `${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
