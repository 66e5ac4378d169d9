import type { ObjectPut, Place, ReferenceChange } from '../../model/change.ts';
import { splitFirstRdn } from '../../model/dn.ts';
import type { Value } from '../../model/value.ts';
import type { ReadProblem, ReadRequest } from '../connector.ts';
import { typeOfAttribute } from './attribute-types.ts';
import { anchorOfKey, keyOfDn } from './dn-key.ts';
import { type FileIndex, type Found, guidBytes, IDENTIFIERS, identifierOf } from './file-index.ts';
import { convertValue, deriveGuid, UnfitValue } from './object-values.ts';
import type { FileFormat, FileRecord, RawValue } from './record.ts';
import { decodeText } from './text-encoding.ts';

/** What a user has that no file gives: a normal account, enabled (ADS_UF_NORMAL_ACCOUNT, MS-ADTS 2.2.16). */
const NORMAL_ACCOUNT = 512n;
/** What a group has that no file gives: a global security group (MS-ADTS 2.2.12). */
const GLOBAL_SECURITY_GROUP = -2147483646n;

/** References of which Active Directory has one, other directories several ([MS-ADA2]): the first counts. */
const SINGLE_REFERENCES: ReadonlySet<string> = new Set(['assistant', 'managedby', 'manager']);

interface AskedAttribute {
  readonly name: string;
  readonly key: string;
}

/**
 * Makes objects of records, as a domain controller would deliver them: values typed as Active Directory's schema types them, names
 * spelled as the request asks for them, references as anchors, the parent by its anchor.
 * What Active Directory always has is filled in: `objectGUID` (from entryUUID, else derived from the anchor), `userAccountControl` 512
 * of users, `groupType` of global security groups.
 */
export class FileObjects {
  readonly #source: string;
  readonly #format: FileFormat;
  readonly #index: FileIndex;
  readonly #attributes: readonly AskedAttribute[];
  readonly #references: readonly AskedAttribute[];
  /** What records must hold for objects to be made of them, in lower case. */
  readonly wanted: ReadonlySet<string>;

  constructor(source: string, format: FileFormat, index: FileIndex, request: ReadRequest) {
    this.#source = source;
    this.#format = format;
    this.#index = index;
    const references = new Set(request.references);
    const ask = (name: string): AskedAttribute => ({ name, key: name.toLowerCase() });
    this.#attributes = request.attributes.filter((name) => !references.has(name)).map(ask);
    this.#references = request.references.map(ask);
    const keys = [...request.attributes, ...request.references].map((name) => name.toLowerCase());
    const substitutes = keys.flatMap((key) => format.substitutes.get(key) ?? []);
    this.wanted = new Set([...keys, ...substitutes, ...IDENTIFIERS, 'objectclass', 'uniquemember']);
  }

  /** The object of a record, or why there is none. */
  make(record: FileRecord): { readonly put: ObjectPut } | { readonly problem: ReadProblem } {
    const anchor = this.#index.anchorOf(record);
    if (record.fault) return { problem: this.#problem(record, anchor, record.fault) };
    const claimants = anchor === null ? [] : this.#index.claimants(anchor);
    if (claimants.length > 0)
      return {
        problem: this.#problem(record, anchor, { reason: `the same object stands in lines ${claimants.join(', ')}` }),
      };
    try {
      return { put: this.#put(record, anchor) };
    } catch (error) {
      if (!(error instanceof UnfitValue)) throw error;
      const { attribute, value, message: reason } = error;
      return { problem: this.#problem(record, anchor, { attribute, reason, ...(value === null ? {} : { value }) }) };
    }
  }

  #problem(
    record: FileRecord,
    anchor: string | null,
    fault: { readonly line?: number; readonly reason: string; readonly attribute?: string; readonly value?: string },
  ): ReadProblem {
    return {
      code: 'source-record-unreadable',
      anchor,
      name: record.dn ?? record.anchorText ?? `line ${record.line}`,
      cause: `${this.#format.path}:${fault.line ?? record.line}: ${fault.reason}`,
      ...(fault.attribute === undefined ? {} : { attribute: fault.attribute }),
      ...(fault.value === undefined ? {} : { value: fault.value }),
    };
  }

  #put(record: FileRecord, anchor: string | null): ObjectPut {
    if (anchor === null) throw new UnfitValue('objectGUID', null, 'objectGUID or entryUUID is no GUID');
    return {
      kind: 'put',
      anchor,
      type: record.type,
      place: record.dn === null ? null : this.#place(record.dn),
      attributes: this.#values(record, anchor),
      references: this.#referTo(record),
    };
  }

  #place(dn: string): Place {
    const hung = this.#index.placeOf(dn);
    if (!hung) return { parent: null, rdn: dn };
    return { parent: this.#anchorOf(hung.parent, 'dn', splitFirstRdn(dn).parent), rdn: hung.rdn };
  }

  #values(record: FileRecord, anchor: string): Readonly<Record<string, Value>> {
    const values: Record<string, Value> = {};
    const rdn = record.dn === null ? null : splitFirstRdn(record.dn).rdn;
    for (const { name, key } of this.#attributes) {
      const raw = record.values.get(key) ?? this.#substitute(record, key);
      const type = this.#format.declaredTypes.get(key) ?? typeOfAttribute(key);
      const value =
        raw && key !== 'objectguid' ? convertValue(name, type, raw, rdn) : this.#missing(record, anchor, key);
      if (value !== undefined) values[name] = value;
    }
    return values;
  }

  #substitute(record: FileRecord, key: string): readonly RawValue[] | undefined {
    const other = this.#format.substitutes.get(key);
    return other === undefined ? undefined : record.values.get(other);
  }

  #missing(record: FileRecord, anchor: string, key: string): Value | undefined {
    const isUser = record.type === 'user' || record.type === 'inetOrgPerson';
    if (key === 'userAccountControl'.toLowerCase()) return isUser ? NORMAL_ACCOUNT : undefined;
    if (key === 'groupType'.toLowerCase()) return record.type === 'group' ? GLOBAL_SECURITY_GROUP : undefined;
    if (key === 'distinguishedName'.toLowerCase()) return record.dn ?? undefined;
    if (key !== 'objectGUID'.toLowerCase()) return undefined;
    const given = identifierOf(record);
    const bytes = given === undefined ? null : guidBytes(given);
    return bytes ? new Uint8Array(bytes) : deriveGuid(this.#source, anchor);
  }

  #referTo(record: FileRecord): Readonly<Record<string, ReferenceChange>> {
    const references: Record<string, ReferenceChange> = {};
    for (const { name, key } of this.#references) {
      const raw = record.values.get(key) ?? (key === 'member' ? record.values.get('uniquemember') : undefined);
      if (!raw) continue;
      const wanted = SINGLE_REFERENCES.has(key) ? raw.slice(0, 1) : raw;
      const targets = new Set(wanted.map((one) => this.#target(name, one)));
      references[name] = { kind: 'complete', targets: [...targets] };
    }
    return references;
  }

  #target(attribute: string, raw: RawValue): string {
    const text = decodeText(raw);
    if (text === null) throw new UnfitValue(attribute, null, `${attribute}: the value is not UTF-8`);
    return this.#anchorOf(this.#index.find(text), attribute, text);
  }

  /**
   * The anchor that a reference means. One that is not in the file keeps its name, and means the object that may come under it later.
   * One that may mean an unreadable record would look like a reference that was taken away, so the object with it must stay as it is.
   */
  #anchorOf(found: Found, attribute: string, text: string): string {
    if (found.kind === 'object') return found.anchor;
    if (found.kind === 'unreadable')
      throw new UnfitValue(
        attribute,
        text,
        `${attribute} refers to the record at line ${found.line}, which cannot be read`,
      );
    if (this.#index.mayHideTargets)
      throw new UnfitValue(
        attribute,
        text,
        `${attribute} refers to ${text}, which may be one of the records that cannot be read`,
      );
    return text.includes('=') ? anchorOfKey(keyOfDn(text)) : text;
  }
}
