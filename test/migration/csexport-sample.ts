import { writeFileSync } from 'node:fs';

/** Small files in the form in which csexport writes the space of Connect's tenant connector, for tests. */

export type SampleValue = string | boolean | bigint | Uint8Array;
export type SampleAttributes = Readonly<Record<string, SampleValue | readonly SampleValue[]>>;

export interface SampleState {
  readonly attributes?: SampleAttributes;
  /** Source anchors; a text that begins with `dn:` is a DN of another form. */
  readonly references?: Readonly<Record<string, readonly string[]>>;
}

export interface SampleChange extends SampleState {
  readonly operation: string;
  /** Attributes that go. */
  readonly cleared?: readonly string[];
  /** Values and references that go, of attributes with many. */
  readonly removed?: SampleState;
}

export interface SampleObject {
  readonly anchor: string;
  readonly type?: string;
  readonly dn?: string;
  readonly synchronized?: SampleState;
  /** Waits for export: the change, the result, or both. */
  readonly change?: SampleChange;
  readonly result?: SampleState;
  /** Any other XML inside of the object. */
  readonly more?: string;
}

/** The DN of an object in the tenant's space: the UTF-8 bytes of its source anchor in hexadecimal. */
export function spaceDn(anchor: string): string {
  return `CN={${Buffer.from(anchor).toString('hex').toUpperCase()}}`;
}

export function csExport(...objects: readonly SampleObject[]): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<cs-objects>\n${objects.map(csObject).join('\n')}\n</cs-objects>\n`;
}

/** Writes a file, as the tools of Windows do or not. */
export function writeCsExport(file: string, xml: string, encoding: 'utf8' | 'utf8-bom' | 'utf16le' = 'utf8'): void {
  const declared = encoding === 'utf16le' ? xml.replace('utf-8', 'utf-16') : xml;
  writeFileSync(file, encoding === 'utf8' ? xml : `\ufeff${declared}`, encoding === 'utf16le' ? 'utf16le' : 'utf8');
}

function csObject(object: SampleObject): string {
  const { anchor, type = 'user', dn = spaceDn(anchor), synchronized, change, result, more = '' } = object;
  const entry = (state: SampleState): string =>
    `<entry dn="${dn}"><primary-objectclass>${type}</primary-objectclass><objectclass><oc-value>${type}</oc-value></objectclass>${content(state)}</entry>`;
  const blocks = [
    change === undefined ? '' : `<unapplied-export>${delta(dn, type, change)}</unapplied-export>`,
    synchronized === undefined ? '' : `<synchronized-hologram>${entry(synchronized)}</synchronized-hologram>`,
    result === undefined ? '' : `<unapplied-export-hologram>${entry(result)}</unapplied-export-hologram>`,
  ];
  return `<cs-object cs-dn="${dn}" id="{68C3525F-1235-41EE-BD97-431BE85A0ACA}" object-type="${type}" transient="false">${blocks.join('')}${more}</cs-object>`;
}

function delta(dn: string, type: string, change: SampleChange): string {
  const { operation, cleared = [], removed } = change;
  const gone = cleared.map((name) => `<attr name="${name}" operation="delete"/>`).join('');
  const isUpdate = operation === 'update';
  const mode = (name: string): string =>
    isUpdate && isPartOf(removed, name) ? 'update' : isUpdate ? 'replace' : 'add';
  return `<delta operation="${operation}" dn="${dn}"><anchor encoding="base64">VQBzAGUAcgA=</anchor><primary-objectclass>${type}</primary-objectclass>${content(change, mode, removed)}${gone}</delta>`;
}

function isPartOf(removed: SampleState | undefined, name: string): boolean {
  return removed?.attributes?.[name] !== undefined || removed?.references?.[name] !== undefined;
}

function content(
  { attributes = {}, references = {} }: SampleState,
  mode?: (name: string) => string,
  removed: SampleState = {},
): string {
  const texts: string[] = [];
  for (const name of new Set([...Object.keys(attributes), ...Object.keys(removed.attributes ?? {})])) {
    const values = [attributes[name] ?? []].flat() as readonly SampleValue[];
    const gone = [removed.attributes?.[name] ?? []].flat() as readonly SampleValue[];
    const [first = ''] = [...values, ...gone];
    const operation = mode === undefined ? '' : ` operation="${mode(name)}"`;
    const written = [...values.map((one) => valueText(one, '')), ...gone.map((one) => valueText(one, 'delete'))];
    texts.push(
      `<attr name="${name}" type="${typeOf(first)}" multivalued="${Array.isArray(attributes[name])}"${operation}>${written.join('')}</attr>`,
    );
  }
  for (const name of new Set([...Object.keys(references), ...Object.keys(removed.references ?? {})])) {
    const operation = mode === undefined ? '' : ` operation="${mode(name)}"`;
    const values = [
      ...(references[name] ?? []).map((one) => referenceText(one, '')),
      ...(removed.references?.[name] ?? []).map((one) => referenceText(one, 'delete')),
    ];
    texts.push(`<dn-attr name="${name}" multivalued="true"${operation}>${values.join('')}</dn-attr>`);
  }
  return texts.join('');
}

function typeOf(value: SampleValue): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  return typeof value === 'bigint' ? 'integer' : 'binary';
}

function valueText(value: SampleValue, operation: string): string {
  const mode = operation === '' ? '' : ` operation="${operation}"`;
  if (value instanceof Uint8Array)
    return `<value${mode} encoding="base64">${Buffer.from(value).toString('base64')}</value>`;
  if (typeof value === 'bigint') return `<value${mode}>0x${BigInt.asUintN(64, value).toString(16)}</value>`;
  return `<value${mode}>${escapeXml(String(value))}</value>`;
}

function referenceText(target: string, operation: string): string {
  const mode = operation === '' ? '' : ` operation="${operation}"`;
  const dn = target.startsWith('dn:') ? target.slice(3) : spaceDn(target);
  return `<dn-value${mode}><dn>${escapeXml(dn)}</dn><anchor encoding="base64">VQBzAGUAcgA=</anchor></dn-value>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
