import { guidToBytes } from '../../../model/anchor.ts';
import { type AccessControlList, type AccessEntry, ENTRY_FLAG, ENTRY_TYPE } from './access-control-list.ts';

/** Rights on objects of a directory ([MS-ADTS] 5.1.3.2). */
export const DIRECTORY_RIGHT = { listChildren: 0x04, readProperty: 0x10, controlAccess: 0x100 } as const;

/** What somebody is to be allowed on one object, by one entry of its access control list. */
export interface Grant {
  readonly mask: number;
  /** The GUID of an extended right ([MS-ADTS] 5.1.3.2.1); null: the rights of the mask as such. */
  readonly extendedRight: string | null;
}

/** `denied`: an entry denies it to this very SID, so that one that allows it would do nothing. */
export type GrantState = 'granted' | 'denied' | 'missing';

/** [MS-DTYP] 2.4.5: a list with entries for object types has this revision. */
const DIRECTORY_REVISION = 4;
const OBJECT_TYPE_PRESENT = 0x1;
const INHERITED_TYPE_PRESENT = 0x2;
const GUID_LENGTH = 16;

/** Whether the list gives it to this very SID; what groups of the account have is not looked at. */
export function findGrant(list: AccessControlList, sid: Buffer, grant: Grant): GrantState {
  for (const entry of list.entries) {
    const effect = effectOf(entry, sid, grant);
    if (effect !== null) return effect;
  }
  return 'missing';
}

function effectOf(entry: AccessEntry, sid: Buffer, grant: Grant): 'granted' | 'denied' | null {
  if ((entry.flags & ENTRY_FLAG.inheritOnly) !== 0) return null;
  const parts = readParts(entry);
  if (parts === null || !parts.sid.equals(sid)) return null;
  const isMeant = parts.objectType === null || isSameGuid(parts.objectType, grant.extendedRight);
  if (!isMeant) return null;
  if (parts.isAllowed) return (parts.mask & grant.mask) === grant.mask ? 'granted' : null;
  return (parts.mask & grant.mask) === 0 ? null : 'denied';
}

function isSameGuid(bytes: Buffer, guid: string | null): boolean {
  return guid !== null && bytes.equals(guidBytes(guid));
}

interface EntryParts {
  readonly isAllowed: boolean;
  readonly mask: number;
  readonly objectType: Buffer | null;
  readonly sid: Buffer;
}

/** Null for an entry of another kind (with conditions, of an audit ...), or one too short to say anything: they are nobody's business here. */
function readParts({ type, body }: AccessEntry): EntryParts | null {
  const isObject = type === ENTRY_TYPE.allowedObject || type === ENTRY_TYPE.deniedObject;
  if (!isObject && type !== ENTRY_TYPE.allowed && type !== ENTRY_TYPE.denied) return null;
  const isAllowed = type === ENTRY_TYPE.allowed || type === ENTRY_TYPE.allowedObject;
  if (body.length < 8) return null;
  const mask = body.readUInt32LE(0);
  if (!isObject) return withSid({ isAllowed, mask, objectType: null }, body, 4);
  // [MS-DTYP] 2.4.4.3: each of the two GUIDs is there only when its flag is set.
  const flags = body.readUInt32LE(4);
  const hasType = (flags & OBJECT_TYPE_PRESENT) !== 0;
  const sidAt = 8 + (hasType ? GUID_LENGTH : 0) + ((flags & INHERITED_TYPE_PRESENT) !== 0 ? GUID_LENGTH : 0);
  const objectType = hasType ? body.subarray(8, 8 + GUID_LENGTH) : null;
  return withSid({ isAllowed, mask, objectType }, body, sidAt);
}

/** An entry may be padded behind its SID. */
function withSid(parts: Omit<EntryParts, 'sid'>, body: Buffer, at: number): EntryParts | null {
  const end = at + 8 + 4 * (body[at + 1] ?? Number.POSITIVE_INFINITY);
  return end > body.length ? null : { ...parts, sid: body.subarray(at, end) };
}

/**
 * The list with one entry more, which allows it; every other entry stays as and where it is. It goes where the canonical order has it ([MS-DTYP] 2.4.5): behind
 * the entries that are of the object itself and deny, and before the inherited ones.
 */
export function addGrant(list: AccessControlList, sid: Buffer, grant: Grant): AccessControlList {
  const at = list.entries.findIndex((entry) => (entry.flags & ENTRY_FLAG.inherited) !== 0 || !isDenying(entry));
  const before = at < 0 ? list.entries : list.entries.slice(0, at);
  const after = at < 0 ? [] : list.entries.slice(at);
  const revision = grant.extendedRight === null ? list.revision : Math.max(list.revision, DIRECTORY_REVISION);
  return { ...list, revision, entries: [...before, writeGrant(sid, grant), ...after] };
}

function isDenying({ type }: AccessEntry): boolean {
  return type === ENTRY_TYPE.denied || type === ENTRY_TYPE.deniedObject;
}

function writeGrant(sid: Buffer, { mask, extendedRight }: Grant): AccessEntry {
  if (extendedRight === null)
    return { type: ENTRY_TYPE.allowed, flags: 0, body: Buffer.concat([writeUInt32(mask), sid]) };
  const head = [writeUInt32(mask), writeUInt32(OBJECT_TYPE_PRESENT), guidBytes(extendedRight)];
  return { type: ENTRY_TYPE.allowedObject, flags: 0, body: Buffer.concat([...head, sid]) };
}

function writeUInt32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value, 0);
  return bytes;
}

function guidBytes(guid: string): Buffer {
  const bytes = guidToBytes(guid);
  if (bytes === null) throw new TypeError(`${guid} is no GUID`);
  return Buffer.from(bytes);
}
