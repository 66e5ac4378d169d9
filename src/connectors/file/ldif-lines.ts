import { DirbridgeError } from '../../errors.ts';

/** A line of LDIF with its continuation lines, and the number (from 1) of the first. One char per byte: the value may be UTF-8. */
export interface LogicalLine {
  readonly line: number;
  readonly text: string;
}

const LONGEST_LINE = 64 << 20;

/**
 * Puts bytes together into logical lines: RFC 2849 note 2, a line that starts with a blank goes on with the line before.
 * Line breaks are LF or CRLF; a byte order mark at the start is dropped. Bytes become chars one by one (latin1), so that a line
 * can be cut without looking at its encoding.
 */
export class LdifLines {
  readonly #path: string;
  #rest = '';
  #line = 0;
  #pending: string[] = [];
  #pendingLine = 0;
  #pendingLength = 0;
  #isFirst = true;

  constructor(path: string) {
    this.#path = path;
  }

  /** The logical lines that are complete with this chunk. An empty line comes as an empty text. */
  push(chunk: Buffer): readonly LogicalLine[] {
    const lines: LogicalLine[] = [];
    let text = this.#rest + chunk.toString('latin1');
    if (this.#isFirst) {
      this.#isFirst = false;
      text = this.#withoutMark(text);
    }
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      const stop = end > start && text.charCodeAt(end - 1) === 13 ? end - 1 : end;
      this.#take(text.slice(start, stop), lines);
      start = end + 1;
    }
    this.#rest = text.slice(start);
    this.#checkLength(this.#rest.length);
    return lines;
  }

  /** The last logical line, at the end of the file. */
  end(): readonly LogicalLine[] {
    const lines: LogicalLine[] = [];
    if (this.#rest !== '') this.#take(this.#rest, lines);
    this.#flush(lines);
    return lines;
  }

  #take(physical: string, lines: LogicalLine[]): void {
    this.#line++;
    if (physical.startsWith(' ') && this.#pending.length > 0) {
      this.#pending.push(physical.slice(1));
      this.#pendingLength += physical.length;
      this.#checkLength(this.#pendingLength);
      return;
    }
    this.#flush(lines);
    this.#pending = [physical];
    this.#pendingLine = this.#line;
    this.#pendingLength = physical.length;
  }

  #flush(lines: LogicalLine[]): void {
    if (this.#pending.length === 0) return;
    const [first = ''] = this.#pending;
    lines.push({ line: this.#pendingLine, text: this.#pending.length === 1 ? first : this.#pending.join('') });
    this.#pending = [];
  }

  #checkLength(length: number): void {
    if (length > LONGEST_LINE)
      throw new DirbridgeError(
        'file-invalid',
        `${this.#path}:${this.#line + 1}: the line is longer than ${LONGEST_LINE >> 20} MB, so this is no LDIF file.`,
      );
  }

  #withoutMark(text: string): string {
    if (text.startsWith('\xff\xfe') || text.startsWith('\xfe\xff'))
      throw new DirbridgeError('file-invalid', `${this.#path}:1: the file is in UTF-16; LDIF is UTF-8 (RFC 2849).`, {
        remedy: 'Export it without Unicode (ldifde without -u), or convert it: iconv -f utf-16 -t utf-8.',
      });
    return text.startsWith('\xef\xbb\xbf') ? text.slice(3) : text;
  }
}
