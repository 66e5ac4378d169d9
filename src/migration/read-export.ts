import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { DirbridgeError, messageOf } from '../errors.ts';
import { type ConnectConnector, isSecret, readConnector, TENANT_CONNECTOR } from './connect-connector.ts';
import { type ConnectPolicy, readPolicy } from './connect-policy.ts';
import { type ConnectRule, readConnectRule } from './connect-rule.ts';
import { readSyntaxes, type Syntax } from './connect-schema.ts';
import { descendantsOf, parseXml, type XmlElement } from './xml-element.ts';
import { encodingOf } from './xml-events.ts';

/** An exported server configuration of Azure AD Connect, read whole. */
export interface ConnectExport {
  readonly folder: string;
  readonly server: string;
  readonly exportedAt: string;
  readonly rules: readonly ConnectRule[];
  readonly connectors: readonly ConnectConnector[];
  /** Parameters of the whole server (`Microsoft.OptionalFeature.PasswordHashSync`), as texts. */
  readonly settings: ReadonlyMap<string, string>;
  readonly metaverseSyntaxes: ReadonlyMap<string, Syntax>;
  readonly policies: readonly ConnectPolicy[];
  /** Files that are none of these. */
  readonly otherFiles: readonly string[];
  /** Parts that an export has and this one has not, with what is not known without them. */
  readonly missing: readonly { readonly part: string; readonly without: string }[];
}

const DEEPEST = 4;
const LARGEST = 64 * 1024 * 1024;
/** An export has some hundred files; whoever names the root of a disk by mistake shall not wait for all of it. */
const MOST_FILES = 10_000;
const REMEDY =
  'Give the folder that holds SynchronizationRules, Connectors and GlobalSettings, as Get-ADSyncServerConfiguration writes it.';

/**
 * Reads all XML and JSON files below a folder and tells by their content what they are. Throws DirbridgeError `connect-file-invalid`
 * for a file that is damaged, and when nothing of Azure AD Connect is there.
 */
export async function readConnectExport(folder: string): Promise<ConnectExport> {
  refuseFile(folder);
  const found = new Collected();
  for (const file of listFiles(folder, DEEPEST, { left: MOST_FILES })) found.add(file);
  const whole = found.finish(folder);
  if (whole.rules.length > 0 || whole.connectors.length > 0) return whole;
  const names = [...whole.otherFiles, ...whole.policies.map((policy) => policy.file)].map((file) => basename(file));
  const [seen] = names;
  const there =
    whole.settings.size > 0 ? 'global settings alone' : seen === undefined ? 'no file' : `only others, such as ${seen}`;
  throw new DirbridgeError(
    'connect-file-invalid',
    `${folder} holds no exported configuration of Azure AD Connect: it has neither a rule nor a connector (${there})`,
    { remedy: names.some(isArchive) ? `Unpack the archive first. ${REMEDY}` : REMEDY },
  );
}

function isArchive(name: string): boolean {
  return /\.(zip|7z|rar|tar|gz|tgz|cab)$/i.test(name);
}

function refuseFile(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== false) return;
  const [what, first] = isArchive(folder) ? ['an archive', 'Unpack it first. '] : ['a file, not a folder', ''];
  throw new DirbridgeError('connect-file-invalid', `${folder} is ${what}`, { remedy: `${first}${REMEDY}` });
}

function listFiles(folder: string, deep: number, budget: { left: number }): readonly string[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(folder);
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${folder} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give the folder that an export of Azure AD Connect has written.',
    });
  }
  budget.left -= entries.length;
  if (budget.left < 0)
    throw new DirbridgeError(
      'connect-file-invalid',
      `${folder} lies among more than ${MOST_FILES} files; no export has so many`,
      {
        remedy: REMEDY,
      },
    );
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return deep > 0 ? listFiles(path, deep - 1, budget) : [];
    return entry.isFile() ? [path] : [];
  });
}

function readEntries(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readText(file: string): string {
  const { size } = statSync(file);
  if (size > LARGEST)
    throw new DirbridgeError(
      'connect-file-invalid',
      `${file} has ${size} bytes; no configuration is larger than ${LARGEST}`,
    );
  const bytes = readBytes(file);
  const encoding = encodingOf(bytes);
  // Of old tools a file may be in the code page that it names itself.
  const named = /^[^>]*\bencoding=["'](windows-125\d|iso-8859-\d{1,2})["']/i.exec(
    bytes.toString('latin1', 0, 200),
  )?.[1];
  try {
    return new TextDecoder(encoding === 'utf-8' ? (named ?? encoding) : encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${file} is not encoded in ${named ?? encoding}`, { cause });
  }
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

class Collected {
  readonly #rules: ConnectRule[] = [];
  readonly #connectors: ConnectConnector[] = [];
  readonly #settings = new Map<string, string>();
  readonly #policies: ConnectPolicy[] = [];
  readonly #other: string[] = [];
  #syntaxes: ReadonlyMap<string, Syntax> = new Map();
  #server = '';
  #exportedAt = '';

  /** Files of other kinds are not even opened. */
  add(file: string): void {
    const kind = extname(file).toLowerCase();
    if (kind === '.json') this.#addPolicy(file, readText(file));
    else if (kind === '.xml') this.#addXml(file, parseXml(file, readText(file)));
    else this.#other.push(file);
  }

  #addPolicy(file: string, text: string): void {
    const policy = readPolicy(file, text);
    if (policy === null) this.#other.push(file);
    else this.#policies.push(policy);
  }

  #addXml(file: string, root: XmlElement): void {
    if (root.name === 'synchronizationRule') this.#rules.push(readConnectRule(file, root));
    else if (root.name === 'saved-mv-configuration') this.#addMetaverse(root);
    else {
      const data = root.name === 'ma-data' ? [root] : descendantsOf(root, 'ma-data');
      if (data.length === 0) this.#other.push(file);
      for (const one of data) this.#connectors.push(readConnector(file, one));
    }
  }

  #addMetaverse(root: XmlElement): void {
    this.#server = root.attributes['server'] ?? '';
    this.#exportedAt = root.attributes['export-date'] ?? '';
    this.#syntaxes = readSyntaxes(root);
    for (const parameter of descendantsOf(root, 'parameter'))
      this.#settings.set(parameter.attributes['name'] ?? '', isSecret(parameter) ? '' : parameter.text);
  }

  /** A rule of a policy that the XML has too is the one of the XML: that one is whole. */
  finish(folder: string): ConnectExport {
    const known = new Set(this.#rules.map((rule) => rule.id));
    const added = this.#policies.flatMap((policy) => policy.rules).filter((rule) => !known.has(rule.id));
    const rules = [...this.#rules, ...new Map(added.map((rule) => [rule.id || rule.name, rule])).values()];
    const connectors = [...this.#connectors];
    for (const connector of this.#policies.flatMap((policy) => policy.connectors))
      if (!connectors.some((one) => one.id === connector.id)) connectors.push(connector);
    return {
      folder,
      server: this.#server || (this.#policies[0]?.host ?? ''),
      exportedAt: this.#exportedAt,
      rules: rules.sort((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1)),
      connectors,
      settings: this.#settings,
      metaverseSyntaxes: this.#syntaxes,
      policies: this.#policies,
      otherFiles: this.#other,
      missing: this.#missing(rules, connectors),
    };
  }

  #missing(rules: readonly ConnectRule[], connectors: readonly ConnectConnector[]): ConnectExport['missing'] {
    return [
      ...(rules.length > 0
        ? []
        : [{ part: 'SynchronizationRules', without: 'what you changed in the rules is not known' }]),
      ...(connectors.some((one) => one.kind === 'ad')
        ? []
        : [{ part: 'Connectors (of a forest)', without: 'your directories and their filters are not known' }]),
      ...(connectors.some((one) => one.kind === 'tenant')
        ? []
        : [{ part: `Connectors (of the tenant, {${TENANT_CONNECTOR}})`, without: 'the tenant is not known' }]),
      ...(this.#settings.size > 0
        ? []
        : [
            {
              part: 'GlobalSettings/MV.xml',
              without: 'anchor, join criteria, schedule and deletion threshold are our defaults',
            },
          ]),
    ];
  }
}
