import type { Caller } from '../caller.ts';
import { toGraphTime } from '../clock.ts';
import { answerInstead, mixedFaults, refusalOf, type StruckRequest, spoil } from '../fault-answers.ts';
import type { ArmedFault, FaultList } from '../faults.ts';
import { describeGraphError, GraphError } from '../graph-error.ts';
import { type Answer, answerJson, type Call } from '../http-exchange.ts';
import { concurrentWrite, notEmulated, notPermitted, queryInvalid } from '../refusals.ts';
import type { AccessTokens } from '../sign-in/access-tokens.ts';
import type { Stats } from '../stats.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { resourceUnits, type Throttle } from '../throttle.ts';
import { answerBatch } from './batch.ts';
import type { GraphSettings } from './graph-request.ts';
import type { Operation } from './operation.ts';
import { parseQuery } from './query/query-options.ts';
import { matchRoute, type RouteMatch } from './route-path.ts';

export interface GraphParts {
  readonly tenant: Tenant;
  readonly tokens: AccessTokens;
  readonly throttle: Throttle;
  readonly faults: FaultList;
  readonly stats: Stats;
  readonly settings: GraphSettings;
  /** Takes one line for everything that is asked and not supported. */
  readonly log: (line: string) => void;
}

const VERSION = '/v1.0';

/** Microsoft Graph v1.0 as far as it is emulated: authentication, faults, throttling, routing, errors. */
export class Graph {
  readonly #parts: GraphParts;

  constructor(parts: GraphParts) {
    this.#parts = parts;
  }

  /** Answers a request whose path begins with /v1.0. */
  answer(call: Call): Answer {
    this.#parts.tenant.settle();
    const path = call.path.slice(VERSION.length);
    if (call.method === 'POST' && path.toLowerCase() === '/$batch') return this.#answerBatch(call);
    return this.#guard(call.headers, () => {
      const caller = this.#parts.tokens.authenticate(call.headers['authorization']);
      return this.perform({ ...call, path, body: readJson(call) }, caller);
    });
  }

  /** Answers a request whose body is larger than the service takes. */
  refuseSize(headers: Call['headers']): Answer {
    return this.#guard(headers, () => {
      throw new GraphError(413, 'RequestEntityTooLarge', 'The request is too large.');
    });
  }

  /** Answers a path that belongs to nothing that is emulated. */
  refuse(call: Call): Answer {
    this.#parts.stats.count(call.method, call.path, 501);
    return this.#guard(call.headers, () => {
      throw notEmulated(`${call.method} ${call.path}`);
    });
  }

  /**
   * Carries out one operation for a caller who is known. Never throws for what a client did. `isConcurrent`: another item of
   * its batch writes the same object. `fated`: a fault that the batch has for this item.
   */
  perform(operation: Operation, caller: Caller, isConcurrent = false, fated?: ArmedFault): Answer {
    const { faults, stats } = this.#parts;
    const struck = describeStruck(operation.origin, `${VERSION}${operation.path}`, operation.query);
    let pattern = struck.path;
    let fault = fated;
    const answer = this.#guard(operation.headers, () => {
      const match = this.#match(operation);
      pattern = `${VERSION}${match.route.pattern}`;
      fault ??= faults.strike(operation.method, namesOf(operation.path, match), operation.query);
      const instead = fault && this.#suffer(fault, struck, operation.headers['authorization']);
      if (instead) return instead;
      if (isConcurrent) throw concurrentWrite();
      return this.#carryOut(operation, match, caller);
    });
    stats.count(operation.method, pattern, answer.status);
    return fault ? spoil(answer, fault, struck) : answer;
  }

  /** What a fault answers before anything is carried out; undefined when it comes later. Throws its refusal. */
  #suffer(fault: ArmedFault, struck: StruckRequest, authorization: string | undefined): Answer | undefined {
    const { stats, tokens } = this.#parts;
    stats.countFault(fault.fault);
    if (fault.fault === 'tokenExpired') tokens.expire(authorization);
    const refusal = refusalOf(fault, struck);
    if (refusal) throw refusal;
    return answerInstead(fault);
  }

  #carryOut(operation: Operation, { route, params }: RouteMatch, caller: Caller): Answer {
    const { tenant, throttle, stats, settings } = this.#parts;
    const query = parseQuery(operation.query, route.query);
    const isWrite = route.method !== 'GET' && route.pattern !== '/directoryObjects/getByIds';
    const units = resourceUnits(route.cost, route.method, query.given);
    const verdict = throttle.charge({ appId: caller.appId, units, isWrite });
    if (verdict.isThrottled) stats.countThrottled();
    const charged = { ...verdict.headers, 'x-ms-resource-unit': String(units) };
    try {
      if (verdict.isThrottled) throw tooManyRequests();
      if (!route.permissions.some((permission) => caller.permissions.has(permission))) throw notPermitted();
      checkBody(operation, route.pattern);
      const { method, origin, headers, body } = operation;
      const answer = route.handle({ method, origin, params, query, headers, body, caller, tenant, settings });
      if (isWrite) stats.countWrite();
      return { ...answer, headers: { ...charged, ...answer.headers } };
    } catch (error) {
      throw error instanceof GraphError ? error.withHeaders(charged) : error;
    }
  }

  #match(operation: Operation): RouteMatch {
    if (this.#parts.tenant.assumptions.refuseSlashInKeys && /%2f/i.test(operation.path)) {
      throw queryInvalid(`Resource not found for the segment '${operation.path.replace(/^.*%2f/i, '')}'.`);
    }
    const match = matchRoute(operation.method, operation.path);
    if (!match) throw notEmulated(`${operation.method} ${VERSION}${operation.path}`);
    return match;
  }

  #answerBatch(call: Call): Answer {
    const { tenant, stats, faults } = this.#parts;
    const struck = describeStruck(call.origin, `${VERSION}/$batch`, call.query);
    const fault = faults.strike('POST', [struck.path]);
    const answer = this.#guard(call.headers, () => {
      const instead = fault && this.#suffer(fault, struck, call.headers['authorization']);
      const caller = this.#parts.tokens.authenticate(call.headers['authorization']);
      if (instead) return instead;
      stats.countBatch();
      const fates = fault?.fault === 'mixed' ? mixedFaults() : undefined;
      return answerBatch(readJson(call), {
        assumptions: tenant.assumptions,
        randomness: tenant.randomness,
        origin: call.origin,
        perform: (operation, isConcurrent) => this.perform(operation, caller, isConcurrent, fates?.next().value),
      });
    });
    stats.count('POST', struck.path, answer.status);
    return fault ? spoil(answer, fault, struck) : answer;
  }

  /** Turns refusals into the error envelope and adds the headers that every answer of Graph carries. */
  #guard(headers: Call['headers'], work: () => Answer): Answer {
    const { tenant, log } = this.#parts;
    const requestId = tenant.randomness.guid();
    const clientRequestId = headers['client-request-id'] ?? requestId;
    const standing = standingHeaders(requestId, clientRequestId, tenant.clock.now());
    try {
      const answer = work();
      return { ...answer, headers: { ...standing, ...answer.headers } };
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (error.status === 501) log(`not supported: ${error.message}`);
      const date = toGraphTime(tenant.clock.now()).slice(0, -1);
      const document = describeGraphError(error, date, requestId, clientRequestId);
      return answerJson(error.status, document, { ...standing, ...error.headers });
    }
  }
}

const DIAGNOSTIC = JSON.stringify({
  ServerInfo: { DataCenter: 'Emulated', Slice: 'E', Ring: '1', ScaleUnit: '000', RoleInstance: 'EMULATOR0000' },
});

function standingHeaders(requestId: string, clientRequestId: string, now: number): Record<string, string> {
  return {
    'request-id': requestId,
    'client-request-id': clientRequestId,
    'x-ms-ags-diagnostic': DIAGNOSTIC,
    // What an answer costs that is given before anything was charged.
    'x-ms-resource-unit': '1',
    'strict-transport-security': 'max-age=31536000',
    date: new Date(now).toUTCString(),
  };
}

function readJson(call: Call): unknown {
  if (call.body.length === 0) return undefined;
  const type = call.headers['content-type'] ?? '';
  if (!/^application\/json\b/i.test(type)) {
    throw new GraphError(415, 'UnsupportedMediaType', 'A request body must have the content type application/json.');
  }
  try {
    return JSON.parse(call.body.toString('utf8')) as unknown;
  } catch {
    throw queryInvalid(
      'Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.',
    );
  }
}

const BODY_OPTIONAL: readonly string[] = ['/directory/deletedItems/{id}/restore', '/users/{id}/revokeSignInSessions'];

function checkBody(operation: Operation, pattern: string): void {
  const needsBody = ['POST', 'PATCH', 'PUT'].includes(operation.method) && !BODY_OPTIONAL.includes(pattern);
  if (needsBody && operation.body === undefined) throw queryInvalid('Empty Payload. JSON content expected.');
}

function describeStruck(origin: string, path: string, query: string): StruckRequest {
  return { origin, path, query };
}

/** The names by which a fault may mean this request: its path as sent, the same decoded, and with keys as parts of it. */
function namesOf(path: string, { route, params }: RouteMatch): readonly string[] {
  let at = 0;
  const plain = route.pattern.replaceAll('{id}', () => params[at++]?.value ?? '');
  return [path, plain].map((name) => VERSION + name);
}

function tooManyRequests(headers: Readonly<Record<string, string>> = {}): GraphError {
  return new GraphError(429, 'TooManyRequests', 'Too many requests.', { headers, innerCode: '429' });
}
