import { normalizeDn } from '../../model/dn.ts';

/** A DN that is its own normal form but for upper and lower case: no escapes, no blanks at the edges of a part. */
const PLAIN = /^(?:[a-z][a-z0-9-]*=[^\s=,\\"+;<>#](?:[^=,\\"+;<>]*[^\s=,\\"+;<>])?(?:,(?=[a-z])|$))+$/i;

/** `normalizeDn`, quick for the plain DNs that nearly all are. */
export function keyOfDn(dn: string): string {
  return PLAIN.test(dn) ? dn.toLowerCase() : normalizeDn(dn);
}

const DOMAIN = /^dc=[^,]+(?:,dc=[^,]+)*$/;

/** Whether a normalized DN names a domain as a whole: nothing but dc parts (RFC 2247). */
export function isDomainKey(key: string): boolean {
  return DOMAIN.test(key);
}

/** The anchor of an object that has no identifier but its name. */
export function anchorOfKey(key: string): string {
  return `dn:${key}`;
}
