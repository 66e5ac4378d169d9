import type { NdrReader } from '../ndr/ndr-reader.ts';
import { NdrWriter } from '../ndr/ndr-writer.ts';
import { openAnswer, readVersion } from './drs-call.ts';

export interface DomainController {
  readonly netbiosName: string | null;
  readonly dnsName: string | null;
  /** Of its NTDS settings: what replication knows it by. */
  readonly dsaGuid: string;
  /** Only level 3 lists and marks read-only ones. */
  readonly isReadOnly: boolean;
}

/** `2`: those that can be written to. `3`: all ([MS-DRSR] 4.1.5.1). */
export type ControllerLevel = 2 | 3;

/** DRSDomainControllerInfo ([MS-DRSR] 4.1.5). */
export function formatControllersRequest(handle: Buffer, domain: string, level: ControllerLevel): Buffer {
  const writer = new NdrWriter().bytes(handle).u32(1).u32(1).pointer().u32(level);
  return writer.wideString(domain).finish();
}

const STRINGS = 7;
const MOST_CONTROLLERS = 10_000;

export function readControllers(stub: Buffer, level: ControllerLevel): readonly DomainController[] {
  const reader = openAnswer(stub, 'DRSDomainControllerInfo');
  readVersion(reader, [level]);
  const count = reader.count(MOST_CONTROLLERS, 0);
  if (!reader.pointer()) return [];
  reader.conformance(count, 4 * STRINGS + 3 * 4 + 4 * 16);
  const heads = Array.from({ length: count }, () => readHead(reader, level));
  return heads.map(({ strings, dsaGuid, isReadOnly }) => {
    // All strings of one controller follow, then those of the next.
    const [netbiosName = null, dnsName = null] = strings.map((isThere) => (isThere ? reader.wideString() : null));
    return { netbiosName, dnsName, dsaGuid, isReadOnly };
  });
}

/** DS_DOMAIN_CONTROLLER_INFO_2W and _3W ([MS-DRSR] 4.1.5.1.7, 4.1.5.1.8). */
function readHead(reader: NdrReader, level: ControllerLevel) {
  const strings = Array.from({ length: STRINGS }, () => reader.pointer());
  reader.u32();
  reader.u32();
  reader.u32();
  const isReadOnly = level === 3 && reader.u32() !== 0;
  for (let other = 0; other < 3; other++) reader.guid();
  return { strings, dsaGuid: reader.guid(), isReadOnly };
}
