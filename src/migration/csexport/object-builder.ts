import type { XmlListener } from '../xml-events.ts';
import type { RawAttribute, RawBlock, RawObject, RawValue } from './raw-object.ts';

type XmlAttributes = Readonly<Record<string, string>>;
type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Nothing that a directory holds comes near these; a file that does is damaged or meant to do harm. */
const MOST_VALUES = 5_000_000;
const MOST_PROBLEMS = 10;
const LONGEST_PROBLEM = 300;

/** How deep the parts of a `cs-object` stand: in `cs-objects`, itself, its block, the entry, the attribute, the value. */
const OBJECT = 2;
const BLOCK = 3;
const ENTRY = 4;
const ATTRIBUTE = 5;
const VALUE = 6;

const ERROR_BLOCKS = ['import-errordetail', 'export-errordetail'];
/** Tells programmers where Connect was. */
const NOT_TOLD = ['call-stack', 'server', 'date-occurred', 'first-occurred', 'retry-count', 'extension-error-info'];

/** What the builder asks of the reading around it. */
export interface Place {
  readonly line: number;
  refuse(what: string, remedy?: string): never;
}

/** Builds the objects of a connector space export, one at a time; who reads takes them away. */
export class ObjectBuilder implements XmlListener {
  readonly #place: () => Place;
  readonly #path: string[] = [];
  #done: RawObject[] = [];
  #text = '';
  #object: OpenObject | null = null;
  #block: OpenBlock | null = null;
  #attribute: OpenAttribute | null = null;
  #value: Writable<RawValue> | null = null;

  constructor(place: () => Place) {
    this.#place = place;
  }

  /** The name of the innermost element that is not closed. */
  get innermost(): string | undefined {
    return this.#path.at(-1);
  }

  /** The objects that were closed since the last call. */
  take(): readonly RawObject[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  open(name: string, attributes: XmlAttributes): void {
    this.#path.push(name);
    this.#text = '';
    switch (this.#path.length) {
      case 1:
        if (name !== 'cs-objects') this.#refuseRoot(name);
        return;
      case OBJECT:
        if (name === 'cs-object') this.#object = openObject(attributes);
        return;
      case ENTRY:
        if (name === 'entry' || name === 'delta') this.#openBlock(attributes);
        return;
      case ATTRIBUTE:
        if (this.#block !== null && (name === 'attr' || name === 'dn-attr')) this.#openAttribute(name, attributes);
        return;
      case VALUE:
        if (this.#attribute !== null && (name === 'value' || name === 'dn-value')) this.#openValue(attributes);
        return;
    }
  }

  text(text: string): void {
    this.#text += text;
  }

  close(name: string): void {
    const depth = this.#path.length;
    const text = this.#text;
    this.#text = '';
    const object = this.#object;
    if (object !== null && depth > BLOCK && ERROR_BLOCKS.includes(this.#path[BLOCK - 1] ?? ''))
      noteProblem(object, this.#path[BLOCK - 1] ?? '', name, text.trim());
    if (depth > VALUE) this.#closePart(name, text);
    else if (depth === VALUE) this.#closeValue(text);
    else if (depth === ATTRIBUTE) this.#closeAttribute(name, text);
    else if (depth === ENTRY) this.#closeBlock();
    else if (depth === BLOCK) object?.marks.set(name, text.trim());
    else if (depth === OBJECT && object !== null) this.#closeObject(object);
    this.#path.pop();
  }

  #refuseRoot(name: string): never {
    return this.#place().refuse(
      `begins with <${name}>, so it is no connector space export, which begins with <cs-objects>`,
      'On the server of Connect: csexport "contoso.onmicrosoft.com - AAD" export.xml, with the name of your tenant\'s connector.',
    );
  }

  #openBlock({ operation = '', dn = '' }: XmlAttributes): void {
    if (this.#object !== null)
      this.#block = { operation: operation.toLowerCase(), dn, type: '', attributes: new Map() };
  }

  #openAttribute(element: string, { name = '', type = '', operation = '' }: XmlAttributes): void {
    const values: RawValue[] = [];
    const isReference = element === 'dn-attr';
    const attribute = { type: type.toLowerCase(), isReference, operation: operation.toLowerCase(), values };
    this.#attribute = attribute;
    this.#block?.attributes.set(name, attribute);
  }

  #openValue({ encoding = '', operation = '' }: XmlAttributes): void {
    const isBase64 = encoding.toLowerCase() === 'base64';
    this.#value = { text: '', isBase64, operation: operation.toLowerCase(), anchor: '' };
  }

  #closePart(name: string, text: string): void {
    if (this.#value === null) return;
    if (name === 'dn') this.#value.text = text.trim();
    else if (name === 'anchor') this.#value.anchor = text.trim();
  }

  #closeValue(text: string): void {
    const value = this.#value;
    this.#value = null;
    if (value === null || this.#attribute === null || this.#object === null) return;
    if (!this.#attribute.isReference) value.text = value.isBase64 ? text.replace(/\s+/g, '') : text;
    this.#attribute.values.push(value);
    this.#object.values++;
    if (this.#object.values > MOST_VALUES)
      this.#place().refuse(`the object ${this.#object.dn} has more than ${MOST_VALUES} values`);
  }

  #closeAttribute(name: string, text: string): void {
    this.#attribute = null;
    if (name === 'primary-objectclass' && this.#block !== null) this.#block.type = text.trim();
  }

  #closeBlock(): void {
    if (this.#block !== null) this.#object?.blocks.set(this.#path[BLOCK - 1] ?? '', this.#block);
    this.#block = null;
  }

  #closeObject({ values: _values, problems, ...object }: OpenObject): void {
    const told = [...problems].map(([block, texts]) => `${block.split('-')[0]}: ${texts.join(', ')}`);
    this.#done.push({ ...object, line: this.#place().line, problems: told });
    this.#object = null;
  }
}

interface OpenObject extends Omit<RawObject, 'problems' | 'line'> {
  readonly blocks: Map<string, RawBlock>;
  readonly marks: Map<string, string>;
  readonly problems: Map<string, string[]>;
  values: number;
}

interface OpenBlock extends Omit<Writable<RawBlock>, 'attributes'> {
  readonly attributes: Map<string, RawAttribute>;
}

interface OpenAttribute extends RawAttribute {
  readonly values: RawValue[];
}

function openObject(attributes: XmlAttributes): OpenObject {
  const { 'cs-dn': dn = '', 'object-type': type = '' } = attributes;
  return { dn, type, blocks: new Map(), marks: new Map(), problems: new Map(), values: 0 };
}

/** An error of Connect's own is a tree of small elements: those at its ends say what it is. */
function noteProblem({ problems }: OpenObject, block: string, name: string, text: string): void {
  if (text === '' || NOT_TOLD.includes(name)) return;
  const texts = problems.get(block) ?? [];
  if (texts.length < MOST_PROBLEMS) texts.push(text.slice(0, LONGEST_PROBLEM));
  problems.set(block, texts);
}
