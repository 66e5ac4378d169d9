/**
 * Names that every JavaScript object answers to. Objects hold their attributes by name, so a rule that asked for one of these would get a
 * function instead of a value; no directory has such attributes.
 */
const RESERVED: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** Whether a rule may not use this as the name of an attribute. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}
