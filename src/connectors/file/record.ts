import type { SourceType } from '../../model/change.ts';

/** A value as the file gives it: a text, or bytes (base64 in LDIF) that are a text or not, whatever the attribute says. */
export type RawValue = string | Uint8Array;

/** One record of a file before anything is known of the others. */
export interface FileRecord {
  /** The line (from 1) that it begins in. */
  readonly line: number;
  readonly dn: string | null;
  /** The text of the anchor columns; null where the format has none. */
  readonly anchorText: string | null;
  readonly type: SourceType;
  /** By attribute name in lower case; no list is empty. */
  readonly values: ReadonlyMap<string, readonly RawValue[]>;
  /** Why the record cannot be used, or null. What else it holds is then only good for saying which object it is. */
  readonly fault: RecordFault | null;
}

export interface RecordFault {
  readonly line: number;
  readonly reason: string;
  readonly attribute?: string;
  readonly value?: string;
  /** The unreadable part may be the very one that says which object it is. */
  readonly hidesIdentity: boolean;
}

/** How records come out of the bytes of a file. */
export interface FileFormat {
  readonly method: string;
  /** What of the configuration decides how records become objects: when it changes, the file is read anew. */
  readonly fingerprint: string;
  readonly path: string;
  /** Types of attributes that the configuration tells, by name in lower case; they go before the table of attribute types. */
  readonly declaredTypes: ReadonlyMap<string, AttributeType>;
  /** Names in lower case: where an attribute is taken from when the record has none of that name. */
  readonly substitutes: ReadonlyMap<string, string>;
  /**
   * Records in the order of the file, with the values of the `wanted` attributes (names in lower case); others may be left out.
   * What is wrong with a record does not depend on `wanted`. Throws DirbridgeError `file-invalid`, `file-truncated` or `config-invalid` for the file
   * as a whole.
   */
  records(chunks: AsyncIterable<Buffer>, wanted: ReadonlySet<string>): AsyncIterable<readonly FileRecord[]>;
  /** Remarks about the configuration for `check`. */
  remarks(): readonly string[];
}

export const ATTRIBUTE_TYPES = ['text', 'texts', 'integer', 'flag', 'bytes', 'byte-strings', 'unknown'] as const;
/** `texts` and `byte-strings` are multi-valued; `unknown` is text, one or several as they come. */
export type AttributeType = (typeof ATTRIBUTE_TYPES)[number];
