import { ByteSource } from './byte-source.ts';
import { FIRST_TEXT, readText, type TextValue } from './text-records.ts';
import type { XmlAttribute, XmlElement } from './xml-element.ts';

const DEEPEST = 32;
const MOST_ATTRIBUTES = 32;
const LETTERS = 26;
const LIST_WITH_END = 0xa5;

const RECORD = {
  endElement: 0x01,
  comment: 0x02,
  array: 0x03,
  shortAttribute: 0x04,
  attribute: 0x05,
  shortDictionaryAttribute: 0x06,
  dictionaryAttribute: 0x07,
  shortXmlns: 0x08,
  xmlns: 0x09,
  shortDictionaryXmlns: 0x0a,
  dictionaryXmlns: 0x0b,
  prefixDictionaryAttributeA: 0x0c,
  prefixAttributeA: 0x26,
  shortElement: 0x40,
  element: 0x41,
  shortDictionaryElement: 0x42,
  dictionaryElement: 0x43,
  prefixDictionaryElementA: 0x44,
  prefixElementA: 0x5e,
} as const;

/** XML 1.0 names without a colon, as far as this service has any. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Namespaces in XML 3: `xml` needs no declaration. */
const PREDECLARED: ReadonlyMap<string, string> = new Map([
  ['', ''],
  ['xml', 'http://www.w3.org/XML/1998/namespace'],
]);

/**
 * Reads one message of content type application/soap+msbin1: one element, and nothing behind it. Strict: what the records do not
 * allow, or what no envelope of this service holds (comments, arrays, text beside elements), is a MalformedMessage.
 */
export function decodeMessage(bytes: Buffer): XmlElement {
  const source = new ByteSource(bytes);
  const root = readElement(source, source.byte(), PREDECLARED, 1);
  if (!source.isAtEnd) throw source.refuse('something follows the last element');
  return root;
}

type Prefixes = ReadonlyMap<string, string>;

interface RawName {
  readonly prefix: string;
  readonly name: string;
}

function readElement(source: ByteSource, type: number, outer: Prefixes, depth: number): XmlElement {
  if (depth > DEEPEST) throw source.refuse(`elements more than ${DEEPEST} deep`);
  const raw = readElementName(source, type);
  const { prefixes, attributes } = readAttributes(source, outer);
  const namespace = prefixes.get(raw.prefix);
  if (namespace === undefined) throw source.refuse(`prefix '${raw.prefix}' that stands for nothing`);
  const content = readContent(source, prefixes, depth);
  return { namespace, name: raw.name, attributes, prefixes, ...content };
}

function readElementName(source: ByteSource, type: number): RawName {
  const letter = (first: number): string => String.fromCharCode(0x61 + type - first);
  if (isWithin(type, RECORD.prefixDictionaryElementA)) {
    return { prefix: letter(RECORD.prefixDictionaryElementA), name: named(source, source.dictionaryString()) };
  }
  if (isWithin(type, RECORD.prefixElementA)) {
    return { prefix: letter(RECORD.prefixElementA), name: named(source, source.string()) };
  }
  switch (type) {
    case RECORD.shortElement:
      return { prefix: '', name: named(source, source.string()) };
    case RECORD.element:
      return { prefix: named(source, source.string()), name: named(source, source.string()) };
    case RECORD.shortDictionaryElement:
      return { prefix: '', name: named(source, source.dictionaryString()) };
    case RECORD.dictionaryElement:
      return { prefix: named(source, source.string()), name: named(source, source.dictionaryString()) };
    default:
      throw source.refuse(`record type 0x${type.toString(16)} where an element begins`);
  }
}

function isWithin(type: number, first: number): boolean {
  return type >= first && type < first + LETTERS;
}

function named(source: ByteSource, text: string): string {
  if (!NAME.test(text)) throw source.refuse(`'${text.slice(0, 40)}' is no name`);
  return text;
}

interface Head {
  readonly prefixes: Prefixes;
  readonly attributes: readonly XmlAttribute[];
}

/** Attribute and namespace records come directly behind the name; a prefix may be declared behind its first use. */
function readAttributes(source: ByteSource, outer: Prefixes): Head {
  const declared = new Map<string, string>();
  const raw: (RawName & { readonly value: string })[] = [];
  for (let type = source.peek(); type !== undefined && isAttribute(type); type = source.peek()) {
    source.byte();
    if (declared.size + raw.length >= MOST_ATTRIBUTES) throw source.refuse('too many attributes');
    const declaration = readDeclaration(source, type);
    if (!declaration) raw.push(readAttribute(source, type));
    else if (declared.has(declaration[0])) throw source.refuse(`prefix '${declaration[0]}' declared twice`);
    else declared.set(...declaration);
  }
  const prefixes = declared.size === 0 ? outer : new Map([...outer, ...declared]);
  const attributes = raw.map(({ prefix, name, value }): XmlAttribute => {
    // Attributes without a prefix are in no namespace (Namespaces in XML 6.2).
    const namespace = prefix === '' ? '' : prefixes.get(prefix);
    if (namespace === undefined) throw source.refuse(`prefix '${prefix}' that stands for nothing`);
    return { namespace, name, value };
  });
  if (new Set(attributes.map(({ namespace, name }) => `${namespace} ${name}`)).size < attributes.length) {
    throw source.refuse('an attribute that comes twice');
  }
  return { prefixes, attributes };
}

function isAttribute(type: number): boolean {
  return type >= RECORD.shortAttribute && type < RECORD.shortElement;
}

function readDeclaration(source: ByteSource, type: number): [string, string] | undefined {
  switch (type) {
    case RECORD.shortXmlns:
      return ['', source.string()];
    case RECORD.xmlns:
      return [named(source, source.string()), source.string()];
    case RECORD.shortDictionaryXmlns:
      return ['', source.dictionaryString()];
    case RECORD.dictionaryXmlns:
      return [named(source, source.string()), source.dictionaryString()];
    default:
      return undefined;
  }
}

function readAttribute(source: ByteSource, type: number): RawName & { readonly value: string } {
  const raw = readAttributeName(source, type);
  if (raw.name === 'xmlns' || raw.prefix === 'xmlns')
    throw source.refuse('a namespace declared by an attribute record');
  const valueType = source.byte();
  if (valueType < FIRST_TEXT || valueType % 2 === 1) throw source.refuse('an attribute without a value');
  return { ...raw, value: readText(source, valueType).text };
}

function readAttributeName(source: ByteSource, type: number): RawName {
  const letter = (first: number): string => String.fromCharCode(0x61 + type - first);
  if (isWithin(type, RECORD.prefixDictionaryAttributeA)) {
    return { prefix: letter(RECORD.prefixDictionaryAttributeA), name: named(source, source.dictionaryString()) };
  }
  if (isWithin(type, RECORD.prefixAttributeA)) {
    return { prefix: letter(RECORD.prefixAttributeA), name: named(source, source.string()) };
  }
  switch (type) {
    case RECORD.shortAttribute:
      return { prefix: '', name: named(source, source.string()) };
    case RECORD.attribute:
      return { prefix: named(source, source.string()), name: named(source, source.string()) };
    case RECORD.shortDictionaryAttribute:
      return { prefix: '', name: named(source, source.dictionaryString()) };
    default:
      return { prefix: named(source, source.string()), name: named(source, source.dictionaryString()) };
  }
}

type Content = Pick<XmlElement, 'children' | 'text' | 'bytes'>;

function readContent(source: ByteSource, prefixes: Prefixes, depth: number): Content {
  const children: XmlElement[] = [];
  const texts: TextValue[] = [];
  for (;;) {
    const type = source.byte();
    if (type === RECORD.comment || type === RECORD.array) {
      throw source.refuse(`record type 0x0${type}: a message of this service has no comments and no arrays`);
    }
    if (type === RECORD.endElement) break;
    if (type < FIRST_TEXT) {
      children.push(readElement(source, type, prefixes, depth + 1));
      continue;
    }
    // Odd types of text are followed by the end of the element (2.2.3); a list has no such form.
    if (type === LIST_WITH_END) throw source.refuse('a list that ends its element');
    texts.push(readText(source, type & 0xfe));
    if (type % 2 === 1) break;
  }
  return { children, ...joinTexts(source, texts, children.length > 0) };
}

function joinTexts(
  source: ByteSource,
  texts: readonly TextValue[],
  hasChildren: boolean,
): Pick<XmlElement, 'text' | 'bytes'> {
  const first = texts[0];
  if (texts.length === 1 && first && !hasChildren) return first;
  const pieces = texts.map((value) => value.bytes).filter((bytes) => bytes !== undefined);
  const text = texts.map((value) => value.text).join('');
  if (hasChildren && text.trim() !== '') throw source.refuse('text beside elements');
  if (pieces.length === 0 || pieces.length < texts.length) return { text };
  const bytes = Buffer.concat(pieces);
  return { text: bytes.toString('base64'), bytes };
}
