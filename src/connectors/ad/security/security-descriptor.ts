import { type AccessControlList, readAccessControlList, writeAccessControlList } from './access-control-list.ts';
import { MalformedDescriptor } from './malformed-descriptor.ts';

/** A security descriptor ([MS-DTYP] 2.4.6), with every part that it need not have. Null: it has none. */
export interface SecurityDescriptor {
  readonly revision: number;
  readonly reserved: number;
  /** The flags of the second and third byte, SELF_RELATIVE among them. */
  readonly control: number;
  /** SIDs in their binary form. */
  readonly owner: Buffer | null;
  readonly group: Buffer | null;
  readonly sacl: AccessControlList | null;
  /** Null although `control` says that it is there: everybody may do everything. */
  readonly dacl: AccessControlList | null;
}

/** [MS-DTYP] 2.4.6. */
export const DESCRIPTOR_CONTROL = { daclPresent: 0x0004, saclPresent: 0x0010, selfRelative: 0x8000 } as const;

const HEADER = 20;
const SID_HEADER = 8;

/** Reads the self-relative format, as directories send it. Throws MalformedDescriptor. */
export function readSecurityDescriptor(bytes: Buffer): SecurityDescriptor {
  if (bytes.length < HEADER) throw new MalformedDescriptor(`${bytes.length} bytes are too few`);
  const control = bytes.readUInt16LE(2);
  if ((control & DESCRIPTOR_CONTROL.selfRelative) === 0) throw new MalformedDescriptor('it is not self-relative');
  return {
    revision: bytes.readUInt8(0),
    reserved: bytes.readUInt8(1),
    control,
    owner: readSid(bytes, bytes.readUInt32LE(4)),
    group: readSid(bytes, bytes.readUInt32LE(8)),
    sacl: readList(bytes, bytes.readUInt32LE(12)),
    dacl: readList(bytes, bytes.readUInt32LE(16)),
  };
}

function readList(bytes: Buffer, offset: number): AccessControlList | null {
  return offset === 0 ? null : readAccessControlList(bytes, offset);
}

/** [MS-DTYP] 2.4.2.2. */
function readSid(bytes: Buffer, offset: number): Buffer | null {
  if (offset === 0) return null;
  if (offset + SID_HEADER > bytes.length) throw new MalformedDescriptor('a SID begins behind its end');
  const end = offset + SID_HEADER + 4 * bytes.readUInt8(offset + 1);
  if (end > bytes.length) throw new MalformedDescriptor('a SID ends behind its end');
  return Buffer.from(bytes.subarray(offset, end));
}

/** Writes the self-relative format. Throws RangeError when a list is too large for it. */
export function writeSecurityDescriptor(descriptor: SecurityDescriptor): Buffer {
  const { owner, group, sacl, dacl } = descriptor;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(descriptor.revision, 0);
  header.writeUInt8(descriptor.reserved, 1);
  header.writeUInt16LE(descriptor.control | DESCRIPTOR_CONTROL.selfRelative, 2);
  const written: Buffer[] = [header];
  let offset = HEADER;
  const place = (field: number, part: Buffer | null): void => {
    if (part === null) return;
    header.writeUInt32LE(offset, field);
    written.push(part);
    offset += part.length;
  };
  place(12, sacl && writeAccessControlList(sacl));
  place(16, dacl && writeAccessControlList(dacl));
  place(4, owner);
  place(8, group);
  return Buffer.concat(written);
}
