import { NdrWriter } from '../ndr/ndr-writer.ts';
import { openAnswer, readVersion } from './drs-call.ts';

/** [MS-DRSR] 4.1.4.1, DS_NAME_FORMAT. */
export const NAME_FORM = { unknown: 0, dn: 1, nt4: 2, uniqueId: 6, canonical: 7, principal: 8, sid: 11 } as const;
export type NameForm = (typeof NAME_FORM)[keyof typeof NAME_FORM];

/** DRSCrackNames of one name ([MS-DRSR] 4.1.4). */
export function formatCrackRequest(handle: Buffer, name: string, from: NameForm, to: NameForm): Buffer {
  const writer = new NdrWriter().bytes(handle).u32(1).u32(1);
  // Code page, locale and flags say nothing.
  writer.u32(0).u32(0).u32(0).u32(from).u32(to).u32(1).pointer();
  return writer.u32(1).pointer().wideString(name).finish();
}

const MOST_NAMES = 10_000;
const ITEM_LENGTH = 12;

/** The name in the wanted form; null where there is none, or more than one ([MS-DRSR] 4.1.4.1, DS_NAME_ERROR). */
export function readCrackedName(stub: Buffer): string | null {
  const reader = openAnswer(stub, 'DRSCrackNames');
  readVersion(reader, [1]);
  if (!reader.pointer()) return null;
  const count = reader.count(MOST_NAMES, 0);
  if (!reader.pointer()) return null;
  reader.conformance(count, ITEM_LENGTH);
  const items = Array.from({ length: count }, () => ({
    status: reader.u32(),
    hasDomain: reader.pointer(),
    hasName: reader.pointer(),
  }));
  const names = items.map(({ status, hasDomain, hasName }) => {
    if (hasDomain) reader.wideString();
    const name = hasName ? reader.wideString() : null;
    return status === 0 ? name : null;
  });
  return names[0] ?? null;
}
