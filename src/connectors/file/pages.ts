import type { ObjectChange, ObjectPut, ReferenceChange } from '../../model/change.ts';

/** What one page holds at most: objects and problems, and about so many targets of references. */
export const PAGE_OBJECTS = 1000;
export const PAGE_TARGETS = 10_000;

/** An object whose lists of targets are too long for a page goes on in patches; the lists of a patch go on together. */
export function* cutTargets(put: ObjectPut): Generator<ObjectChange> {
  const lists = Object.entries(put.references).map(([name, change]) => ({ name, targets: targetsOf(change) }));
  const longest = Math.max(0, ...lists.map((list) => list.targets.length));
  if (longest <= PAGE_TARGETS) {
    yield put;
    return;
  }
  for (let from = 0; from < longest; from += PAGE_TARGETS) {
    const references: Record<string, ReferenceChange> = {};
    for (const { name, targets } of lists) {
      if (from > 0 && from >= targets.length) continue;
      const piece = { kind: 'complete', targets: targets.slice(from, from + PAGE_TARGETS) } as const;
      references[name] = from + PAGE_TARGETS < targets.length ? { ...piece, more: true } : piece;
    }
    if (from === 0) yield { ...put, references };
    else yield { kind: 'patch', anchor: put.anchor, set: {}, clear: [], references };
  }
}

function targetsOf(change: ReferenceChange): readonly string[] {
  return change.kind === 'complete' ? change.targets : change.add;
}
