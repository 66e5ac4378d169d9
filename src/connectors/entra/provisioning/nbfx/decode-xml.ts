import { ByteReader } from './byte-reader.ts';
import { decodeSimple, decodeValue, isText, readDictionaryString } from './decode-value.ts';
import {
  ATTRIBUTE_RECORDS,
  ELEMENT_RECORDS,
  LETTER_COUNT,
  letterAt,
  MOST_DEPTH,
  type NameRecords,
  RECORD,
} from './records.ts';
import type { XmlAttribute, XmlElement, XmlNamespace, XmlNode } from './xml-tree.ts';

/**
 * Elements, values and comments of one message: a short record may stand for a big object of ours, so that bytes alone set no bound to memory. A page of the
 * service names all members of the groups in it, in two parts each: so many are those of twenty-five groups of 50,000.
 */
export const MOST_NODES = 3_000_000;

interface OpenElement extends XmlElement {
  children: XmlNode[];
}

/** What most elements have: one for all of them. */
const NO_ATTRIBUTES: readonly XmlAttribute[] = [];
const NO_NAMESPACES: readonly XmlNamespace[] = [];

/** The document that the bytes are, from the first to the last. Throws BinaryXmlError, at once where a length is more than what is there. */
export function decodeXml(bytes: Uint8Array, mostNodes: number = MOST_NODES): XmlElement {
  return new Decoder(new ByteReader(bytes), mostNodes).document();
}

class Decoder {
  readonly #reader: ByteReader;
  readonly #mostNodes: number;
  readonly #open: OpenElement[] = [];
  #nodes = 0;

  constructor(reader: ByteReader, mostNodes: number) {
    this.#reader = reader;
    this.#mostNodes = mostNodes;
  }

  document(): XmlElement {
    this.#skipComments();
    const code = this.#reader.byte();
    if (!isElement(code)) this.#reader.fail('there is no element');
    this.#begin(code);
    for (;;) {
      const closed = this.#record(this.#reader.byte());
      if (closed === null) continue;
      this.#skipComments();
      return this.#reader.left === 0 ? closed : this.#reader.fail('something follows the document');
    }
  }

  /** Comments around the root say nothing to anybody. */
  #skipComments(): void {
    while (this.#reader.peek() === RECORD.comment) {
      this.#reader.byte();
      this.#reader.string();
    }
  }

  /** Reads one record within the root. Gives the root when that is its end. */
  #record(code: number): XmlElement | null {
    if (code === RECORD.endElement) return this.#end();
    if (isElement(code)) this.#begin(code);
    else if (code === RECORD.comment) this.#append({ kind: 'comment', text: this.#reader.string() });
    else if (code === RECORD.array) this.#array();
    else return this.#text(code);
    return null;
  }

  #text(code: number): XmlElement | null {
    if (!isText(code)) this.#reader.fail(`0x${code.toString(16)} is no record that may stand here`);
    const { value, ends } = decodeValue(this.#reader, code);
    this.#append({ kind: 'text', value });
    return ends ? this.#end() : null;
  }

  #begin(code: number): void {
    this.#open.push(this.#readStart(code));
    if (this.#open.length > MOST_DEPTH) this.#reader.fail(`elements lie more than ${MOST_DEPTH} deep`);
  }

  #end(): XmlElement | null {
    const element: XmlElement | undefined = this.#open.pop();
    if (element === undefined) return this.#reader.fail('an element ends that did not begin');
    if (this.#open.length === 0) return element;
    this.#append(element);
    return null;
  }

  #append(node: XmlNode): void {
    this.#count();
    const within = this.#open.at(-1);
    // Most elements hold one text: an array that grows would take room for many.
    if (within?.children.length === 0) within.children = [node];
    else within?.children.push(node);
  }

  #count(): void {
    if (++this.#nodes > this.#mostNodes) this.#reader.fail(`the message has more than ${this.#mostNodes} parts`);
  }

  #readStart(code: number): OpenElement {
    const { prefix, name } = this.#readName(code, ELEMENT_RECORDS);
    if (!isAttribute(this.#reader.peek()))
      return { kind: 'element', prefix, name, attributes: NO_ATTRIBUTES, namespaces: NO_NAMESPACES, children: [] };
    const attributes: XmlAttribute[] = [];
    const namespaces: XmlNamespace[] = [];
    while (isAttribute(this.#reader.peek())) {
      this.#count();
      const kind = this.#reader.byte();
      if (isNamespace(kind)) namespaces.push(this.#readNamespace(kind));
      else attributes.push(this.#readAttribute(kind));
    }
    return { kind: 'element', prefix, name, attributes, namespaces, children: [] };
  }

  #readName(code: number, records: NameRecords): { readonly prefix: string; readonly name: string } {
    const reader = this.#reader;
    if (code === records.plain) return { prefix: '', name: reader.string() };
    if (code === records.dictionary) return { prefix: '', name: readDictionaryString(reader) };
    if (code === records.prefixed) return { prefix: reader.string(), name: reader.string() };
    if (code === records.prefixedDictionary) return { prefix: reader.string(), name: readDictionaryString(reader) };
    const ofDictionary = letterAt(code - records.letterDictionary);
    if (ofDictionary !== undefined) return { prefix: ofDictionary, name: readDictionaryString(reader) };
    const prefix = letterAt(code - records.letter);
    return prefix === undefined ? reader.fail('a name is malformed') : { prefix, name: reader.string() };
  }

  #readNamespace(code: number): XmlNamespace {
    const reader = this.#reader;
    const hasPrefix = code === RECORD.xmlns || code === RECORD.dictionaryXmlns;
    const prefix = hasPrefix ? reader.string() : '';
    const isShort = code === RECORD.xmlns || code === RECORD.shortXmlns;
    return { prefix, uri: isShort ? reader.string() : readDictionaryString(reader) };
  }

  /** An attribute has one value, which ends no element ([MC-NBFX] 2.2.2). */
  #readAttribute(code: number): XmlAttribute {
    const { prefix, name } = this.#readName(code, ATTRIBUTE_RECORDS);
    const kind = this.#reader.byte();
    if (kind % 2 === 1) this.#reader.fail('the value of an attribute ends an element');
    const { value, ends } = decodeValue(this.#reader, kind);
    return ends ? this.#reader.fail('the value of an attribute ends an element') : { prefix, name, value };
  }

  /** Elements that are alike but for their value: the element, its end, the type, how many, the values ([MC-NBFX] 2.2.5.1). */
  #array(): void {
    const reader = this.#reader;
    const code = reader.byte();
    if (!isElement(code)) reader.fail('an array holds no element');
    const element = this.#readStart(code);
    if (reader.byte() !== RECORD.endElement) reader.fail('the element of an array has content');
    const kind = reader.byte();
    const size = ARRAY_SIZES.get(kind) ?? reader.fail(`0x${kind.toString(16)} is no type of an array`);
    const count = reader.multiByteInt31();
    if (count * size > reader.left) reader.fail(`an array announces ${count} values and has not the bytes for them`);
    for (let at = 0; at < count; at++) {
      const value = decodeSimple(reader, kind & ~1);
      this.#append({ ...element, children: [{ kind: 'text', value }] });
    }
  }
}

/** What an array may be made of, by the number that ends an element, with the bytes of one value ([MC-NBFX] 2.2.5.1). */
const ARRAY_SIZES: ReadonlyMap<number, number> = new Map([
  [RECORD.bool + 1, 1],
  [RECORD.int16 + 1, 2],
  [RECORD.int32 + 1, 4],
  [RECORD.int64 + 1, 8],
  [RECORD.float + 1, 4],
  [RECORD.double + 1, 8],
  [RECORD.decimal + 1, 16],
  [RECORD.dateTime + 1, 8],
  [RECORD.timeSpan + 1, 8],
  [RECORD.uuid + 1, 16],
]);

function isElement(code: number): boolean {
  return code >= RECORD.shortElement && code < RECORD.prefixElementA + LETTER_COUNT;
}

function isAttribute(code: number): boolean {
  return code >= RECORD.shortAttribute && code < RECORD.prefixAttributeA + LETTER_COUNT;
}

function isNamespace(code: number): boolean {
  return code >= RECORD.shortXmlns && code <= RECORD.dictionaryXmlns;
}
