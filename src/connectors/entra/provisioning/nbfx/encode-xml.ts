import type { ByteWriter } from './byte-writer.ts';
import { encodeValue } from './encode-value.ts';
import { ATTRIBUTE_RECORDS, ELEMENT_RECORDS, letterPlace, MOST_DEPTH, type NameRecords, RECORD } from './records.ts';
import { staticNumber } from './static-strings.ts';
import { BinaryXmlError, type XmlAttribute, type XmlElement, type XmlNamespace, type XmlNode } from './xml-tree.ts';

/** Writes a document as [MC-NBFX] with the strings of [MC-NBFS]. Throws BinaryXmlError for what that form cannot carry. */
export function encodeXml(writer: ByteWriter, root: XmlElement): void {
  encodeElement(writer, root, 1);
}

function encodeElement(writer: ByteWriter, element: XmlElement, depth: number): void {
  if (depth > MOST_DEPTH) throw new BinaryXmlError(`elements lie more than ${MOST_DEPTH} deep`);
  encodeName(writer, ELEMENT_RECORDS, element.prefix, element.name);
  for (const attribute of element.attributes) encodeAttribute(writer, attribute);
  for (const namespace of element.namespaces) encodeNamespace(writer, namespace);
  const last = element.children.length - 1;
  for (const [at, child] of element.children.entries()) encodeChild(writer, child, at === last ? 1 : 0, depth);
  if (element.children[last]?.kind !== 'text') writer.byte(RECORD.endElement);
}

function encodeChild(writer: ByteWriter, child: XmlNode, ends: 0 | 1, depth: number): void {
  if (child.kind === 'element') encodeElement(writer, child, depth + 1);
  else if (child.kind === 'text') encodeValue(writer, child.value, ends);
  else {
    writer.byte(RECORD.comment);
    writer.string(child.text);
  }
}

function encodeAttribute(writer: ByteWriter, { prefix, name, value }: XmlAttribute): void {
  encodeName(writer, ATTRIBUTE_RECORDS, prefix, name);
  encodeValue(writer, value, 0);
}

function encodeName(writer: ByteWriter, records: NameRecords, prefix: string, name: string): void {
  const number = staticNumber(name);
  const place = letterPlace(prefix);
  if (place >= 0) writer.byte((number === undefined ? records.letter : records.letterDictionary) + place);
  else if (prefix === '') writer.byte(number === undefined ? records.plain : records.dictionary);
  else {
    writer.byte(number === undefined ? records.prefixed : records.prefixedDictionary);
    writer.string(prefix);
  }
  if (number === undefined) writer.string(name);
  else writer.multiByteInt31(number);
}

function encodeNamespace(writer: ByteWriter, { prefix, uri }: XmlNamespace): void {
  const number = staticNumber(uri);
  if (prefix === '') writer.byte(number === undefined ? RECORD.shortXmlns : RECORD.shortDictionaryXmlns);
  else {
    writer.byte(number === undefined ? RECORD.xmlns : RECORD.dictionaryXmlns);
    writer.string(prefix);
  }
  if (number === undefined) writer.string(uri);
  else writer.multiByteInt31(number);
}
