import type { XmlDateTime, XmlDecimal, XmlElement, XmlValue } from './xml-tree.ts';

/**
 * Elements are found by their local names: what lies in a message of one service is told apart by them alone, and prefixes are the sender's own business.
 */
export function childrenOf(element: XmlElement | undefined, name?: string): readonly XmlElement[] {
  const found: XmlElement[] = [];
  for (const child of element?.children ?? [])
    if (child.kind === 'element' && (name === undefined || child.name === name)) found.push(child);
  return found;
}

/** The first child along a path of local names; undefined when there is none, or when it says to be nil. */
export function childOf(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of path) at = childrenOf(at, name)[0];
  return at === undefined || isNil(at) ? undefined : at;
}

/** The first element of that name anywhere within, the outer ones first. */
export function findElement(element: XmlElement | undefined, name: string): XmlElement | undefined {
  let level = element === undefined ? [] : [element];
  while (level.length > 0) {
    const found = level.find((one) => one.name === name);
    if (found) return found;
    level = level.flatMap((one) => childrenOf(one));
  }
  return undefined;
}

export function isNil(element: XmlElement): boolean {
  const value = attributeOf(element, 'nil');
  return value === 'true' || value === '1';
}

/** The text of an attribute, by its local name. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  const found = element.attributes.find((one) => one.name === name);
  return found === undefined ? undefined : textOfValue(found.value);
}

/** The text within an element, without that of elements in it; undefined when there is no such child, or it is nil. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  const at = childOf(element, ...path);
  if (at === undefined) return undefined;
  return at.children.map((child) => (child.kind === 'text' ? textOfValue(child.value) : '')).join('');
}

export function flagOf(element: XmlElement | undefined, ...path: readonly string[]): boolean | undefined {
  const text = textOf(element, ...path)
    ?.trim()
    .toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : undefined;
}

/** A whole number; undefined when there is none, or when it is none. */
export function integerOf(element: XmlElement | undefined, ...path: readonly string[]): number | undefined {
  const text = textOf(element, ...path)?.trim();
  if (text === undefined || !/^-?\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

/** Bytes, as such or in base64; a writer may cut them into several records. */
export function bytesOf(element: XmlElement | undefined, ...path: readonly string[]): Uint8Array | undefined {
  const at = childOf(element, ...path);
  if (at === undefined) return undefined;
  const parts = at.children.map((child) => {
    if (child.kind !== 'text') return Buffer.alloc(0);
    return child.value instanceof Uint8Array ? child.value : Buffer.from(textOfValue(child.value), 'base64');
  });
  return Uint8Array.from(Buffer.concat(parts));
}

/** A value as the characters that it stands for in textual XML. */
export function textOfValue(value: XmlValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  switch (value.type) {
    case 'utf8':
      return Buffer.from(value.bytes).toString('utf8');
    case 'float':
    case 'double':
      return numberText(value.value);
    case 'decimal':
      return decimalText(value);
    case 'dateTime':
      return dateTimeText(value);
    case 'timeSpan':
      return `${value.ticks < 0n ? '-' : ''}PT${Number(value.ticks < 0n ? -value.ticks : value.ticks) / 10_000_000}S`;
    case 'uuid':
      return value.uuid;
    case 'uniqueId':
      return `urn:uuid:${value.uuid}`;
    case 'qName':
      return `${value.prefix}:${value.name}`;
    case 'list':
      return value.items.map(textOfValue).join(' ');
  }
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? 'INF' : '-INF';
}

function decimalText({ isNegative, scale, magnitude }: XmlDecimal): string {
  const digits = magnitude.toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const text = scale === 0 ? whole : `${whole}.${digits.slice(digits.length - scale)}`;
  return isNegative ? `-${text}` : text;
}

/** Ticks between the beginnings of the years 1 and 1970. */
const EPOCH = 621_355_968_000_000_000n;

function dateTimeText({ ticks, zone }: XmlDateTime): string {
  const sinceEpoch = ticks - EPOCH;
  const part = ((sinceEpoch % 10_000_000n) + 10_000_000n) % 10_000_000n;
  const seconds = new Date(Number((sinceEpoch - part) / 10_000n)).toISOString().slice(0, 19);
  const fraction = part === 0n ? '' : `.${part.toString().padStart(7, '0').replace(/0+$/, '')}`;
  return `${seconds}${fraction}${zone === 'utc' ? 'Z' : ''}`;
}
