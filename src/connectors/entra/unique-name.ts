/**
 * How a group carries its source anchor. `uniqueName` is an alternate key, so it stands in the path of a request, and 29 in 100 anchors (base64 of
 * 16 bytes) hold a slash: whether Graph takes one there, escaped, is not documented and known to fail with other OData services. Anchors of
 * that form are therefore written in the URL-safe alphabet of RFC 4648 §5; any other anchor is written as it is.
 */
const ANCHOR = /^[A-Za-z0-9+/]{22}==$/;
const UNIQUE_NAME = /^[A-Za-z0-9_-]{22}==$/;

export function toUniqueName(anchor: string): string {
  return ANCHOR.test(anchor) ? anchor.replaceAll('+', '-').replaceAll('/', '_') : anchor;
}

/** The inverse of `toUniqueName`. */
export function fromUniqueName(name: string): string {
  return UNIQUE_NAME.test(name) ? name.replaceAll('-', '+').replaceAll('_', '/') : name;
}
