import { DirbridgeError } from '../../errors.ts';
import { IDENTIFIERS } from './file-index.ts';
import type { LogicalLine } from './ldif-lines.ts';
import { typeOfClasses } from './object-classes.ts';
import type { FileRecord, RawValue, RecordFault } from './record.ts';
import { decodeText } from './text-encoding.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** RFC 2849: attribute description with options; `range=0-*` is how Active Directory names a part of a long list. */
const DESCRIPTION = /^[A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9=*-]+)*$/;
const IDENTITY: ReadonlySet<string> = new Set(IDENTIFIERS);
const REMEMBERED = 5000;

/** What stands before the colon, looked at once for all the lines that begin alike. */
interface Description {
  readonly name: string;
  /** Name in lower case with the options that make it another attribute. */
  readonly key: string;
  readonly isWanted: boolean;
  readonly isIdentity: boolean;
  readonly isChange: boolean;
  readonly problem: string | null;
}

/** One record being put together; the first fault counts. */
interface Draft {
  readonly values: Map<string, RawValue[]>;
  dn: string | null;
  fault: RecordFault | null;
}

/** Makes records of their lines. Every line is checked, the values of `wanted` attributes and the object classes are kept. */
export class LdifRecordParser {
  readonly #path: string;
  readonly #wanted: ReadonlySet<string>;
  readonly #descriptions = new Map<string, Description>();

  constructor(path: string, wanted: ReadonlySet<string>) {
    this.#path = path;
    this.#wanted = wanted;
  }

  /** `lines` is not empty and holds no comment. Throws `file-invalid` for a change record. */
  parse(lines: readonly LogicalLine[]): FileRecord {
    const draft: Draft = { values: new Map(), dn: null, fault: null };
    let isFirst = true;
    for (const line of lines) {
      const fault = isFirst ? readName(draft, line) : this.#readLine(draft, line);
      if (fault) {
        const hidesIdentity = fault.hidesIdentity || draft.fault?.hidesIdentity === true;
        draft.fault = { ...(draft.fault ?? fault), hidesIdentity };
      }
      isFirst = false;
    }
    const line = lines[0]?.line ?? 0;
    const classes = draft.values.get('objectclass');
    if (!draft.fault && !classes)
      draft.fault = { line, reason: 'the record has no objectClass', attribute: 'objectClass', hidesIdentity: false };
    const type = typeOfClasses(new Set(classes?.map((value) => decodeText(value)?.toLowerCase() ?? '')));
    return { line, dn: draft.dn, anchorText: null, type, values: draft.values, fault: draft.fault };
  }

  #readLine(draft: Draft, line: LogicalLine): RecordFault | null {
    const colon = line.text.indexOf(':');
    if (colon < 0) return faultOf(line, 'the line has no colon', null, true);
    const description = this.#describe(line.text.slice(0, colon));
    if (description.isChange) throw this.#changeRecord(line);
    if (description.problem !== null)
      return faultOf(line, description.problem, description.name || null, description.name === '');
    const value = parseValue(line.text, colon, description.isWanted);
    if (isBadValue(value))
      return faultOf(line, `${description.name}: ${value.reason}`, description.name, description.isIdentity);
    if (value === null || value.length === 0) return null;
    const held = draft.values.get(description.key);
    if (held) held.push(value);
    else draft.values.set(description.key, [value]);
    return null;
  }

  #describe(text: string): Description {
    const known = this.#descriptions.get(text);
    if (known) return known;
    if (this.#descriptions.size >= REMEMBERED) this.#descriptions.clear();
    const made = describeAttribute(text, this.#wanted);
    this.#descriptions.set(text, made);
    return made;
  }

  #changeRecord(line: LogicalLine): DirbridgeError {
    const message = `${this.#path}:${line.line}: "${excerpt(line.text)}" belongs to a change record; a source is a file of whole entries.`;
    const remedy =
      'Export the entries themselves (ldapsearch, slapcat); drop the "changetype: add" lines that ldifde writes.';
    return new DirbridgeError('file-invalid', message, { remedy });
  }
}

function describeAttribute(text: string, wanted: ReadonlySet<string>): Description {
  const none = { name: '', key: '', isWanted: false, isIdentity: false, isChange: false };
  if (!DESCRIPTION.test(text)) return { ...none, problem: `${excerpt(text)} is no name of an attribute` };
  const [name = ''] = text.split(';', 1);
  const [lower = '', ...options] = text.toLowerCase().split(';');
  const range = options.find((option) => option.startsWith('range='));
  const isPart = range !== undefined && range !== 'range=0-*';
  // A language tag makes another attribute (RFC 3866 §2); `binary` only says how the value was sent (RFC 4522 §3).
  const tags = options.filter((option) => option !== 'binary' && option !== range);
  const key = [lower, ...tags].join(';');
  return {
    name,
    key,
    isWanted: wanted.has(key) || key === 'objectclass',
    isIdentity: IDENTITY.has(lower),
    isChange: lower === 'changetype' || lower === 'control',
    problem: isPart ? `${text} is only a part of the list; export all values of it` : null,
  };
}

function readName(draft: Draft, line: LogicalLine): RecordFault | null {
  if (!/^dn:/i.test(line.text)) return faultOf(line, 'a record begins with "dn:"', null, true);
  const value = parseValue(line.text, 2, true);
  if (isBadValue(value)) return faultOf(line, `dn: ${value.reason}`, 'dn', true);
  const dn = value === null ? '' : decodeText(value);
  if (dn === null) return faultOf(line, 'the name is not UTF-8', null, true);
  if (!dn.includes('=')) return faultOf(line, `${dn === '' ? 'an empty text' : excerpt(dn)} is no DN`, null, true);
  draft.dn = dn;
  return null;
}

interface BadValue {
  readonly reason: string;
}

function isBadValue(value: RawValue | BadValue | null): value is BadValue {
  return value !== null && typeof value === 'object' && 'reason' in value;
}

/** `:` text, `::` base64, `:<` URL. A value that is not wanted is looked at all the same, and is null. */
function parseValue(text: string, colon: number, isWanted: boolean): RawValue | BadValue | null {
  const sign = text[colon + 1];
  if (sign === '<')
    return { reason: 'values from other files (":<") are not read; put the value into the LDIF in base64' };
  if (sign === ':') {
    const encoded = text.slice(colon + 2).trim();
    if (!BASE64.test(encoded)) return { reason: 'the value is no valid base64' };
    return isWanted ? Buffer.from(encoded, 'base64') : null;
  }
  const isPlain = isAscii(text);
  if (isPlain && !isWanted) return null;
  let start = colon + 1;
  while (text.charCodeAt(start) === 32) start++;
  const plain = text.slice(start);
  if (isPlain) return plain;
  return decodeText(Buffer.from(plain, 'latin1')) ?? { reason: 'the value is not UTF-8' };
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text);
}

function faultOf(line: LogicalLine, reason: string, attribute: string | null, hidesIdentity: boolean): RecordFault {
  return { line: line.line, reason, hidesIdentity, ...(attribute === null ? {} : { attribute }) };
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
