import { guidToText } from '../../../model/anchor.ts';
import type { ReferenceChange, SourceType } from '../../../model/change.ts';
import type { Scalar, Value } from '../../../model/value.ts';
import { type LdapAttribute, type LdapEntry, spanTexts } from '../ldap/ldap-entry.ts';
import type { Column, Columns } from './attribute-columns.ts';
import { guidOfDn, guidOfEncodedDn, isDeletedTarget, plainDn } from './extended-dn.ts';
import { chooseType } from './object-type.ts';
import { parseRange } from './value-range.ts';

/** Values of a multi-valued attribute that the server did not send at once. */
export interface RangeLeft {
  readonly column: Column;
  readonly low: number;
}

/** Targets that are known by DN only (servers without the extended DN control). */
export interface DnTargets {
  readonly column: Column;
  readonly dns: readonly string[];
}

/** An entry, decoded. What was not sent is not here: null for type and parent, no key for attributes. */
export interface DirectoryObject {
  /** null when the account may not even read the objectGUID. */
  readonly anchor: string | null;
  readonly dn: string;
  readonly type: SourceType | null;
  readonly classes: readonly string[];
  /** Anchor; null when it was not sent. Completed later where it must be known (complete-object.ts). */
  parent: string | null;
  readonly isHidden: boolean;
  readonly isDeleted: boolean;
  /** Made since the last read, and all of it is here. DirSync sends whenCreated of such objects only; uSNCreated tells it otherwise. */
  readonly isNew: boolean;
  readonly attributes: Record<string, Value>;
  /** The attributes as they are to be stored, where an entry was decoded to that at once; `attributes` is empty then. */
  readonly document: string | null;
  readonly cleared: readonly string[];
  readonly references: Record<string, ReferenceChange>;
  readonly rangesLeft: readonly RangeLeft[];
  readonly dnTargets: readonly DnTargets[];
  /** A value that could not be decoded. */
  readonly problem: { readonly attribute: string; readonly value: string; readonly cause: string } | null;
  /** Changes of single values of an attribute that is no reference: only reading it again tells what it is now. */
  readonly isIncomplete: boolean;
}

/** What every request asks for besides the columns. */
export const IDENTITY_ATTRIBUTES = ['objectGUID', 'objectClass', 'parentGUID'] as const;

/** `positions`: `;range=` tells which values of how many these are; `changes`: DirSync, which were added and removed. */
export type RangeMeaning = 'positions' | 'changes';

export interface DraftObject {
  anchor: string | null;
  dn: string;
  type: SourceType | null;
  classes: readonly string[];
  parent: string | null;
  isHidden: boolean;
  isDeleted: boolean;
  isNew: boolean;
  attributes: Record<string, Value>;
  document: string | null;
  cleared: string[];
  references: Record<string, ReferenceChange>;
  rangesLeft: RangeLeft[];
  dnTargets: DnTargets[];
  problem: DirectoryObject['problem'];
  isIncomplete: boolean;
}

/** Takes what one attribute of an entry says of the object. */
export type Reader = (draft: DraftObject, entry: LdapEntry, attribute: LdapAttribute) => void;

/** Decodes entries of one read. Keeps what it learnt about attribute names and classes. */
export class ObjectDecoder {
  readonly #columns: Columns;
  readonly #meaning: RangeMeaning;
  readonly #readers = new Map<string, readonly Reader[]>();
  readonly #classes = new Map<string, { readonly type: SourceType; readonly classes: readonly string[] }>();

  constructor(columns: Columns, meaning: RangeMeaning) {
    this.#columns = columns;
    this.#meaning = meaning;
  }

  decode(entry: LdapEntry): DirectoryObject {
    const draft = this.begin(entry.dn);
    for (const attribute of entry.attributes) {
      for (const read of this.#readersOfName(attribute.name)) read(draft, entry, attribute);
    }
    return this.end(draft, entry.dn);
  }

  /** An object of which nothing is known but its DN. */
  begin(dn: string): DraftObject {
    return {
      anchor: null,
      dn: plainDn(dn),
      type: null,
      classes: [],
      parent: null,
      isHidden: false,
      isDeleted: false,
      isNew: false,
      attributes: {},
      document: null,
      cleared: [],
      references: {},
      rangesLeft: [],
      dnTargets: [],
      problem: null,
      isIncomplete: false,
    };
  }

  end(draft: DraftObject, dn: string): DirectoryObject {
    draft.anchor ??= guidOfDn(dn);
    return draft;
  }

  #readersOfName(wireName: string): readonly Reader[] {
    const known = this.#readers.get(wireName);
    if (known) return known;
    const readers = this.readersOf(wireName);
    // Ranges come in any number of spellings; whole names are few.
    if (!wireName.includes(';')) this.#readers.set(wireName, readers);
    return readers;
  }

  /** Who takes what an attribute of that name says; `identityOnly`: its value is taken elsewhere. */
  readersOf(wireName: string, identityOnly = false): readonly Reader[] {
    const range = parseRange(wireName);
    const name = (range?.name ?? wireName).toLowerCase();
    const column = this.#columns.get(name);
    const readers: Reader[] = [];
    const identity = range ? undefined : this.#identityReader(name);
    if (identity) readers.push(identity);
    if (column && !identityOnly) {
      if (!range) readers.push((draft, entry, attribute) => readWhole(draft, entry, attribute, column));
      else if (this.#meaning === 'changes')
        readers.push((draft, entry, attribute) => readValueChanges(draft, entry, attribute, column, range.low === 1));
      else
        readers.push((draft, entry, attribute) => {
          readWhole(draft, entry, attribute, column);
          if (range.high !== null) leaveRange(draft, column, range.high + 1);
        });
    }
    return readers;
  }

  #identityReader(name: string): Reader | undefined {
    switch (name) {
      case 'objectguid':
        return (draft, entry, attribute) => {
          draft.anchor = readGuid(entry, attribute);
        };
      case 'entryuuid':
        return (draft, entry, attribute) => {
          draft.anchor ??= firstText(entry, attribute).toLowerCase();
        };
      case 'parentguid':
        return (draft, entry, attribute) => {
          draft.parent = readGuid(entry, attribute);
        };
      case 'objectclass':
        return (draft, entry, attribute) => {
          const { type, classes } = this.#typeOf(entry, attribute);
          draft.type = type;
          draft.classes = classes;
        };
      case 'isdeleted':
        return (draft, entry, attribute) => {
          draft.isDeleted = firstText(entry, attribute) === 'TRUE';
        };
      case 'whencreated':
        return (draft, _, attribute) => {
          draft.isNew = attribute.spans.length > 0;
        };
      case 'showinadvancedviewonly':
        return (draft, entry, attribute) => {
          draft.isHidden = firstText(entry, attribute) === 'TRUE';
        };
      default:
        return undefined;
    }
  }

  /** Objects of one kind send the same classes in the same bytes: those are worked out once. */
  #typeOf(entry: LdapEntry, attribute: LdapAttribute) {
    const { spans } = attribute;
    const key = entry.bytes.toString('latin1', spans[0] ?? 0, spans[spans.length - 1] ?? 0);
    let known = this.#classes.get(key);
    if (!known) {
      const classes = spanTexts(entry, attribute);
      known = { classes, type: chooseType(classes) };
      this.#classes.set(key, known);
    }
    return known;
  }
}

function readWhole(draft: DraftObject, entry: LdapEntry, attribute: LdapAttribute, column: Column): void {
  if (column.isReference) {
    readTargets(draft, entry, attribute, column);
    return;
  }
  if (attribute.spans.length === 0) {
    draft.cleared.push(column.name);
    return;
  }
  try {
    draft.attributes[column.name] = decodeValue(entry, attribute, column);
  } catch (error) {
    const value = firstText(entry, attribute);
    draft.problem = {
      attribute: column.name,
      value,
      cause: `The value of ${column.name} is no ${column.kind}: ${String(error)}`,
    };
  }
}

function readTargets(draft: DraftObject, entry: LdapEntry, attribute: LdapAttribute, column: Column): void {
  const targets: string[] = [];
  const dns: string[] = [];
  splitTargets(entry, attribute, targets, dns);
  if (dns.length > 0) draft.dnTargets.push({ column, dns });
  draft.references[column.name] = { kind: 'complete', targets };
}

function leaveRange(draft: DraftObject, column: Column, low: number): void {
  draft.rangesLeft.push({ column, low });
  const change = draft.references[column.name];
  if (change?.kind === 'complete') draft.references[column.name] = { ...change, more: true };
}

function readValueChanges(
  draft: DraftObject,
  entry: LdapEntry,
  attribute: LdapAttribute,
  column: Column,
  isAdded: boolean,
): void {
  if (!column.isReference) {
    draft.isIncomplete = true;
    return;
  }
  const targets: string[] = [];
  splitTargets(entry, attribute, targets, []);
  const before = draft.references[column.name];
  const { add, remove } = before?.kind === 'delta' ? before : { add: [], remove: [] };
  draft.references[column.name] = isAdded
    ? { kind: 'delta', add: [...add, ...targets], remove }
    : { kind: 'delta', add, remove: [...remove, ...targets] };
}

function splitTargets(entry: LdapEntry, attribute: LdapAttribute, targets: string[], dns: string[]): void {
  const { bytes } = entry;
  const { spans } = attribute;
  for (let index = 0; index < spans.length; index += 2) {
    const start = spans[index] ?? 0;
    const end = spans[index + 1] ?? 0;
    const guid = guidOfEncodedDn(bytes, start, end);
    if (guid === null) dns.push(bytes.toString('utf8', start, end));
    else if (!isDeletedTarget(bytes, start, end)) targets.push(guid);
  }
}

function decodeValue(entry: LdapEntry, attribute: LdapAttribute, column: Column): Value {
  const { spans } = attribute;
  if (column.isSingle) return decodeScalar(entry.bytes, spans[0] ?? 0, spans[1] ?? 0, column);
  const values: Scalar[] = [];
  for (let index = 0; index < spans.length; index += 2)
    values.push(decodeScalar(entry.bytes, spans[index] ?? 0, spans[index + 1] ?? 0, column));
  return values;
}

function decodeScalar(bytes: Buffer, start: number, end: number, column: Column): Scalar {
  switch (column.kind) {
    case 'bytes':
      // Copied, so that the message it came in can be let go.
      return new Uint8Array(bytes.subarray(start, end));
    case 'integer':
      return BigInt(bytes.toString('latin1', start, end));
    case 'boolean':
      return bytes.toString('latin1', start, end) === 'TRUE';
    case 'dn':
      return plainDn(bytes.toString('utf8', start, end));
    case 'text':
      return bytes.toString('utf8', start, end);
  }
}

function readGuid(entry: LdapEntry, attribute: LdapAttribute): string | null {
  const [start, end] = attribute.spans;
  if (start === undefined || end === undefined) return null;
  if (end - start === 16) return guidToText(entry.bytes.subarray(start, end));
  // OpenLDAP may hold it in its readable form.
  return firstText(entry, attribute).toLowerCase();
}

function firstText(entry: LdapEntry, attribute: LdapAttribute): string {
  const [start, end] = attribute.spans;
  return start === undefined ? '' : entry.bytes.toString('utf8', start, end);
}
