import { DirbridgeError } from '../../errors.ts';
import type { SourceType } from '../../model/change.ts';
import { LdifLines, type LogicalLine } from './ldif-lines.ts';
import { typeOfClasses } from './object-classes.ts';
import type { FileRecord, RawValue, RecordFault } from './record.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** RFC 2849: attribute description with options; `range=0-*` is how Active Directory names a part of a long list. */
const DESCRIPTION = /^[A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9=*-]+)*$/;
/** Tools fold lines at 76 to 79 chars; a shorter line at the end was not broken off by a fold. */
const SHORTEST_FOLDED_LINE = 70;
const IDENTITY_ATTRIBUTES: ReadonlySet<string> = new Set(['objectguid', 'entryuuid']);

/**
 * Reads an LDIF file of entries (RFC 2849, ldif-content). A record that cannot be read comes with its fault; what speaks against the
 * file as a whole is thrown: `file-invalid` for change records, another version or encoding, `file-truncated` when it ends in a record.
 */
export async function* readLdif(chunks: AsyncIterable<Buffer>, path: string): AsyncGenerator<readonly FileRecord[]> {
  const lines = new LdifLines(path);
  const reading = new LdifReading(path);
  for await (const chunk of chunks) {
    const records: FileRecord[] = [];
    for (const line of lines.push(chunk)) reading.take(line, records);
    if (records.length > 0) yield records;
  }
  const records: FileRecord[] = [];
  for (const line of lines.end()) reading.take(line, records);
  reading.end(records);
  if (records.length > 0) yield records;
}

class LdifReading {
  readonly #path: string;
  #lines: LogicalLine[] = [];
  #entries = 0;
  /** What the comments that ldapsearch frames its answer with told: with them a missing end can be seen. */
  readonly #search = { isBegun: false, endings: 0, announced: 0 };

  constructor(path: string) {
    this.#path = path;
  }

  take(line: LogicalLine, records: FileRecord[]): void {
    if (line.text.startsWith('#')) {
      this.#readComment(line.text);
      return;
    }
    // An empty line ends a record; "dn:" is no attribute, so it begins the next one even where that line was forgotten.
    if (line.text === '' || /^dn:/i.test(line.text)) this.#finish(records, false);
    if (line.text !== '') this.#lines.push(line);
  }

  end(records: FileRecord[]): void {
    this.#finish(records, true);
    const { isBegun, endings, announced } = this.#search;
    if (isBegun && endings === 0)
      throw this.#truncation('it comes from ldapsearch, but the lines that ldapsearch writes at the end are missing');
    // A search in pages ends several times, and then the counts are not those of the file.
    if (isBegun && endings === 1 && announced !== this.#entries)
      throw this.#truncation(`ldapsearch wrote ${announced} entries, but the file holds ${this.#entries}`);
    if (this.#entries === 0) throw this.#truncation('it holds no record');
  }

  #truncation(reason: string): DirbridgeError {
    return new DirbridgeError('file-truncated', `${this.#path} is not whole: ${reason}.`);
  }

  #readComment(text: string): void {
    if (this.#entries === 0 && text === '# extended LDIF') this.#search.isBegun = true;
    if (text.startsWith('# numResponses: ')) this.#search.endings++;
    if (text.startsWith('# numEntries: ')) this.#search.announced = Number(text.slice('# numEntries: '.length));
  }

  #finish(records: FileRecord[], isAtEnd: boolean): void {
    const lines = this.#lines;
    this.#lines = [];
    const first = lines[0];
    if (first && /^version:/i.test(first.text)) {
      this.#checkVersion(first);
      lines.shift();
    }
    const start = lines[0];
    if (!start || this.#isSearchResult(lines)) return;
    this.#entries++;
    const record = parseRecord(start.line, lines, this.#path);
    if (isAtEnd) this.#checkLast(record, lines);
    records.push(record);
  }

  /** The last record when no empty line follows it. A cut right behind a line break leaves base64 that breaks off, or a name alone. */
  #checkLast(record: FileRecord, lines: readonly LogicalLine[]): void {
    const last = lines.at(-1);
    const isCutBase64 = record.fault !== null && record.fault.line === last?.line && /^[^:]+::/.test(last.text);
    if (isCutBase64 && last.text.length >= SHORTEST_FOLDED_LINE)
      throw this.#truncation(`it ends within the base64 value of line ${last.line}`);
    if (lines.length === 1 && record.dn !== null)
      throw this.#truncation(`it ends after the first line of the record at line ${record.line}`);
  }

  #checkVersion(line: LogicalLine): void {
    const version = line.text.slice('version:'.length).trim();
    if (version !== '1')
      throw new DirbridgeError(
        'file-invalid',
        `${this.#path}:${line.line}: LDIF version ${version} is not known; RFC 2849 has version 1 only.`,
      );
  }

  /** ldapsearch without -L writes `ref: URL`, and `search: 2` with `result: 0 Success` at the end: these are no records. */
  #isSearchResult(lines: readonly LogicalLine[]): boolean {
    if (lines[0]?.text.startsWith('ref: ldap')) return true;
    if (!lines[0]?.text.startsWith('search: ')) return false;
    const result = lines.find((line) => line.text.startsWith('result: '));
    if (result && !result.text.startsWith('result: 0 '))
      throw this.#truncation(`the search that made it failed (line ${result.line}: ${result.text})`);
    return true;
  }
}

/** One record being put together; the first fault counts. */
interface Draft {
  readonly path: string;
  readonly line: number;
  readonly values: Map<string, RawValue[]>;
  dn: string | null;
  fault: RecordFault | null;
}

function parseRecord(line: number, lines: readonly LogicalLine[], path: string): FileRecord {
  const draft: Draft = { path, line, values: new Map(), dn: null, fault: null };
  lines.forEach((one, index) => {
    const fault = parseLine(draft, one, index === 0);
    if (fault)
      draft.fault = {
        ...(draft.fault ?? fault),
        hidesIdentity: fault.hidesIdentity || draft.fault?.hidesIdentity === true,
      };
  });
  if (!draft.fault && !draft.values.has('objectclass'))
    draft.fault = { line, reason: 'the record has no objectClass', attribute: 'objectClass', hidesIdentity: false };
  return { line, dn: draft.dn, anchorText: null, type: recordType(draft), values: draft.values, fault: draft.fault };
}

function recordType(draft: Draft): SourceType {
  const classes = (draft.values.get('objectclass') ?? []).map((value) => decodeText(value)?.toLowerCase() ?? '');
  return typeOfClasses(new Set(classes));
}

function parseLine(draft: Draft, line: LogicalLine, isFirst: boolean): RecordFault | null {
  const colon = line.text.indexOf(':');
  const description = colon < 0 ? '' : line.text.slice(0, colon);
  if (isFirst && description.toLowerCase() !== 'dn') return faultOf(line, 'a record begins with "dn:"', null, true);
  if (colon < 0) return faultOf(line, 'the line has no colon', null, true);
  if (!DESCRIPTION.test(description))
    return faultOf(line, `${excerpt(description)} is no name of an attribute`, null, true);
  const [name = ''] = description.split(';', 1);
  const key = name.toLowerCase();
  if (!isFirst && (key === 'changetype' || key === 'control')) throw changeRecord(draft, line);
  const isIdentity = isFirst || IDENTITY_ATTRIBUTES.has(key);
  const value = parseValue(line.text, colon);
  if (typeof value === 'object' && 'reason' in value)
    return faultOf(line, `${description}: ${value.reason}`, name, isIdentity);
  if (isFirst) return takeName(draft, line, value);
  return keepValue(draft, line, description, value);
}

function takeName(draft: Draft, line: LogicalLine, value: RawValue): RecordFault | null {
  const dn = decodeText(value);
  if (dn === null) return faultOf(line, 'the name is not UTF-8', null, true);
  if (!dn.includes('=')) return faultOf(line, `${dn === '' ? 'an empty text' : excerpt(dn)} is no DN`, null, true);
  draft.dn = dn;
  return null;
}

function keepValue(draft: Draft, line: LogicalLine, description: string, value: RawValue): RecordFault | null {
  const [name = '', ...options] = description.toLowerCase().split(';');
  const range = options.find((option) => option.startsWith('range='));
  if (range !== undefined && range !== 'range=0-*')
    return faultOf(line, `${description} is only a part of the list; export all values of it`, name, false);
  if (value.length === 0) return null;
  // A language tag makes another attribute (RFC 3866 §2); `binary` only says how the value was sent (RFC 4522 §3).
  const tags = options.filter((option) => option !== 'binary' && option !== range);
  const key = [name, ...tags].join(';');
  const held = draft.values.get(key);
  if (held) held.push(value);
  else draft.values.set(key, [value]);
  return null;
}

interface BadValue {
  readonly reason: string;
}

/** `:` text, `::` base64, `:<` URL. */
function parseValue(text: string, colon: number): RawValue | BadValue {
  const sign = text[colon + 1];
  if (sign === '<')
    return { reason: 'values from other files (":<") are not read; put the value into the LDIF in base64' };
  if (sign === ':') {
    const encoded = text.slice(colon + 2).trim();
    if (!BASE64.test(encoded)) return { reason: 'the value is no valid base64' };
    return Buffer.from(encoded, 'base64');
  }
  let start = colon + 1;
  while (text.charCodeAt(start) === 32) start++;
  const plain = text.slice(start);
  if (isAscii(plain)) return plain;
  return decodeText(Buffer.from(plain, 'latin1')) ?? { reason: 'the value is not UTF-8' };
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant
  return /^[\x00-\x7f]*$/.test(text);
}

/** The text of a value; null when its bytes are no UTF-8. */
export function decodeText(value: RawValue): string | null {
  if (typeof value === 'string') return value;
  try {
    return UTF8.decode(value);
  } catch {
    return null;
  }
}

function faultOf(line: LogicalLine, reason: string, attribute: string | null, hidesIdentity: boolean): RecordFault {
  return { line: line.line, reason, hidesIdentity, ...(attribute === null ? {} : { attribute }) };
}

function changeRecord(draft: Draft, line: LogicalLine): DirbridgeError {
  return new DirbridgeError(
    'file-invalid',
    `${draft.path}:${line.line}: "${excerpt(line.text)}" belongs to a change record; a source is a file of whole entries.`,
    {
      remedy:
        'Export the entries themselves (ldapsearch, slapcat); drop the "changetype: add" lines that ldifde writes.',
    },
  );
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
