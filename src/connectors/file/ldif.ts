import { DirbridgeError } from '../../errors.ts';
import { LdifLines, type LogicalLine } from './ldif-lines.ts';
import { LdifRecordParser } from './ldif-record.ts';
import type { FileRecord } from './record.ts';

/** Tools fold lines at 76 to 79 chars; a shorter line at the end was not broken off by a fold. */
const SHORTEST_FOLDED_LINE = 70;

/**
 * Reads an LDIF file of entries (RFC 2849, ldif-content). A record that cannot be read comes with its fault; what speaks against the
 * file as a whole is thrown: `file-invalid` for change records, another version or encoding, `file-truncated` when it ends in a record.
 */
export async function* readLdif(
  chunks: AsyncIterable<Buffer>,
  path: string,
  wanted: ReadonlySet<string>,
): AsyncGenerator<readonly FileRecord[]> {
  const lines = new LdifLines(path);
  const reading = new LdifReading(path, wanted);
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
  readonly #parser: LdifRecordParser;
  #lines: LogicalLine[] = [];
  #entries = 0;
  /** What the comments that ldapsearch frames its answer with told: with them a missing end can be seen. */
  readonly #search = { isBegun: false, endings: 0, announced: 0 };

  constructor(path: string, wanted: ReadonlySet<string>) {
    this.#path = path;
    this.#parser = new LdifRecordParser(path, wanted);
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
    const record = this.#parser.parse(lines);
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
