/** Escapes a value for use in a DN as RFC 4514, 2.4 asks: specials with a backslash, also `#` and spaces at the ends. */
export function escapeRdnValue(value: string): string {
  return value
    .replace(/[\\",+<>;=]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!\\) $/, '\\ ');
}
