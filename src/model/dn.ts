/** Distinguished names as RFC 4514 writes and Active Directory returns them. */

/** Splits a DN into its relative names, left to right, each as written (escapes kept). Splits at unescaped commas (and semicolons, RFC 2253 §4). */
export function splitDn(dn: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < dn.length; at++) {
    const char = dn[at];
    if (char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ',' || char === ';')) {
      parts.push(dn.slice(start, at).trimStart());
      start = at + 1;
    }
  }
  if (start < dn.length || parts.length > 0) parts.push(dn.slice(start).trimStart());
  return parts.filter((part) => part !== '');
}

/** Whether anything but commas and equal signs may matter. Nearly no DN has it, and the runtime looks faster than we do. */
function hasSyntax(dn: string): boolean {
  return dn.includes('\\') || dn.includes('"') || dn.includes(';');
}

/** The relative name and the DN of the parent ('' above a single name). */
export function splitFirstRdn(dn: string): { readonly rdn: string; readonly parent: string } {
  const comma = dn.indexOf(',');
  if (comma > 0 && !hasSyntax(dn)) return { rdn: dn.slice(0, comma), parent: dn.slice(comma + 1).trimStart() };
  let quoted = false;
  for (let at = 0; at < dn.length; at++) {
    const char = dn[at];
    if (char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ',' || char === ';'))
      return { rdn: dn.slice(0, at), parent: dn.slice(at + 1).trimStart() };
  }
  return { rdn: dn, parent: '' };
}

const HEX_PAIR = /^[0-9a-fA-F]{2}$/;

/** The value of a relative name without type and escapes (`CN=Doe\, Jane` gives `Doe, Jane`). Hex pairs are UTF-8 bytes (RFC 4514 §3). */
export function rdnValue(rdn: string): string {
  const text = rdn.slice(rdn.indexOf('=') + 1);
  if (!text.includes('\\')) return text;
  const bytes: Buffer[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== '\\') {
      const next = text.indexOf('\\', at);
      const end = next < 0 ? text.length : next;
      bytes.push(Buffer.from(text.slice(at, end), 'utf8'));
      at = end - 1;
      continue;
    }
    const pair = text.slice(at + 1, at + 3);
    if (HEX_PAIR.test(pair)) {
      bytes.push(Buffer.from(pair, 'hex'));
      at += 2;
    } else {
      const point = String.fromCodePoint(text.codePointAt(at + 1) ?? 0x5c);
      bytes.push(Buffer.from(point, 'utf8'));
      at += point.length;
    }
  }
  return Buffer.concat(bytes).toString('utf8');
}

/** Writes a value so that it may stand in a relative name (RFC 4514 §2.4). */
export function escapeRdnValue(value: string): string {
  let out = value
    .replace(/["+,;<>\\=]/g, (char) => `\\${char}`)
    .replaceAll('\0', '\\00')
    .replaceAll('\n', '\\0A')
    .replaceAll('\r', '\\0D');
  if (/^[ #]/.test(out)) out = `\\${out}`;
  if (out.endsWith(' ') && !out.endsWith('\\ ')) out = `${out.slice(0, -1)}\\ `;
  return out;
}

const MORE_THAN_ONE_SPELLING = /[\\"+;<>#]|[\s=,][,=]|[,=]\s|=[^,]*=|^\s|\s$|^,|,$/;

/** Whether the normal form of a DN is its text in lower case: it has no escapes, no quotes, no blanks where they mean nothing. */
export function isNormalButForCase(dn: string): boolean {
  return !MORE_THAN_ONE_SPELLING.test(dn);
}

/** One spelling for DNs that mean the same: types and values in lower case, escapes undone and made anew, no blanks around separators. */
export function normalizeDn(dn: string): string {
  return splitDn(dn).map(normalizeRdn).join(',');
}

/** `normalizeDn` for one relative name. */
export function normalizeRdn(rdn: string): string {
  const at = rdn.indexOf('=');
  if (at < 0) return rdn.trim().toLowerCase();
  const type = rdn.slice(0, at).trim().toLowerCase();
  const value = rdn.slice(at + 1);
  if (!/[\\"+,;<>=]/.test(value)) return `${type}=${value.trim().toLowerCase()}`;
  return `${type}=${escapeRdnValue(rdnValue(`x=${unquote(value.trim())}`)).toLowerCase()}`;
}

function unquote(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}
