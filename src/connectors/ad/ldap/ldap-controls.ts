import { Control } from 'ldapts';
import { BerCursor } from './ber-cursor.ts';

/** Object identifiers of the controls that we use ([MS-ADTS] 3.1.1.3.4.1, RFC 2696). */
export const CONTROL = {
  pagedResults: '1.2.840.113556.1.4.319',
  showDeleted: '1.2.840.113556.1.4.417',
  extendedDn: '1.2.840.113556.1.4.529',
  securityDescriptorFlags: '1.2.840.113556.1.4.801',
  dirSync: '1.2.840.113556.1.4.841',
  domainScope: '1.2.840.113556.1.4.1339',
} as const;

type ControlWriter = Parameters<Control['write']>[0];

/** A control whose value is encoded already. */
class EncodedControl extends Control {
  readonly #value: Buffer | null;

  constructor(type: string, critical: boolean, value: Buffer | null) {
    super(type, { critical });
    this.#value = value;
  }

  override writeControl(writer: ControlWriter): void {
    if (this.#value) writer.writeBuffer(this.#value, 0x04);
  }
}

/** RFC 2696. */
export function pagedResultsControl(size: number, cookie: Buffer): Control {
  const value = encodeSequence(encodeInteger(size), encodeElement(0x04, cookie));
  return new EncodedControl(CONTROL.pagedResults, true, value);
}

/** The cookie of the answer, empty after the last page. */
export function decodePagedResults(value: Buffer): Buffer {
  const cursor = new BerCursor(value);
  cursor.enter(0x30);
  cursor.readInteger();
  return Buffer.from(cursor.readBytes());
}

export function showDeletedControl(): Control {
  return new EncodedControl(CONTROL.showDeleted, true, null);
}

/** DNs come as `<GUID=...>;<SID=...>;CN=...` with the GUID in its readable form ([MS-ADTS] 3.1.1.3.4.1.5, flag 1). */
export function extendedDnControl(): Control {
  return new EncodedControl(CONTROL.extendedDn, false, encodeSequence(encodeInteger(1)));
}

/** Of a security descriptor only the list of who may do what is meant, reading and writing ([MS-ADTS] 3.1.1.3.4.1.11). */
export function accessListControl(): Control {
  return new EncodedControl(CONTROL.securityDescriptorFlags, true, encodeSequence(encodeInteger(0x4)));
}

/** Only the owner is meant. */
export function ownerControl(): Control {
  return new EncodedControl(CONTROL.securityDescriptorFlags, true, encodeSequence(encodeInteger(0x1)));
}

/** No continuation references to other domains. */
export function domainScopeControl(): Control {
  return new EncodedControl(CONTROL.domainScope, false, null);
}

/** Flags of DirSync ([MS-ADTS] 3.1.1.3.4.1.3). The second is negative because the field is a signed 32-bit integer on the wire. */
export const DIR_SYNC_FLAGS = { objectSecurity: 0x1, incrementalValues: -0x8000_0000 } as const;

export function dirSyncControl(flags: number, maxBytes: number, cookie: Buffer): Control {
  const value = encodeSequence(encodeInteger(flags), encodeInteger(maxBytes), encodeElement(0x04, cookie));
  return new EncodedControl(CONTROL.dirSync, true, value);
}

export interface DirSyncAnswer {
  readonly hasMore: boolean;
  readonly cookie: Buffer;
}

export function decodeDirSync(value: Buffer): DirSyncAnswer {
  const cursor = new BerCursor(value);
  cursor.enter(0x30);
  const hasMore = cursor.readInteger() !== 0;
  cursor.readInteger();
  return { hasMore, cookie: Buffer.from(cursor.readBytes()) };
}

/** A signed 32-bit INTEGER in as few bytes as it needs (X.690 §8.3.2). */
export function encodeInteger(value: number): Buffer {
  let length = 1;
  while (length < 4 && (value < -(2 ** (8 * length - 1)) || value >= 2 ** (8 * length - 1))) length++;
  const content = Buffer.alloc(length);
  content.writeIntBE(value, 0, length);
  return encodeElement(0x02, content);
}

function encodeSequence(...parts: readonly Buffer[]): Buffer {
  return encodeElement(0x30, Buffer.concat(parts));
}

function encodeElement(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}
