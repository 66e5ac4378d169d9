import { NdrWriter } from '../ndr/ndr-writer.ts';
import type { RpcInterface } from '../rpc/pdu.ts';
import { HANDLE_LENGTH, openAnswer } from './drs-call.ts';

/** [MS-DRSR] 4.1. */
export const DRSUAPI: RpcInterface = {
  name: 'directory replication (DRSUAPI)',
  uuid: 'e3514235-4b06-11d1-ab04-00c04fc2dcd2',
  major: 4,
  minor: 0,
};

/** [MS-DRSR] 4.1: operation numbers. */
export const DRS_OPERATION = { bind: 0, unbind: 1, getChanges: 3, crackNames: 12, domainControllers: 16 } as const;

/** NTDSAPI_CLIENT_GUID ([MS-DRSR] 5): a client that is no domain controller. */
const CLIENT = 'e24d201a-4fd6-11d1-a3da-0000f875ae0d';

/**
 * What we can do ([MS-DRSR] 5.39). Compressed answers (GETCHG_DEFLATE) are not offered, so none comes; strong encryption is what secrets need; without linked
 * value replication a server need not send the members of groups.
 */
const OFFERED = {
  base: 0x00000001,
  strongEncryption: 0x00008000,
  getChangesRequestV6: 0x00400000,
  getChangesRequestV8: 0x01000000,
  getChangesReplyV6: 0x04000000,
} as const;

const REQUIRED = OFFERED.strongEncryption | OFFERED.getChangesRequestV8 | OFFERED.getChangesReplyV6;

/** DRS_EXTENSIONS_INT as far as it goes to the epoch, without its own length. */
const EXTENSIONS_LENGTH = 28;
const LEAST_EXTENSIONS_LENGTH = 20;
const MOST_EXTENSIONS_LENGTH = 10_000;

export function formatBind(replicationEpoch: number): Buffer {
  const flags = Object.values(OFFERED).reduce((all, flag) => all | flag, 0);
  const writer = new NdrWriter().pointer().guid(CLIENT).pointer();
  writer.u32(EXTENSIONS_LENGTH).u32(EXTENSIONS_LENGTH);
  writer.u32(flags).bytes(Buffer.alloc(16)).u32(0).u32(replicationEpoch);
  return writer.finish();
}

export interface BindResult {
  readonly handle: Buffer;
  /** Not zero after a domain was renamed; the client has to name the same ([MS-DRSR] 4.1.3.1). */
  readonly replicationEpoch: number;
}

/** Throws DrsRefusal, and MalformedAnswer also for a server that cannot do what is needed. */
export function readBind(stub: Buffer): BindResult {
  const reader = openAnswer(stub, 'DRSBind');
  if (!reader.pointer()) reader.refuse('the server does not say what it can do');
  const room = reader.count(MOST_EXTENSIONS_LENGTH, 1);
  const length = reader.u32();
  if (length !== room || length < LEAST_EXTENSIONS_LENGTH) reader.refuse(`extensions of ${length} bytes`);
  const extensions = reader.bytes(length);
  if ((extensions.readUInt32LE(0) & REQUIRED) !== REQUIRED)
    reader.refuse('the server is too old: it lacks strong encryption or the sixth form of changes');
  reader.align(4);
  const handle = Buffer.from(reader.bytes(HANDLE_LENGTH));
  const replicationEpoch = length >= EXTENSIONS_LENGTH ? extensions.readUInt32LE(24) : 0;
  return { handle, replicationEpoch };
}

export function formatUnbind(handle: Buffer): Buffer {
  return new NdrWriter().bytes(handle).finish();
}
