import { pipeline } from 'node:stream/promises';
import { CsvError, type Info, parse } from 'csv-parse';
import { DirbridgeError, messageOf } from '../../errors.ts';
import { SOURCE_TYPES, type SourceType } from '../../model/change.ts';
import { type CsvColumn, type CsvSection, listColumns } from './config.ts';
import type { FileRecord, RawValue, RecordFault } from './record.ts';

const BATCH = 500;
const TYPES = new Map<string, SourceType>(SOURCE_TYPES.map((type) => [type.toLowerCase(), type]));

const LONGEST_ROW = 16 << 20;

/** What csv-parse gives with `info` and `raw`: the fields of a row, where it ends, and its text. */
interface Row {
  readonly record: readonly string[];
  readonly info: Info;
  readonly raw: string;
}

/**
 * Reads a CSV file (RFC 4180) whose first row names its columns. Lines without any value are skipped. A row that cannot be read comes
 * with its fault. Thrown for the file as a whole: `config-invalid` when the header lacks a column that the configuration names,
 * `file-invalid` when its encoding is another one, `file-truncated` when it ends within a quoted field or a row.
 */
export async function* readCsv(
  chunks: AsyncIterable<Buffer>,
  path: string,
  section: CsvSection,
): AsyncGenerator<readonly FileRecord[]> {
  const parser = parse({
    delimiter: section.delimiter,
    info: true,
    raw: true,
    relax_column_count: true,
    // A misplaced quote is to spoil its own row, not the rest of the file; CsvReading finds it again in the raw text.
    relax_quotes: true,
    max_record_size: LONGEST_ROW,
    skip_empty_lines: true,
  });
  const reading = new CsvReading(path, section);
  const text = new DecodedText(chunks, path, section.encoding);
  const feeding = pipeline(text.pieces(), parser).catch(() => undefined);
  let batch: FileRecord[] = [];
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      reading.take(row, batch);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    reading.end(text.lastChar);
  } catch (error) {
    throw reading.explain(error);
  } finally {
    parser.destroy();
    await feeding;
  }
  if (batch.length > 0) yield batch;
}

/** The text of a file in the encoding that the configuration names. */
class DecodedText {
  readonly #chunks: AsyncIterable<Buffer>;
  readonly #path: string;
  readonly #encoding: string;
  #lastChar = '';

  constructor(chunks: AsyncIterable<Buffer>, path: string, encoding: string) {
    this.#chunks = chunks;
    this.#path = path;
    this.#encoding = encoding;
  }

  get lastChar(): string {
    return this.#lastChar;
  }

  async *pieces(): AsyncGenerator<string> {
    const decoder = new TextDecoder(this.#encoding, { fatal: true });
    for await (const chunk of this.#chunks) yield this.#keep(() => decoder.decode(chunk, { stream: true }));
    yield this.#keep(() => decoder.decode());
  }

  #keep(decode: () => string): string {
    try {
      const text = decode();
      this.#lastChar = text.at(-1) ?? this.#lastChar;
      return text;
    } catch (cause) {
      throw new DirbridgeError('file-invalid', `${this.#path} is not encoded in ${this.#encoding}.`, {
        cause,
        remedy: 'Name the encoding of the file with "encoding" in the configuration, or export it in UTF-8.',
      });
    }
  }
}

const MISPLACED_QUOTE = 'a quote stands where none may be; write "" for a quote within a quoted field';

interface BoundColumn extends CsvColumn {
  readonly at: number;
  readonly key: string;
}

interface Header {
  readonly width: number;
  readonly columns: readonly BoundColumn[];
  readonly anchors: readonly number[];
  readonly type: number | null;
}

class CsvReading {
  readonly #path: string;
  readonly #section: CsvSection;
  #header: Header | null = null;
  #lastLine = 0;
  #rows = 0;
  #last: { readonly width: number; readonly line: number } | null = null;

  constructor(path: string, section: CsvSection) {
    this.#path = path;
    this.#section = section;
  }

  take({ record, info, raw }: Row, records: FileRecord[]): void {
    const line = info.lines - (raw.trim().match(/\r\n|\n|\r/g)?.length ?? 0);
    this.#lastLine = info.lines;
    if (!this.#header) {
      this.#header = this.#bind(record);
      return;
    }
    this.#last = { width: record.length, line };
    // Spreadsheets end their exports with rows of delimiters alone: they name nobody and hide nobody.
    if (record.every((field) => field.trim() === '')) return;
    this.#rows++;
    const fault = raw.includes('"') && !this.#isWellQuoted(raw) ? MISPLACED_QUOTE : null;
    records.push(fault ? this.#badRow(line, fault) : this.#readRow(this.#header, record, line));
  }

  /** RFC 4180 §2.5 to 2.7: a field is quoted as a whole or holds no quote; `""` stands for a quote in it. */
  #isWellQuoted(raw: string): boolean {
    const text = raw.replace(/^[\r\n]+|[\r\n]+$/g, '').replaceAll(/"(?:[^"]|"")*"/g, '\0');
    if (text.includes('"')) return false;
    return text.split(this.#section.delimiter).every((field) => field === '\0' || !field.includes('\0'));
  }

  /** What csv-parse throws, in our words. */
  explain(error: unknown): DirbridgeError {
    if (error instanceof DirbridgeError) return error;
    const after = `after line ${this.#lastLine}`;
    if (error instanceof CsvError && error.code === 'CSV_QUOTE_NOT_CLOSED')
      return new DirbridgeError(
        'file-truncated',
        `${this.#path} is not whole: it ends within a quoted field that begins ${after}.`,
        { cause: error },
      );
    return new DirbridgeError('file-invalid', `${this.#path}: the row ${after} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }

  end(lastChar: string): void {
    if (!this.#header || this.#rows === 0)
      throw new DirbridgeError(
        'file-truncated',
        `${this.#path} is not whole: it holds ${this.#header ? 'no row below its header' : 'no header'}.`,
      );
    if (lastChar !== '\n' && lastChar !== '\r' && this.#last && this.#last.width < this.#header.width)
      throw new DirbridgeError(
        'file-truncated',
        `${this.#path} is not whole: it ends within line ${this.#last.line}, after ${this.#last.width} of ${this.#header.width} fields.`,
      );
  }

  #badRow(line: number, reason: string): FileRecord {
    const fault: RecordFault = { line, reason, hidesIdentity: true };
    return { line, dn: null, anchorText: null, type: this.#section.type ?? 'user', values: new Map(), fault };
  }

  #readRow(header: Header, fields: readonly string[], line: number): FileRecord {
    if (fields.length !== header.width)
      return this.#badRow(line, `the row has ${fields.length} fields, the header ${header.width}`);
    const values = new Map<string, RawValue[]>();
    let dn: string | null = null;
    for (const column of header.columns) {
      const field = fields[column.at]?.trim() ?? '';
      if (field === '') continue;
      if (column.key === 'dn' || column.key === 'distinguishedname') dn = field;
      else values.set(column.key, [...(values.get(column.key) ?? []), ...splitField(field, column)]);
    }
    const anchorText = anchorTextOf(header, fields);
    const record: FileRecord = { line, dn, anchorText, type: this.#typeOf(header, fields), values, fault: null };
    const fault = this.#faultOf(record, header, fields);
    return fault ? { ...record, fault } : record;
  }

  #typeOf(header: Header, fields: readonly string[]): SourceType {
    if (header.type === null) return this.#section.type ?? 'user';
    return TYPES.get(fields[header.type]?.trim().toLowerCase() ?? '') ?? 'other';
  }

  #faultOf(record: FileRecord, header: Header, fields: readonly string[]): RecordFault | null {
    const isIdentified =
      record.anchorText !== null || record.values.has('objectguid') || record.values.has('entryuuid');
    if (!isIdentified) {
      const names = [this.#section.anchor ?? 'objectGUID'].flat().join(' and ');
      return {
        line: record.line,
        reason: `${names} is empty, so it is not known which object the row is`,
        hidesIdentity: true,
      };
    }
    if (record.dn !== null && !record.dn.includes('='))
      return { line: record.line, reason: 'the dn is no DN', attribute: 'dn', value: record.dn, hidesIdentity: false };
    const type = header.type === null ? null : (fields[header.type]?.trim() ?? '');
    if (type !== null && !TYPES.has(type.toLowerCase()))
      return {
        line: record.line,
        reason: `${JSON.stringify(type)} is no type of object; known are ${SOURCE_TYPES.join(', ')}`,
        hidesIdentity: false,
      };
    return null;
  }

  #bind(names: readonly string[]): Header {
    const header = names.map((name) => name.trim());
    const missing: string[] = [];
    const find = (column: string): number => {
      const exact = header.indexOf(column.trim());
      const at = exact >= 0 ? exact : header.findIndex((name) => name.toLowerCase() === column.trim().toLowerCase());
      if (at < 0 && !missing.includes(column)) missing.push(column);
      if (at >= 0 && header.indexOf(header[at] ?? '', at + 1) >= 0)
        throw this.#badHeader(`the column ${JSON.stringify(column)} stands in the header twice`, header);
      return at;
    };
    const { columns, anchor = [], typeColumn } = this.#section;
    const bound: Header = {
      width: header.length,
      columns: listColumns(columns).map((one) => ({ ...one, at: find(one.column), key: one.attribute.toLowerCase() })),
      anchors: [anchor].flat().map(find),
      type: typeColumn === undefined ? null : find(typeColumn),
    };
    if (missing.length > 0)
      throw this.#badHeader(`there is no column ${missing.map((name) => JSON.stringify(name)).join(', ')}`, header);
    return bound;
  }

  #badHeader(reason: string, header: readonly string[]): DirbridgeError {
    return new DirbridgeError('config-invalid', `${this.#path}:1: ${reason}; the header has: ${header.join(', ')}`, {
      remedy: 'Correct columns, anchor or typeColumn (or the delimiter) of the source, or the header of the file.',
    });
  }
}

/** The text of the anchor columns; with several of them a separator that cannot come from the values. */
function anchorTextOf(header: Header, fields: readonly string[]): string | null {
  const parts = header.anchors.map((at) => fields[at]?.trim() ?? '');
  if (parts.length === 0 || parts.every((part) => part === '')) return null;
  return parts.length === 1 ? (parts[0] ?? null) : parts.map((part) => part.replace(/[\\+]/g, '\\$&')).join('+');
}

function splitField(field: string, column: CsvColumn): readonly RawValue[] {
  const separator = column.separator;
  const parts = separator === undefined ? [field] : field.split(separator).map((part) => part.trim());
  return parts.filter((part) => part !== '');
}
