import type { XmlElement } from './nbfx/xml-element.ts';
import { bodyRefused } from './service-fault.ts';
import { NAMESPACE } from './wire-names.ts';

/** Whether the element stands for no value (`i:nil`). */
export function isNil(element: XmlElement): boolean {
  const value = element.attributes.find(
    ({ namespace, name }) => namespace === NAMESPACE.instance && name === 'nil',
  )?.value;
  if (value === 'true' || value === '1') {
    if (element.children.length > 0 || element.text !== '')
      throw bodyRefused(`'${element.name}' is nil and has a value`);
    return true;
  }
  return false;
}

/**
 * The members of a data contract. They must come in this order, which is alphabetical, each once; those in brackets (`[Name]`) may be
 * left out. The serializer of .NET passes over what comes out of order, and the value is lost; here it is refused.
 */
export function readMembers(
  element: XmlElement,
  namespace: string,
  order: readonly string[],
): ReadonlyMap<string, XmlElement> {
  const found = new Map<string, XmlElement>();
  let place = 0;
  for (const child of element.children) {
    if (child.namespace !== namespace) {
      throw bodyRefused(
        `'${child.name}' in '${element.name}' is of namespace '${child.namespace}', not '${namespace}'`,
      );
    }
    const at = order.findIndex((name, index) => index >= place && bare(name) === child.name);
    if (at < 0) {
      throw bodyRefused(
        `'${child.name}' in '${element.name}' is not expected there; the order is ${order.map(bare).join(', ')}`,
      );
    }
    place = at + 1;
    found.set(child.name, child);
  }
  const absent = order.find((name) => !name.startsWith('[') && !found.has(name));
  if (absent !== undefined) throw bodyRefused(`'${element.name}' has no '${absent}'`);
  return found;
}

function bare(name: string): string {
  return name.replace(/^\[|\]$/g, '');
}

/** The items of a list, which all have the same name. */
export function readItems(element: XmlElement, namespace: string, name: string): readonly XmlElement[] {
  const stranger = element.children.find((child) => child.namespace !== namespace || child.name !== name);
  if (stranger)
    throw bodyRefused(`'${stranger.name}' in '${element.name}', which holds '${name}' of '${namespace}' only`);
  return element.children;
}

/** Text of a member; null where it is nil or was left out. */
export function textOf(element: XmlElement | undefined): string | null {
  if (!element || isNil(element)) return null;
  if (element.children.length > 0) throw bodyRefused(`'${element.name}' has elements where text was expected`);
  return element.text;
}

export function booleanOf(element: XmlElement | undefined): boolean {
  const text = textOf(element);
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw bodyRefused(`'${element?.name}' must be true or false`);
}

export function integerOf(element: XmlElement | undefined): number {
  const text = textOf(element) ?? '';
  if (!/^-?\d{1,10}$/.test(text)) throw bodyRefused(`'${element?.name}' must be a whole number`);
  return Number(text);
}
