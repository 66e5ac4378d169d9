import { type XmlListener, XmlReading } from './xml-events.ts';

/** One element with all that is in it. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, without white space around it. */
  readonly text: string;
}

/** Builds elements; whoever listens gets the events of one element and asks for it when it is closed. */
export class ElementBuilder implements XmlListener {
  readonly #open: {
    name: string;
    attributes: Readonly<Record<string, string>>;
    children: XmlElement[];
    text: string;
  }[] = [];
  #root: XmlElement | null = null;

  /** The outermost element once it is closed. */
  get root(): XmlElement | null {
    return this.#root;
  }

  open(name: string, attributes: Readonly<Record<string, string>>): void {
    this.#open.push({ name, attributes, children: [], text: '' });
  }

  text(text: string): void {
    const at = this.#open.at(-1);
    if (at !== undefined) at.text += text;
  }

  close(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    const element = { ...done, text: done.text.trim() };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }
}

/** A small document as a whole. Throws `connect-file-invalid`. */
export function parseXml(file: string, text: string): XmlElement {
  const builder = new ElementBuilder();
  const reading = new XmlReading(file, builder);
  reading.push(text);
  reading.end();
  return builder.root ?? { name: '', attributes: {}, children: [], text: '' };
}

export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The first element at the end of a path of names. */
export function elementAt(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>((at, name) => at?.children.find((child) => child.name === name), element);
}

/** The text at the end of a path; empty where there is no such element. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string {
  return elementAt(element, ...path)?.text ?? '';
}

/** Every element of a name, however deep. */
export function descendantsOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return (
    element?.children.flatMap((child) => [...(child.name === name ? [child] : []), ...descendantsOf(child, name)]) ?? []
  );
}
