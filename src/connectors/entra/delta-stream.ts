import { DirbridgeError } from '../../errors.ts';
import { answeredByOther, type Graph, type GraphAnswer, refused } from './graph.ts';
import { isJson, type Json, listOf } from './graph-object.ts';
import { readRefusal } from './graph-refusal.ts';
import { STREAM_SELECT, type Stream } from './watermark.ts';

/** Only what changed, not everything that ever had a value (Graph, "delta query", Prefer: return=minimal). */
const MINIMAL = { prefer: 'return=minimal' };
const MOST_RESTARTS = 3;
/** How often one page after the other may lead to the same link: a page that comes again is harmless, one that comes for ever is not. */
const MOST_REPETITIONS = 50;

export interface DeltaPage {
  readonly entries: readonly Json[];
  /** Set on the first page of a round that was begun anew because the tenant lost its place. */
  readonly isRestart: boolean;
}

/** The first page of a round, or why the tenant will not go on from this link. */
export type OpenedStream = { readonly answer: GraphAnswer; readonly link: string } | { readonly reason: string };

/** The link with which a stream begins anew. */
export function firstLink(stream: Stream): string {
  return `/${stream}/delta?$select=${STREAM_SELECT[stream]}`;
}

/** Asks for the first page. 410 and 400 mean that the token is of no more use: a full read has to follow (Graph, "delta query", synchronization reset). */
export async function openStream(graph: Graph, link: string): Promise<OpenedStream> {
  const answer = await graph.read(link, MINIMAL);
  if (answer.status === 200) return { answer, link };
  if (answer.status !== 410 && answer.status !== 400) throw refused(link, answer);
  const refusal = readRefusal(answer.status, answer.body);
  return { reason: `${answer.status} ${refusal.code}: ${refusal.message}` };
}

/**
 * The pages of one round. Returns the link for the next round. A page link that the tenant has lost makes the round begin again from
 * its first link, at most three times: what was told is told once more.
 */
export async function* readStream(
  graph: Graph,
  opened: { readonly answer: GraphAnswer; readonly link: string },
): AsyncGenerator<DeltaPage, string> {
  let answer = opened.answer;
  let isRestart = false;
  let last: unknown = null;
  let repetitions = 0;
  for (let restarts = 0; ; ) {
    if (!isJson(answer.body)) throw answeredByOther(opened.link);
    const { body } = answer;
    yield { entries: listOf(body), isRestart };
    isRestart = false;
    const end = body['@odata.deltaLink'];
    if (typeof end === 'string') return end;
    const next = body['@odata.nextLink'];
    if (typeof next !== 'string') {
      throw new DirbridgeError('tenant-refused', 'Microsoft Graph sent a page of changes without any link to go on.');
    }
    repetitions = next === last ? repetitions + 1 : 0;
    last = next;
    if (repetitions > MOST_REPETITIONS)
      throw new DirbridgeError('tenant-refused', 'Microsoft Graph sends the same page of changes again and again.');
    answer = await graph.read(next, MINIMAL);
    if (answer.status === 200) continue;
    if ((answer.status !== 400 && answer.status !== 410) || restarts === MOST_RESTARTS) throw refused(next, answer);
    restarts++;
    answer = await graph.read(opened.link, MINIMAL);
    if (answer.status !== 200) throw refused(opened.link, answer);
    isRestart = true;
  }
}
