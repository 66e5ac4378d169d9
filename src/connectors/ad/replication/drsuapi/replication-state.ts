import { NO_GUID } from './dsname.ts';

/** Up to which change of that database everything is known ([MS-DRSR] 7, UPTODATE_CURSOR_V1). */
export interface Cursor {
  readonly invocationId: string;
  readonly usn: bigint;
}

/** USN_VECTOR ([MS-DRSR] 5.210): what a server remembers by us of how far it told us its changes. It means something to that server alone. */
export interface UsnVector {
  readonly highObjectUpdate: bigint;
  readonly reserved: bigint;
  readonly highPropertyUpdate: bigint;
}

/** Where a cycle of replication begins, or goes on in the middle. */
export interface ReplicationState {
  /** Of the database that `usn` belongs to. Another one takes no notice of it and goes by the cursors. */
  readonly invocationId: string;
  readonly usn: UsnVector;
  /** Of the last cycle that was finished. */
  readonly cursors: readonly Cursor[];
}

export const FROM_THE_START: ReplicationState = {
  invocationId: NO_GUID,
  usn: { highObjectUpdate: 0n, reserved: 0n, highPropertyUpdate: 0n },
  cursors: [],
};

/** What is known from both: of each database the later change. Sorted, as the protocol demands. */
export function mergeCursors(known: readonly Cursor[], told: readonly Cursor[]): readonly Cursor[] {
  const merged = new Map<string, bigint>();
  for (const { invocationId, usn } of [...known, ...told]) {
    const before = merged.get(invocationId);
    if (before === undefined || usn > before) merged.set(invocationId, usn);
  }
  return [...merged]
    .map(([invocationId, usn]) => ({ invocationId, usn }))
    .sort((a, b) => compareGuids(a.invocationId, b.invocationId));
}

/** As their numbers compare: the order of the text, whose first three groups are the numbers as one writes them. */
function compareGuids(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
