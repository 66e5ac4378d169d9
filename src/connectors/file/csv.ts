import { type CsvError, type Info, type Parser, parse } from 'csv-parse';
import { DirbridgeError, messageOf } from '../../errors.ts';
import { SOURCE_TYPES, type SourceType } from '../../model/change.ts';
import { type CsvColumn, type CsvSection, listColumns } from './config.ts';
import type { FileRecord, RawValue, RecordFault } from './record.ts';

const BATCH = 500;
const TYPES = new Map<string, SourceType>(SOURCE_TYPES.map((type) => [type.toLowerCase(), type]));

/** What csv-parse gives with `info`: the fields of a row and where it ends. */
interface Row {
  readonly record: readonly string[];
  readonly info: Info;
}

/**
 * Reads a CSV file (RFC 4180) whose first row names its columns. Lines without any field are skipped. A row that cannot be read comes
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
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  });
  const reading = new CsvReading(path, section);
  parser.on('skip', (error: CsvError | undefined) => reading.skip(error));
  const feeding = feed(chunks, parser, path, section.encoding);
  let batch: FileRecord[] = [];
  try {
    for await (const row of parser as AsyncIterable<Row>) {
      reading.take(row, batch);
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
    }
    const end = await feeding;
    reading.end(end, batch);
  } catch (error) {
    await feeding.catch(() => undefined);
    throw error instanceof DirbridgeError
      ? error
      : new DirbridgeError('file-invalid', `${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    parser.destroy();
  }
  if (batch.length > 0) yield batch;
}

/** Writes the decoded text into the parser; gives its last char. An error of either side ends both. */
async function feed(chunks: AsyncIterable<Buffer>, parser: Parser, path: string, encoding: string): Promise<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let last = '';
  try {
    for await (const chunk of chunks) {
      const text = decoder.decode(chunk, { stream: true });
      last = text.at(-1) ?? last;
      if (!parser.write(text)) await new Promise((resume) => parser.once('drain', resume).once('close', resume));
      if (parser.destroyed) return last;
    }
    parser.end(decoder.decode());
    return last;
  } catch (error) {
    const reason = new DirbridgeError('file-invalid', `${path} is not encoded in ${encoding}.`, {
      remedy: 'Name the encoding of the file with "encoding" in the configuration, or export it in UTF-8.',
    });
    const thrown = error instanceof TypeError ? reason : error;
    parser.destroy(thrown instanceof Error ? thrown : reason);
    throw thrown;
  }
}

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
  #skipped: FileRecord[] = [];
  #lastLine = 0;
  #rows = 0;
  #last: { readonly width: number; readonly line: number } | null = null;

  constructor(path: string, section: CsvSection) {
    this.#path = path;
    this.#section = section;
  }

  take({ record, info }: Row, records: FileRecord[]): void {
    records.push(...this.#skipped);
    this.#skipped = [];
    const line = this.#lastLine + 1;
    this.#lastLine = info.lines;
    if (!this.#header) {
      this.#header = this.#bind(record);
      return;
    }
    this.#rows++;
    this.#last = { width: record.length, line };
    records.push(this.#readRow(this.#header, record, line));
  }

  /** A row that csv-parse itself could not read. */
  skip(error: CsvError | undefined): void {
    const code = error?.code ?? '';
    if (code === 'CSV_QUOTE_NOT_CLOSED')
      throw new DirbridgeError(
        'file-truncated',
        `${this.#path} is not whole: it ends within the quoted field that begins after line ${this.#lastLine}.`,
      );
    const line = this.#lastLine + 1;
    const at = typeof error?.['lines'] === 'number' ? Number(error['lines']) : line;
    this.#lastLine = at;
    this.#rows++;
    const reason = code.includes('QUOTE')
      ? 'a quote stands where none may be; write "" for a quote within a quoted field'
      : messageOf(error);
    this.#skipped.push(this.#badRow(line, { line: at, reason, hidesIdentity: true }));
  }

  end(lastChar: string, records: FileRecord[]): void {
    records.push(...this.#skipped);
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

  #badRow(line: number, fault: RecordFault): FileRecord {
    return { line, dn: null, anchorText: null, type: this.#section.type ?? 'user', values: new Map(), fault };
  }

  #readRow(header: Header, fields: readonly string[], line: number): FileRecord {
    if (fields.length !== header.width)
      return this.#badRow(line, {
        line,
        reason: `the row has ${fields.length} fields, the header ${header.width}`,
        hidesIdentity: true,
      });
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
