import { guidToBytes } from '../../../../model/anchor.ts';
import { NdrReader } from '../ndr/ndr-reader.ts';
import { NdrWriter } from '../ndr/ndr-writer.ts';
import { NDR, type RpcInterface } from './pdu.ts';
import { type RpcAddress, RpcConnection, type RpcLimits } from './rpc-connection.ts';
import { RpcRefusal } from './rpc-refusal.ts';

/** [C706] appendix O; [MS-RPCE] 1.9. */
const ENDPOINT_MAPPER: RpcInterface = {
  name: 'the endpoint mapper',
  uuid: 'e1af8308-5d1f-11c9-91a4-08002b14a0fa',
  major: 3,
  minor: 0,
};
const EPT_MAP = 3;
const MOST_TOWERS = 4;
/** ept_s_not_registered ([C706] appendix E). */
const NOT_REGISTERED = 0x16c9a0d6;
const NO_OBJECT = '00000000-0000-0000-0000-000000000000';
const HANDLE_LENGTH = 20;

/** Asks the endpoint mapper at that address which TCP port an interface listens on. Throws what RpcConnection throws, and RpcRefusal. */
export async function findPort(address: RpcAddress, wanted: RpcInterface, limits: RpcLimits): Promise<number> {
  const connection = await RpcConnection.open(address, limits);
  try {
    await connection.bind(ENDPOINT_MAPPER);
    const answer = await connection.call(EPT_MAP, formatMapRequest(wanted), 'asking for the port', 'connect');
    return readMapAnswer(answer, wanted);
  } finally {
    connection.close();
  }
}

/** ept_map ([C706] appendix O), with a tower that leaves port and address open. */
export function formatMapRequest(wanted: RpcInterface): Buffer {
  const tower = formatTower(wanted);
  const writer = new NdrWriter().pointer().guid(NO_OBJECT).pointer();
  writer.u32(tower.length).u32(tower.length).bytes(tower).align(4);
  return writer.bytes(Buffer.alloc(HANDLE_LENGTH)).u32(MOST_TOWERS).finish();
}

export function readMapAnswer(answer: Buffer, wanted: RpcInterface): number {
  const reader = new NdrReader(answer, 'endpoint mapper');
  reader.bytes(HANDLE_LENGTH);
  const count = reader.count(MOST_TOWERS, 0);
  // A conformant and varying array ([C706] 14.3.3.4) of pointers to towers.
  reader.u32();
  reader.u32();
  reader.conformance(count, 4);
  const areThere = Array.from({ length: count }, () => reader.pointer());
  const ports: number[] = [];
  for (const isThere of areThere) {
    if (isThere) ports.push(...readTower(reader));
  }
  reader.align(4);
  const status = reader.u32();
  const port = ports.find((each) => each !== 0);
  if (port !== undefined) return port;
  const reason =
    status === NOT_REGISTERED || status === 0 ? 'it is not offered there' : `status 0x${status.toString(16)}`;
  throw new RpcRefusal(`the endpoint mapper knows no port for ${wanted.name}: ${reason}`, 'other');
}

/** [C706] appendix L: protocol identifiers of the floors. */
const FLOOR = { uuid: 0x0d, connection: 0x0b, tcp: 0x07, ip: 0x09 } as const;

function formatTower(wanted: RpcInterface): Buffer {
  const floors = [
    formatFloor(interfaceFloor(wanted), minorOf(wanted)),
    formatFloor(interfaceFloor(NDR), minorOf(NDR)),
    formatFloor(Buffer.from([FLOOR.connection]), Buffer.alloc(2)),
    formatFloor(Buffer.from([FLOOR.tcp]), Buffer.alloc(2)),
    formatFloor(Buffer.from([FLOOR.ip]), Buffer.alloc(4)),
  ];
  return Buffer.concat([Buffer.from([floors.length, 0]), ...floors]);
}

function interfaceFloor({ uuid, major }: RpcInterface): Buffer {
  return Buffer.from([FLOOR.uuid, ...(guidToBytes(uuid) ?? []), major & 0xff, major >> 8]);
}

function minorOf({ minor }: RpcInterface): Buffer {
  return Buffer.from([minor & 0xff, minor >> 8]);
}

function formatFloor(left: Buffer, right: Buffer): Buffer {
  const lengths = [left.length, right.length].map((length) => Buffer.from([length & 0xff, length >> 8]));
  return Buffer.concat([lengths[0] ?? left, left, lengths[1] ?? right, right]);
}

/** The ports of a tower: none or one. They have their highest byte first. */
function* readTower(reader: NdrReader): Generator<number> {
  reader.align(4);
  reader.u32();
  const length = reader.count(MOST_TOWER_BYTES, 1);
  const tower = new NdrReader(reader.bytes(length), 'tower of an endpoint');
  const floors = readShort(tower);
  for (let floor = 0; floor < floors; floor++) {
    const left = tower.bytes(readShort(tower));
    const right = tower.bytes(readShort(tower));
    if (left[0] === FLOOR.tcp && right.length === 2) yield right.readUInt16BE();
  }
}

const MOST_TOWER_BYTES = 2000;

/** The lengths within a tower are not aligned. */
function readShort(reader: NdrReader): number {
  return reader.bytes(2).readUInt16LE();
}
