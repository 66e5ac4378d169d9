import type { RawAttribute, RawBlock, RawObject, RawValue } from './raw-object.ts';

/** What Connect wants an object of the tenant to be. */
export interface ConnectObject {
  readonly line: number;
  readonly dn: string;
  /** In lower case: user, group, contact, device. */
  readonly type: string;
  /** The source anchor; null where the file does not tell it. */
  readonly anchor: string | null;
  readonly name: string;
  /** `kept`: Connect wants it in the tenant. `deleted`: it is about to delete it. `unmanaged`: it is joined to nothing, so Connect leaves it alone. `empty`: the file says nothing of it. */
  readonly state: 'kept' | 'deleted' | 'unmanaged' | 'empty';
  /** False where the file tells changed attributes only: the others cannot be compared. */
  readonly isWhole: boolean;
  /** Whether Connect has something to send for it. */
  readonly isPending: boolean;
  readonly attributes: ReadonlyMap<string, ConnectAttribute>;
  readonly problems: readonly string[];
}

export interface ConnectAttribute {
  readonly type: string;
  readonly isReference: boolean;
  readonly values: readonly RawValue[];
  /** Of a file that tells changes only: values that go, while others may be there that nobody tells. Null where `values` are all of them. */
  readonly removed: readonly RawValue[] | null;
}

/**
 * The states of an object from the oldest to the newest, as Connect lays them over one another (MSDN, "Connector Space Export XML"): what was
 * synchronized, what was sent and is not confirmed, what is being sent, what is to be sent. Each comes as a change, a hologram, or both.
 */
const LAYERS = [
  { change: 'unconfirmed-export', hologram: 'unconfirmed-export-hologram' },
  { change: 'escrowed-export', hologram: 'escrowed-export-hologram' },
  { change: 'unapplied-export', hologram: 'unapplied-export-hologram' },
] as const;
const OLDEST = 'synchronized-hologram';

/** Changes that do not build on what was there before. */
const WHOLE = ['add', 'replace', 'delete-add'];
const NAMES = ['userPrincipalName', 'displayName', 'commonName', 'mail'];

export function toConnectObject(raw: RawObject): ConnectObject {
  const { block, isWhole, isDeleted } = resultOf(raw);
  const before = raw.blocks.get(OLDEST);
  const shown = isDeleted ? (before ?? block) : block;
  const attributes = new Map([...(shown?.attributes ?? [])].map(([name, one]) => [name, { removed: null, ...one }]));
  return {
    line: raw.line,
    dn: raw.dn,
    type: (raw.type || shown?.type || '').toLowerCase(),
    anchor: anchorOf(raw, attributes),
    name: nameOf(attributes) ?? raw.dn,
    state: stateOf(raw, block, isDeleted),
    isWhole,
    isPending: raw.blocks.has('unapplied-export') || raw.blocks.has('unapplied-export-hologram'),
    attributes,
    problems: raw.problems,
  };
}

interface Result {
  readonly block: RawBlock | undefined;
  readonly isWhole: boolean;
  readonly isDeleted: boolean;
}

function resultOf(raw: RawObject): Result {
  let result: Result = { block: raw.blocks.get(OLDEST), isWhole: raw.blocks.has(OLDEST), isDeleted: false };
  for (const { change, hologram } of LAYERS) {
    const delta = raw.blocks.get(change);
    const whole = raw.blocks.get(hologram);
    const operation = delta?.operation || operationOf(raw, change);
    if (operation === 'delete') result = { ...result, isDeleted: true };
    else if (whole !== undefined) result = { block: whole, isWhole: true, isDeleted: false };
    else if (delta !== undefined) result = applyChange(result, delta);
  }
  return result;
}

/** The export that waits is also told beside the blocks, and of a deletion perhaps there only. */
function operationOf({ marks }: RawObject, change: string): string {
  return change === 'unapplied-export' ? (marks.get('export-delta-operation') ?? '').toLowerCase() : '';
}

function applyChange({ block, isWhole }: Result, delta: RawBlock): Result {
  const isNew = WHOLE.includes(delta.operation);
  const attributes = new Map<string, KnownAttribute>(isNew ? [] : (block?.attributes ?? []));
  for (const [name, change] of delta.attributes) {
    const changed = changeAttribute(attributes.get(name), change, isNew || isWhole);
    // An attribute that is to be cleared stays as one without values: that it is named says that it can be compared.
    attributes.set(name, changed);
  }
  const type = delta.type || (block?.type ?? '');
  return {
    block: { operation: '', dn: delta.dn || (block?.dn ?? ''), type, attributes },
    isWhole: isNew || isWhole,
    isDeleted: false,
  };
}

type KnownAttribute = RawAttribute & Partial<Pick<ConnectAttribute, 'removed'>>;

function changeAttribute(before: KnownAttribute | undefined, change: RawAttribute, isKnown: boolean): KnownAttribute {
  if (change.operation === 'delete') return { ...change, values: [] };
  if (change.operation !== 'update') return { ...change, values: change.values.filter(isKept) };
  const removed = new Set(change.values.filter((value) => !isKept(value)).map(keyOf));
  const added = change.values.filter(isKept);
  for (const value of added) removed.add(keyOf(value));
  const kept = (before?.values ?? []).filter((value) => !removed.has(keyOf(value)));
  const values = [...kept, ...added];
  if (isKnown || (before !== undefined && before.removed == null)) return { ...change, values };
  return { ...change, values, removed: [...(before?.removed ?? []), ...change.values.filter((one) => !isKept(one))] };
}

function isKept({ operation }: RawValue): boolean {
  return operation !== 'delete';
}

function keyOf({ text, isBase64 }: RawValue): string {
  return `${isBase64 ? '#' : ''}${text}`;
}

function stateOf(raw: RawObject, block: RawBlock | undefined, isDeleted: boolean): ConnectObject['state'] {
  if (isDeleted) return 'deleted';
  if (raw.marks.get('connector') === '0') return 'unmanaged';
  return block === undefined ? 'empty' : 'kept';
}

// ------------------------------------------------------------ what it is known by

function anchorOf(raw: RawObject, attributes: ReadonlyMap<string, RawAttribute>): string | null {
  const told = [attributes, ...[...raw.blocks.values()].map((block) => block.attributes)];
  for (const one of told) {
    const [value] = one.get('sourceAnchor')?.values ?? [];
    if (value !== undefined) return anchorText(value);
  }
  return anchorOfDn(raw.dn) ?? [...raw.blocks.values()].map((block) => anchorOfDn(block.dn)).find(Boolean) ?? null;
}

function anchorText({ text, isBase64 }: RawValue): string {
  return isBase64 ? Buffer.from(text, 'base64').toString('utf8') : text;
}

/** In the tenant's space a DN is the source anchor, its UTF-8 bytes in hexadecimal: `CN={6D7956...}`. */
export function anchorOfDn(dn: string): string | null {
  const hex = /^CN=\{((?:[0-9a-f]{2})+)\}$/i.exec(dn.trim())?.[1];
  return hex === undefined ? null : Buffer.from(hex, 'hex').toString('utf8');
}

/** The id in the tenant that an anchor of Connect's names (`User_` and a GUID), in whatever encoding it comes. */
export function tenantIdOf(anchor: string): string | null {
  const bytes = Buffer.from(anchor, 'base64');
  for (const text of [bytes.toString('utf8'), bytes.toString('utf16le')]) {
    const id = /_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i.exec(text)?.[1];
    if (id !== undefined) return id.toLowerCase();
  }
  return null;
}

function nameOf(attributes: ReadonlyMap<string, RawAttribute>): string | undefined {
  for (const name of NAMES) {
    const [value] = attributes.get(name)?.values ?? [];
    if (value !== undefined && value.text !== '') return value.text;
  }
  return undefined;
}
