import type { SettledWrite, TargetWrite } from '../connector.ts';
import { readMany } from './batch.ts';
import { type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json, listOf } from './graph-object.ts';
import { anchorPath } from './look-up.ts';
import { backOff, type Pace } from './pace.ts';
import { anchorOf, typeOf } from './write-steps.ts';

/** Looks for a creation this often before it is told as not done: a replica may lag behind. */
const MOST_LOOKS = 3;
const PAGE = 20;

/** The settle of the contract: creations by their anchor, deletions and restorations by their object; the rest is safe to repeat. */
export async function* settleWrites(
  parts: { readonly graph: Graph; readonly pace: Pace },
  writes: readonly TargetWrite[],
): AsyncGenerator<readonly SettledWrite[]> {
  for (let from = 0; from < writes.length; from += PAGE) {
    const page = writes.slice(from, from + PAGE);
    const settled = new Map<string, SettledWrite>();
    for (let look = 1; look <= MOST_LOOKS; look++) {
      const open = page.filter((write) => needsLook(write, settled.get(write.id), look));
      if (open.length === 0) break;
      if (look > 1) await parts.pace.delay(backOff(look - 1, null, parts.pace));
      for (const one of await lookAt(parts, open)) settled.set(one.id, one);
    }
    yield page.map((write) => settled.get(write.id) ?? { id: write.id, outcome: 'unknown' });
  }
}

/** First whatever can be looked up; then again only creations that were not found. */
function needsLook(write: TargetWrite, known: SettledWrite | undefined, look: number): boolean {
  if (look === 1) return pathOf(write) !== null;
  return write.action === 'create' && known?.outcome === 'not-done';
}

function pathOf(write: TargetWrite): string | null {
  if (write.action === 'create') return anchorPath(typeOf(write), anchorOf(write));
  if (write.action === 'delete' || write.action === 'restore') return `/${typeOf(write)}s/${write.targetId}?$select=id`;
  return null;
}

async function lookAt(
  parts: { readonly graph: Graph; readonly pace: Pace },
  writes: readonly TargetWrite[],
): Promise<readonly SettledWrite[]> {
  const urls = writes.map((write) => pathOf(write) ?? '');
  const answers = await readMany(parts.graph, urls, parts.pace);
  return writes.map((write, at) => describe(write, readObject(urls[at] ?? '', answers[at])));
}

/** The object that was found, alone or in a list; null when there is none. */
function readObject(url: string, answer: GraphAnswer | undefined): Json | null {
  if (!answer || answer.status === 404) return null;
  if (answer.status !== 200 || !isJson(answer.body)) throw refused(url, answer);
  return Array.isArray(answer.body['value']) ? (listOf(answer.body)[0] ?? null) : answer.body;
}

function describe(write: TargetWrite, object: Json | null): SettledWrite {
  const { id } = write;
  if (write.action === 'delete')
    return { id, outcome: object === null ? 'done' : 'not-done', targetId: write.targetId };
  if (write.action === 'restore')
    return { id, outcome: object === null ? 'not-done' : 'done', targetId: write.targetId };
  if (object === null) return { id, outcome: 'not-done' };
  return { id, outcome: 'done', targetId: String(object['id']) };
}
