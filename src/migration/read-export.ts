import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { DirbridgeError, messageOf } from '../errors.ts';
import { type ConnectConnector, readConnector } from './connect-connector.ts';
import { type ConnectPolicy, readPolicy } from './connect-policy.ts';
import { type ConnectRule, readConnectRule } from './connect-rule.ts';
import { readSyntaxes, type Syntax } from './connect-schema.ts';
import { descendantsOf, parseXml, type XmlElement } from './xml-element.ts';

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
}

const DEEPEST = 4;
const LARGEST = 64 * 1024 * 1024;

/**
 * Reads all XML and JSON files below a folder and tells by their content what they are. Throws DirbridgeError `connect-file-invalid`
 * for a file that is damaged, and when nothing of Azure AD Connect is there.
 */
export async function readConnectExport(folder: string): Promise<ConnectExport> {
  const found = new Collected();
  for (const file of listFiles(folder, DEEPEST)) found.add(file, readText(file));
  const whole = found.finish(folder);
  if (whole.rules.length === 0 && whole.connectors.length === 0)
    throw new DirbridgeError('connect-file-invalid', `${folder} holds no exported configuration of Azure AD Connect`, {
      remedy:
        'Give the folder that holds SynchronizationRules, Connectors and GlobalSettings, as Get-ADSyncServerConfiguration writes it.',
    });
  return whole;
}

function listFiles(folder: string, deep: number): readonly string[] {
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(folder);
  } catch (cause) {
    throw new DirbridgeError('connect-file-invalid', `${folder} cannot be read: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give the folder that an export of Azure AD Connect has written.',
    });
  }
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return deep > 0 ? listFiles(path, deep - 1) : [];
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
  const bytes = readFileSync(file);
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isWide ? 'utf-16le' : 'utf-8').decode(bytes);
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

  add(file: string, text: string): void {
    const kind = extname(file).toLowerCase();
    if (kind === '.json') this.#addPolicy(file, text);
    else if (kind === '.xml') this.#addXml(file, parseXml(file, text));
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
      this.#settings.set(parameter.attributes['name'] ?? '', parameter.text);
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
    };
  }
}
