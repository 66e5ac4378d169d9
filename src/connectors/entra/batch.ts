import { DirbridgeError } from '../../errors.ts';
import type { Graph, GraphAnswer, GraphRequest } from './graph.ts';
import { answeredByOther, refused } from './graph.ts';
import { isJson, listOf } from './graph-object.ts';
import { isTransientStatus } from './graph-refusal.ts';
import { backOff, type Pace } from './pace.ts';

/** Most requests in one $batch (Graph, "JSON batching"). */
export const BATCH_SIZE = 20;

/** The answers of one $batch in the order of its requests; null where none came. Throws NoAnswer like `Graph.send`, and `tenant-refused`. */
export async function sendBatch(
  graph: Graph,
  requests: readonly GraphRequest[],
): Promise<{ readonly whole: GraphAnswer; readonly items: readonly (GraphAnswer | null)[] }> {
  if (requests.length > BATCH_SIZE)
    throw new RangeError(`a batch takes ${BATCH_SIZE} requests, not ${requests.length}`);
  const whole = await graph.send({
    method: 'POST',
    url: '/$batch',
    body: { requests: requests.map((request, at) => describeItem(request, String(at + 1))) },
  });
  const items: (GraphAnswer | null)[] = requests.map(() => null);
  if (whole.status !== 200) return { whole, items };
  if (!isJson(whole.body) || !Array.isArray(whole.body['responses'])) throw answeredByOther('/$batch');
  for (const response of listOf(whole.body, 'responses')) {
    const at = Number(response['id']) - 1;
    if (Number.isInteger(at) && at >= 0 && at < items.length) items[at] = readItem(response);
  }
  return { whole, items };
}

function describeItem(request: GraphRequest, id: string): Record<string, unknown> {
  const headers = {
    ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
    ...request.headers,
  };
  return {
    id,
    method: request.method,
    url: request.url,
    ...(Object.keys(headers).length === 0 ? {} : { headers }),
    ...(request.body === undefined ? {} : { body: request.body }),
  };
}

function readItem(response: Readonly<Record<string, unknown>>): GraphAnswer {
  const headers = isJson(response['headers']) ? response['headers'] : {};
  return {
    status: Number(response['status']),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    body: response['body'],
  };
}

const MOST_TRIES = 10;

/** Many reads by $batch, in the order of `urls`. Transient refusals are repeated; other refusals are given as they are. */
export async function readMany(graph: Graph, urls: readonly string[], pace: Pace): Promise<readonly GraphAnswer[]> {
  const answers: GraphAnswer[] = new Array(urls.length);
  let open = urls.map((_, at) => at);
  for (let attempt = 1; open.length > 0; attempt++) {
    if (attempt > MOST_TRIES)
      throw new DirbridgeError('tenant-unreachable', 'Microsoft Graph kept refusing to answer.');
    const again: number[] = [];
    let longest: number | null = null;
    for (let from = 0; from < open.length; from += BATCH_SIZE) {
      const part = open.slice(from, from + BATCH_SIZE);
      const items = await readBatch(
        graph,
        part.map((at) => urls[at] ?? ''),
      );
      for (const [place, at] of part.entries()) {
        const item = items[place];
        if (item && !isTransientStatus(item.status)) answers[at] = item;
        else {
          again.push(at);
          const wait = item ? graph.retryAfter(item.headers) : null;
          if (wait !== null) longest = Math.max(longest ?? 0, wait);
        }
      }
    }
    open = again;
    if (open.length > 0) await pace.delay(backOff(attempt, longest, pace));
  }
  return answers;
}

async function readBatch(graph: Graph, urls: readonly string[]): Promise<readonly (GraphAnswer | null)[]> {
  const requests = urls.map((url): GraphRequest => ({ method: 'GET', url }));
  const { whole, items } = await sendBatch(graph, requests).catch((thrown: unknown) => {
    if (thrown instanceof DirbridgeError) throw thrown;
    return { whole: null, items: urls.map(() => null) };
  });
  if (whole !== null && whole.status !== 200 && !isTransientStatus(whole.status)) throw refused('/$batch', whole);
  return items;
}
