import { guidToBytes, guidToText } from '../../model/anchor.ts';
import type { ObjectPut, Place } from '../../model/change.ts';
import { splitFirstRdn } from '../../model/dn.ts';
import { anchorOfKey, isDomainKey, keyOfDn } from './dn-key.ts';
import type { FileRecord, RawValue } from './record.ts';

/** What a name or anchor of the file turns out to mean. */
export type Found =
  | { readonly kind: 'object'; readonly anchor: string }
  /** A record that is there but does not say which object it is. */
  | { readonly kind: 'unreadable'; readonly line: number }
  | { readonly kind: 'absent' };

const ABSENT: Found = { kind: 'absent' };

/**
 * Which objects a file holds, by name and by anchor: made in a first pass, so that in the second every reference can be resolved at once,
 * whichever of the two comes first. Holds names and anchors only, never an object.
 */
export class FileIndex {
  /** By DN key, and by `aliasKey` of an anchor text: an anchor, or the line of a record that hides which object it is. */
  readonly #byKey = new Map<string, string | number>();
  readonly #lineByAnchor = new Map<string, number>();
  readonly #claimants = new Map<string, readonly number[]>();
  readonly #parents = new Map<string, string>();
  readonly #counts = new Map<string, number>();
  #uncertain: FileRecord[] = [];
  #nameless = 0;
  #hasGuids = false;

  /** Objects that the file holds, by type. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  get size(): number {
    return this.#lineByAnchor.size;
  }

  /** Takes notice of a record in the first pass. */
  add(record: FileRecord): void {
    if (record.dn !== null) this.#addParents(record.dn, keyOfDn(record.dn));
    const guid = guidOf(record);
    if (guid !== null && guid !== 'broken') this.#hasGuids = true;
    // What such a record can be taken for depends on whether the others carry GUIDs.
    if (record.fault?.hidesIdentity && guid === null) this.#uncertain.push({ ...record, values: new Map() });
    else this.#enter(record, this.anchorOf(record));
  }

  /** To be called at the end of the first pass. */
  finish(): void {
    for (const record of this.#uncertain) this.#enter(record, this.anchorOf(record));
    this.#uncertain = [];
  }

  /** The anchor of a record; null when it cannot be told which object it is. Good after `finish`. */
  anchorOf(record: FileRecord): string | null {
    const guid = guidOf(record);
    if (guid === 'broken') return null;
    if (guid !== null) return guid.text;
    if (record.fault?.hidesIdentity && (this.#hasGuids || record.fault.attribute !== undefined)) return null;
    if (record.anchorText !== null) return record.anchorText;
    return record.dn === null ? null : ownText(anchorOfKey(keyOfDn(record.dn)));
  }

  /** The lines of all records that claim this anchor or the name of its object, when there are several; else empty. */
  claimants(anchor: string): readonly number[] {
    return this.#claimants.get(anchor) ?? [];
  }

  /** What a DN or the text of an anchor refers to. */
  find(reference: string): Found {
    const key = keyOfDn(reference);
    const held = this.#byKey.get(key) ?? this.#byAnchorText(reference);
    if (typeof held === 'number') return { kind: 'unreadable', line: held };
    if (held !== undefined) return { kind: 'object', anchor: held };
    if (this.#parents.has(key)) return { kind: 'object', anchor: anchorOfKey(key) };
    const guid = guidText(reference);
    return guid !== null && this.#lineByAnchor.has(guid) ? { kind: 'object', anchor: guid } : ABSENT;
  }

  #byAnchorText(reference: string): string | number | undefined {
    return this.#lineByAnchor.has(reference) ? reference : this.#byKey.get(aliasKey(reference));
  }

  /** Whether a reference that finds nothing may mean a record that could not even be named. */
  get mayHideTargets(): boolean {
    return this.#nameless > 0 && this.#hasGuids;
  }

  /** Where an object of this name hangs; what its parent is comes from `find`. */
  placeOf(dn: string): { readonly parent: Found; readonly rdn: string } | null {
    if (isDomainKey(keyOfDn(dn))) return null;
    const { rdn, parent } = splitFirstRdn(dn);
    return parent === '' ? null : { parent: this.find(parent), rdn };
  }

  /** Containers that names in the file speak of without an entry of their own, parents first. */
  *impliedContainers(): Generator<ObjectPut> {
    const keys = [...this.#parents.keys()].filter((key) => !this.#byKey.has(key));
    keys.sort((a, b) => a.split(',').length - b.split(',').length || (a < b ? -1 : 1));
    for (const key of keys) {
      const dn = this.#parents.get(key) ?? key;
      const hung = this.placeOf(dn);
      const place: Place = hung
        ? { parent: hung.parent.kind === 'object' ? hung.parent.anchor : null, rdn: hung.rdn }
        : { parent: null, rdn: dn };
      const type = isDomainKey(key) ? 'domain' : 'container';
      yield { kind: 'put', anchor: anchorOfKey(key), type, place, attributes: {}, references: {} };
    }
  }

  /** The DNS name of the domain that the names in the file belong to; null when they have no dc parts. RFC 2247. */
  domainName(): string | null {
    const domains = [...this.#parents.keys(), ...this.#byKey.keys()].filter(isDomainKey);
    const top = domains.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))[0];
    return top === undefined ? null : top.replace(/^dc=/, '').replaceAll(',dc=', '.');
  }

  #enter(record: FileRecord, anchor: string | null): void {
    const keys = [
      ...(record.dn === null ? [] : [keyOfDn(record.dn)]),
      ...(record.anchorText === null || record.anchorText === anchor ? [] : [aliasKey(record.anchorText)]),
    ];
    const rivals = new Set<string>();
    for (const key of keys) {
      const held = this.#byKey.get(key);
      if (held === undefined) this.#byKey.set(ownText(key), anchor ?? record.line);
      else if (typeof held === 'string') rivals.add(held);
    }
    if (anchor === null) {
      if (keys.length === 0) this.#nameless++;
      return;
    }
    if (this.#lineByAnchor.has(anchor)) rivals.add(anchor);
    else this.#lineByAnchor.set(anchor, record.line);
    if (rivals.size > 0) this.#addClaim([...rivals, anchor], record.line);
    this.#counts.set(record.type, (this.#counts.get(record.type) ?? 0) + 1);
  }

  #addClaim(anchors: readonly string[], line: number): void {
    const lines = new Set([line]);
    for (const anchor of anchors) {
      const first = this.#lineByAnchor.get(anchor);
      for (const one of [...this.claimants(anchor), ...(first === undefined ? [] : [first])]) lines.add(one);
    }
    const sorted = [...lines].sort((a, b) => a - b);
    for (const anchor of anchors) this.#claimants.set(anchor, sorted);
  }

  #addParents(dn: string, key: string): void {
    let [name, nameKey] = [dn, key];
    while (!isDomainKey(nameKey)) {
      name = splitFirstRdn(name).parent;
      nameKey = keyOfDn(name);
      if (name === '' || this.#parents.has(nameKey)) return;
      this.#parents.set(ownText(nameKey), ownText(name));
    }
  }
}

/** A copy: a text cut out of a chunk would keep the whole chunk in memory. */
function ownText(text: string): string {
  return Buffer.from(text).toString();
}

/** No DN holds a line break, so the text of an anchor never meets one. */
function aliasKey(anchorText: string): string {
  return `\n${anchorText}`;
}

/** Attributes that say which object a record is, the first that is there counts. */
export const IDENTIFIERS = ['objectguid', 'entryuuid'] as const;

export function identifierOf(record: FileRecord): RawValue | undefined {
  for (const name of IDENTIFIERS) {
    const value = record.values.get(name)?.[0];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The identifier that a record carries itself: objectGUID, else entryUUID, as `guidToText` writes it. */
function guidOf(record: FileRecord): { readonly text: string } | 'broken' | null {
  const value = identifierOf(record);
  if (value === undefined) return null;
  const text = guidText(value);
  return text === null ? 'broken' : { text };
}

function guidText(value: RawValue): string | null {
  const bytes = guidBytes(value);
  return bytes === null ? null : guidToText(bytes);
}

/** The 16 bytes of a GUID given as bytes or as text; null when it is neither. */
export function guidBytes(value: RawValue): Uint8Array | null {
  if (typeof value === 'string') return guidToBytes(value);
  return value.length === 16 ? value : guidToBytes(Buffer.from(value).toString('latin1'));
}
