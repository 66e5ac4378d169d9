import type { BerCursor } from '../ldap/ber-cursor.ts';
import { decodeEntry, type LdapAttribute, readSpans } from '../ldap/ldap-entry.ts';
import { NameTable } from '../ldap/name-table.ts';
import type { Column, Columns } from './attribute-columns.ts';
import { type DirectoryObject, ObjectDecoder, type Reader } from './directory-object.ts';
import { DocumentWriter } from './document-writer.ts';
import { parseRange } from './value-range.ts';

/** What an attribute name of the server means. */
interface Field {
  readonly name: string;
  /** Its place among the columns of the document; -1 when it stands in none. */
  readonly slot: number;
  /** Who else reads it: identity, references. */
  readonly readers: readonly Reader[];
  /** Values of an attribute that the document holds come in parts: nothing for the quick way. */
  readonly isCut: boolean;
}

interface Slot {
  readonly column: Column;
  readonly key: Buffer;
}

const NO_ATTRIBUTES: readonly LdapAttribute[] = [];

/**
 * Decodes the entries of a full read. Their attributes become the document that will be stored, in one go; references and what identifies an object are
 * decoded as everywhere. Whatever is out of the ordinary is left to ObjectDecoder, whose results are the measure.
 */
export class DocumentDecoder {
  readonly #decoder: ObjectDecoder;
  readonly #slots: readonly Slot[];
  readonly #fields: NameTable<Field>;
  readonly #writer = new DocumentWriter();
  /** Of each slot: where its set of values begins in the message; 0 when it was not sent. */
  readonly #valuesAt: Int32Array;

  constructor(columns: Columns) {
    this.#decoder = new ObjectDecoder(columns, 'positions');
    this.#slots = [...columns.values()]
      .filter((column) => !column.isReference)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((column) => ({ column, key: Buffer.from(`${JSON.stringify(column.name)}:`) }));
    this.#valuesAt = new Int32Array(this.#slots.length);
    const places = new Map(this.#slots.map(({ column }, slot) => [column.name.toLowerCase(), slot]));
    this.#fields = new NameTable((name) => this.#describe(name, places));
  }

  /** The cursor stands on the content of a SearchResultEntry (RFC 4511 §4.5.2). Throws RangeError for what is malformed. */
  decode(cursor: BerCursor): DirectoryObject {
    const start = cursor.at;
    const object = this.#decodeQuickly(cursor);
    if (object !== null) return object;
    cursor.at = start;
    return this.#decoder.decode(decodeEntry(cursor));
  }

  #describe(name: string, places: ReadonlyMap<string, number>): Field {
    const range = parseRange(name);
    const slot = places.get((range?.name ?? name).toLowerCase()) ?? -1;
    if (range !== null && slot >= 0) return { name, slot: -1, readers: [], isCut: true };
    return { name, slot, readers: this.#decoder.readersOf(name, slot >= 0), isCut: false };
  }

  #decodeQuickly(cursor: BerCursor): DirectoryObject | null {
    const { bytes } = cursor;
    const valuesAt = this.#valuesAt.fill(0);
    const dn = cursor.readText();
    const draft = this.#decoder.begin(dn);
    const end = cursor.enter(0x30);
    while (cursor.at < end) {
      const attributeEnd = cursor.enter(0x30);
      const nameEnd = cursor.enter(0x04);
      const field = this.#fields.read(bytes, cursor.at, nameEnd);
      cursor.at = nameEnd;
      if (field.isCut) return null;
      // RFC 4511 §4.1.7: the set is there even when it is empty; who leaves it out sends nothing.
      if (field.slot >= 0 && nameEnd < attributeEnd) valuesAt[field.slot] = nameEnd;
      if (field.readers.length > 0) {
        const attribute = { name: field.name, spans: readSpans(cursor, attributeEnd) };
        for (const read of field.readers) read(draft, { dn, bytes, attributes: NO_ATTRIBUTES }, attribute);
      }
      cursor.at = attributeEnd;
    }
    const document = this.#writeDocument(cursor, valuesAt);
    if (document === null) return null;
    draft.document = document;
    return this.#decoder.end(draft, dn);
  }

  #writeDocument(cursor: BerCursor, valuesAt: Int32Array): string | null {
    const writer = this.#writer;
    writer.begin();
    // Most slots of most objects are empty.
    for (let place = 0; place < valuesAt.length; place++) {
      const from = valuesAt[place] ?? 0;
      const slot = this.#slots[place];
      if (from === 0 || slot === undefined) continue;
      cursor.at = from;
      if (!writer.write(slot.column, slot.key, cursor)) return null;
    }
    return writer.end();
  }
}
