import type { Attributes, Value } from '../../model/value.ts';
import type { TargetSchema, WriteFailure } from '../connector.ts';

/** Who holds which value of the attributes that a schema calls unique; attributes of one group share their values. */
export class UniqueValues {
  readonly #groups = new Map<string, string>();
  readonly #holders = new Map<string, string>();

  constructor(schema: TargetSchema) {
    for (const attribute of schema.attributes)
      if (attribute.uniqueGroup) this.#groups.set(attribute.name, attribute.uniqueGroup);
  }

  /** The first value that an object other than `self` holds, as the tenant would say it; null when all are free. */
  findConflict(attributes: Attributes, self: string | null): WriteFailure | null {
    for (const { key, name, value } of this.#keys(attributes)) {
      const holder = this.#holders.get(key);
      if (holder === undefined || holder === self) continue;
      const message = `Another object with the same value for property ${name} already exists.`;
      return { code: 'conflict', message, attribute: name, value, otherTargetId: holder };
    }
    return null;
  }

  take(attributes: Attributes, id: string): void {
    for (const { key } of this.#keys(attributes)) this.#holders.set(key, id);
  }

  release(attributes: Attributes, id: string): void {
    for (const { key } of this.#keys(attributes)) if (this.#holders.get(key) === id) this.#holders.delete(key);
  }

  holderOf(name: string, value: string): string | undefined {
    return this.#holders.get(keyOf(this.#groups.get(name) ?? name, value));
  }

  *#keys(attributes: Attributes): Generator<{ readonly key: string; readonly name: string; readonly value: string }> {
    for (const [name, group] of this.#groups) {
      for (const value of listTexts(attributes[name])) yield { key: keyOf(group, value), name, value };
    }
  }
}

function keyOf(group: string, value: string): string {
  return `${group}\n${group === 'sourceAnchor' ? value : value.toLowerCase()}`;
}

function listTexts(value: Value | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
