import type { XmlAttribute, XmlElement, XmlNamespace, XmlNode, XmlValue } from './xml-tree.ts';

export interface ElementDetails {
  readonly namespaces?: readonly XmlNamespace[];
  readonly attributes?: readonly XmlAttribute[];
}

/** An element named `prefix:name` or `name`, with a value or with what lies within it. */
export function element(
  qualified: string,
  content: XmlValue | readonly XmlNode[],
  { namespaces = [], attributes = [] }: ElementDetails = {},
): XmlElement {
  const children: readonly XmlNode[] = isNodes(content) ? content : [{ kind: 'text', value: content }];
  return { kind: 'element', ...splitName(qualified), namespaces, attributes, children };
}

function isNodes(content: XmlValue | readonly XmlNode[]): content is readonly XmlNode[] {
  return Array.isArray(content);
}

/** An element that says that there is no value (XML Schema 2.6.2). The prefix `i` must be that of XMLSchema-instance where it stands. */
export function nilElement(qualified: string): XmlElement {
  return element(qualified, [], { attributes: [attribute('i:nil', 'true')] });
}

export function attribute(qualified: string, value: XmlValue): XmlAttribute {
  return { ...splitName(qualified), value };
}

export function namespace(prefix: string, uri: string): XmlNamespace {
  return { prefix, uri };
}

function splitName(qualified: string): { readonly prefix: string; readonly name: string } {
  const at = qualified.indexOf(':');
  return at < 0 ? { prefix: '', name: qualified } : { prefix: qualified.slice(0, at), name: qualified.slice(at + 1) };
}
