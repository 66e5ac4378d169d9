import { GraphError } from '../graph-error.ts';
import { type Answer, answerJson, type Interruption } from '../http-exchange.ts';
import { isRecord } from '../json-value.ts';
import type { Assumptions } from '../options.ts';
import type { Randomness } from '../randomness.ts';
import { queryInvalid } from '../refusals.ts';
import type { Operation } from './operation.ts';

const MOST_ITEMS = 20;
const METHODS: readonly string[] = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

interface Item {
  readonly id: string;
  /** The id as others name it: case does not matter (json-batching). */
  readonly key: string;
  readonly operation: Operation;
  /** Keys of other items. */
  readonly dependsOn: readonly string[];
}

export interface BatchParts {
  readonly assumptions: Assumptions;
  readonly randomness: Randomness;
  readonly origin: string;
  /** `isConcurrent`: another item of this batch writes the same object at the same time. */
  readonly perform: (operation: Operation, isConcurrent: boolean) => Answer;
}

/**
 * POST /v1.0/$batch (json-batching). Every item is judged, throttled and faulted alone. Items that do not depend on
 * others run in any order, and the answers come in the order in which they were ready.
 */
export function answerBatch(envelope: unknown, parts: BatchParts): Answer {
  const items = readItems(envelope, parts.origin);
  if (parts.assumptions.documentedBatchPatterns) checkPatterns(items);
  const statuses = new Map<string, number>();
  const written = new Set<string>();
  const responses: Record<string, unknown>[] = [];
  let interruption: Interruption | undefined;
  for (const item of orderItems(items, parts)) {
    const failed = item.dependsOn.some((id) => (statuses.get(id) ?? 424) >= 400);
    const isConcurrent = parts.assumptions.refuseConcurrentWrites && isSecondWrite(item, written);
    const answer = failed ? dependencyFailed() : parts.perform(item.operation, isConcurrent);
    statuses.set(item.key, answer.status);
    if (answer.interruption?.kind === 'missing') continue;
    responses.push(describeResponse(item.id, answer));
    interruption = answer.interruption ?? interruption;
    if (interruption && interruption.kind !== 'slow') break;
  }
  const answer = answerJson(200, { responses });
  return interruption ? { ...answer, interruption } : answer;
}

/** Whether an independent item writes an object that an earlier one of the batch has written. */
function isSecondWrite({ operation, dependsOn }: Item, written: Set<string>): boolean {
  const object = /^\/(?:users|groups)\/[^/]+/i.exec(operation.path)?.[0].toLowerCase();
  if (operation.method === 'GET' || object === undefined || dependsOn.length > 0) return false;
  if (written.has(object)) return true;
  written.add(object);
  return false;
}

function readItems(envelope: unknown, origin: string): readonly Item[] {
  const requests = isRecord(envelope) ? envelope['requests'] : undefined;
  if (!Array.isArray(requests) || requests.length === 0) throw queryInvalid('Invalid batch payload format.');
  if (requests.length > MOST_ITEMS) {
    throw new GraphError(
      400,
      'MaximumValueExceeded',
      `Number of batch request steps exceeds the maximum value of ${MOST_ITEMS}.`,
    );
  }
  const items = requests.map((request: unknown) => readItem(request, origin));
  const ids = new Set(items.map((item) => item.key));
  if (ids.size !== items.length)
    throw queryInvalid('Invalid batch payload format: request ids must be unique, whatever their case.');
  for (const item of items) {
    for (const id of item.dependsOn) {
      if (!ids.has(id))
        throw queryInvalid(`Invalid batch payload format: dependsOn names '${id}', which is not in the batch.`);
    }
  }
  return items;
}

function readItem(request: unknown, origin: string): Item {
  if (!isRecord(request)) throw queryInvalid('Invalid batch payload format.');
  const { id, method, url, body, dependsOn } = request;
  if (typeof id !== 'string' || id === '')
    throw queryInvalid('Invalid batch payload format: each request needs an id.');
  const verb = typeof method === 'string' ? method.toUpperCase() : '';
  if (!METHODS.includes(verb)) throw queryInvalid(`Invalid batch payload format: request '${id}' has no valid method.`);
  if (typeof url !== 'string' || url === '' || /^https?:/i.test(url)) {
    throw queryInvalid(`Invalid batch payload format: the url of request '${id}' must be relative to the version.`);
  }
  if (/^\/?\$batch/i.test(url)) throw queryInvalid('Invalid batch payload format: a batch cannot hold a batch.');
  if (dependsOn !== undefined && !(Array.isArray(dependsOn) && dependsOn.every((other) => typeof other === 'string'))) {
    throw queryInvalid(`Invalid batch payload format: dependsOn of request '${id}' must be an array of ids.`);
  }
  const headers = readHeaders(request['headers'], id);
  if (body !== undefined && body !== null && !/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    throw queryInvalid(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  const [path = '', query = ''] = splitOnce(url.startsWith('/') ? url : `/${url}`);
  return {
    id,
    key: id.toLowerCase(),
    operation: { method: verb, path, query, headers, body: body ?? undefined, origin },
    dependsOn: ((dependsOn ?? []) as readonly string[]).map((other) => other.toLowerCase()),
  };
}

function splitOnce(url: string): readonly [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function readHeaders(headers: unknown, id: string): Record<string, string> {
  if (headers === undefined || headers === null) return {};
  if (!isRecord(headers))
    throw queryInvalid(`Invalid batch payload format: the headers of request '${id}' must be an object.`);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** All independent, one serial chain, or all after the same one: the documented patterns. */
function checkPatterns(items: readonly Item[]): void {
  const dependent = items.filter((item) => item.dependsOn.length > 0);
  if (dependent.length === 0) return;
  const targets = new Set(dependent.map((item) => item.dependsOn[0]));
  const isSingle = dependent.every((item) => item.dependsOn.length === 1);
  const isRestOfAll = dependent.length === items.length - 1;
  const isSerial = targets.size === dependent.length;
  if (!isSingle || !isRestOfAll || !(isSerial || targets.size === 1)) {
    throw queryInvalid(
      'Invalid batch payload format: requests must be independent, or each depend on the one before, or all on the same one.',
    );
  }
}

/** An order in which every item comes after those it depends on; otherwise shuffled, or as listed. */
function orderItems(items: readonly Item[], parts: BatchParts): readonly Item[] {
  const waiting = parts.assumptions.shuffleBatch ? parts.randomness.shuffle(items) : [...items];
  const ordered: Item[] = [];
  const done = new Set<string>();
  while (waiting.length > 0) {
    const at = waiting.findIndex((item) => item.dependsOn.every((id) => done.has(id)));
    const next = at < 0 ? undefined : waiting.splice(at, 1)[0];
    if (!next) throw queryInvalid('Invalid batch payload format: dependsOn goes round in a circle.');
    ordered.push(next);
    done.add(next.key);
  }
  return ordered;
}

function dependencyFailed(): Answer {
  return answerJson(424, {
    error: { code: 'FailedDependency', message: 'The request failed because a request it depends on failed.' },
  });
}

function describeResponse(id: string, answer: Answer): Record<string, unknown> {
  const body = answer.text ?? answer.body;
  return {
    id,
    status: answer.status,
    headers: {
      ...nameHeaders(answer.headers),
      ...(body === undefined ? {} : { 'Content-Type': answer.text === undefined ? 'application/json' : 'text/plain' }),
    },
    ...(body === undefined ? {} : { body }),
  };
}

const SHOWN: Readonly<Record<string, string>> = {
  location: 'Location',
  'retry-after': 'Retry-After',
  'x-ms-throttle-limit-percentage': 'x-ms-throttle-limit-percentage',
  'x-ms-throttle-scope': 'x-ms-throttle-scope',
  'x-ms-throttle-information': 'x-ms-throttle-information',
  'x-ms-resource-unit': 'x-ms-resource-unit',
  'request-id': 'request-id',
  'client-request-id': 'client-request-id',
};

function nameHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) if (SHOWN[name]) named[SHOWN[name]] = value;
  return named;
}
