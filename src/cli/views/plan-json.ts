import type { PlanPages } from '../../app.ts';
import { TARGET_TYPES } from '../../model/change.ts';
import type { Operation, PlanCounts, PlanHead } from '../../model/plan.ts';
import type { Output } from '../terminal/output.ts';
import { findingJson } from './finding-json.ts';
import { writeJsonList } from './json-list.ts';

const PAGE = 200;
const MEMBERS_PAGE = 10_000;

/** The whole plan and the open findings as one JSON document, written piece by piece: a plan may have a million memberships. */
export async function writePlanJson(out: Output, head: PlanHead, pages: PlanPages): Promise<void> {
  const { id, hash, createdAt, run, state, guards, undoes, approvedBy, approvedAt } = head;
  const counts = countsJson(head.counts);
  const start = JSON.stringify({ id, hash, createdAt, run, state, undoes, approvedBy, approvedAt, counts, guards });
  await out.write(`{"plan":${start.slice(0, -1)},"operations":[`);
  let after = 0;
  for (;;) {
    const page = await pages.operations(after, PAGE);
    for (const operation of page) {
      await out.write(after === 0 ? '\n' : ',\n');
      after = Number(operation.id);
      await writeOperation(out, operation, pages);
    }
    if (page.length < PAGE || out.isClosed) break;
  }
  await out.write(']},"notUndone":[');
  await writeJsonList(
    out,
    (offset, limit) => pages.notUndone(offset, limit),
    (one) => one,
  );
  await out.write('],"findings":[');
  await writeJsonList(out, (offset, limit) => pages.findings(limit, offset), findingJson);
  await out.write('],"owedLicences":[');
  await writeOwed(out, pages);
  await out.line(']}');
}

async function writeOwed(out: Output, pages: PlanPages): Promise<void> {
  let after = '';
  for (;;) {
    const page = await pages.owedLicences(after, PAGE);
    for (const { targetId, anchor, name, since, licences } of page) {
      await out.write(`${after === '' ? '\n' : ',\n'}${JSON.stringify({ targetId, anchor, name, since, licences })}`);
      after = targetId;
    }
    if (page.length < PAGE || out.isClosed) return;
  }
}

async function writeOperation(out: Output, operation: Operation, pages: PlanPages): Promise<void> {
  const { id, action, type, anchor, name, targetId, after, changes, cause, members } = operation;
  const start = JSON.stringify({
    id,
    action,
    type,
    anchor,
    name,
    targetId,
    after,
    changes: changes.map(({ native, from, to, drift }) => ({
      attribute: native,
      from,
      to,
      ...(drift ? { drift } : {}),
    })),
  });
  await out.write(`${start.slice(0, -1)},"members":{"add":[`);
  if (members.add > 0) await writeMembers(out, id, true, pages);
  await out.write('],"remove":[');
  if (members.remove > 0) await writeMembers(out, id, false, pages);
  await out.write(`]},"cause":${JSON.stringify(cause)}}`);
}

function writeMembers(out: Output, operation: string, adds: boolean, pages: PlanPages): Promise<void> {
  const read = (offset: number, limit: number): ReturnType<PlanPages['members']> =>
    pages.members(operation, adds, offset, limit);
  return writeJsonList(
    out,
    read,
    ({ anchor, name, targetId, drift }) => ({ anchor, name, targetId, ...(drift ? { drift } : {}) }),
    MEMBERS_PAGE,
  );
}

/** Counts with every type and every action in it, so that a script never finds one missing. `update` includes `disable`. */
export function countsJson(counts: PlanCounts): unknown {
  const types = TARGET_TYPES.map((type) => {
    const of = counts.types[type];
    return [
      type,
      {
        create: of?.create ?? 0,
        update: of?.update ?? 0,
        delete: of?.delete ?? 0,
        restore: of?.restore ?? 0,
        link: of?.link ?? 0,
        disable: of?.disable ?? 0,
        unchanged: of?.unchanged ?? 0,
      },
    ];
  });
  return { ...Object.fromEntries(types), memberships: counts.memberships };
}
