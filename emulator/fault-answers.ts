import type { ArmedFault, FaultName } from './faults.ts';
import { GraphError } from './graph-error.ts';
import type { Answer, Interruption } from './http-exchange.ts';
import { isRecord } from './json-value.ts';
import { concurrentWrite } from './refusals.ts';

/** What a fault has to know of the request that it strikes. */
export interface StruckRequest {
  /** Scheme and host that the client used. */
  readonly origin: string;
  /** Path from the version on, and query text. */
  readonly path: string;
  readonly query: string;
}

/** The refusal that a fault answers with; undefined for those that are none. Nothing is carried out. */
export function refusalOf(fault: ArmedFault, request: StruckRequest): GraphError | undefined {
  const headers: Record<string, string> =
    fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
  switch (fault.fault) {
    case '429':
      return new GraphError(429, 'TooManyRequests', 'Too many requests.', { headers, innerCode: '429' });
    case '503':
      return new GraphError(503, 'ServiceUnavailable', 'The service is temporarily unavailable. Please try again.', {
        headers,
      });
    case '504':
      return new GraphError(504, 'UnknownError', 'The gateway did not receive an answer in time.', { headers });
    case '409':
      return concurrentWrite();
    case 'tokenExpired':
      return new GraphError(401, 'InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.');
    case 'deltaExpired':
      return gone(request, 'resyncRequired', 'Resync required. Any held items must be matched against a new listing.');
    case 'deltaLost':
      return gone(request, 'syncStateNotFound', 'The sync state generation is not found; generation=0.');
    case 'pageExpired':
      return new GraphError(
        400,
        'Directory_ExpiredPageToken',
        'The specified page token value has expired and can no longer be included in your request.',
      );
    default:
      return undefined;
  }
}

function gone({ origin, path }: StruckRequest, code: string, message: string): GraphError {
  return new GraphError(410, code, message, { headers: { location: `${origin}${path}?$deltatoken=` } });
}

const GATEWAY_PAGE = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

/** The answer of something that stands between client and Graph; undefined for other faults. Nothing is carried out. */
export function answerInstead(fault: ArmedFault): Answer | undefined {
  switch (fault.fault) {
    case '502':
      return {
        status: 502,
        headers: {
          'content-type': 'text/html',
          ...(fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }),
        },
        text: GATEWAY_PAGE,
      };
    case 'portal':
      return { status: 200, headers: { 'content-type': 'text/html' }, text: '<html><body>Sign in here</body></html>' };
    case 'redirect':
      return { status: 302, headers: { location: 'https://proxy.example.net/sign-in' } };
    case 'reset':
      return { status: 0, headers: {} };
    default:
      return undefined;
  }
}

/** What the fault does to an answer that was given. */
export function spoil(answer: Answer, fault: ArmedFault, request: StruckRequest): Answer {
  const interruption = interruptionOf(fault);
  const spoilt = interruption ? { ...answer, interruption } : answer;
  if (fault.fault === 'wrongDate') {
    const date = new Date(Date.parse(answer.headers['date'] ?? '') + fault.delay).toUTCString();
    return { ...spoilt, headers: { ...answer.headers, date } };
  }
  if (fault.fault === 'repeatPage') return { ...spoilt, body: linkToItself(answer.body, request) };
  if (fault.fault === 'duplicateEntries') return { ...spoilt, body: tellTwice(answer.body) };
  return spoilt;
}

/** The page, with the link that leads to it in place of the one that leads on. */
function linkToItself(body: unknown, { origin, path, query }: StruckRequest): unknown {
  if (!isRecord(body) || !('value' in body)) return body;
  const { '@odata.nextLink': _, '@odata.deltaLink': __, ...rest } = body;
  return { ...rest, '@odata.nextLink': `${origin}${path}${query === '' ? '' : `?${query}`}` };
}

function tellTwice(body: unknown): unknown {
  if (!isRecord(body) || !Array.isArray(body['value'])) return body;
  return { ...body, value: body['value'].flatMap((entry: unknown) => [entry, entry]) };
}

function interruptionOf(fault: ArmedFault): Interruption | undefined {
  switch (fault.fault) {
    case 'reset':
    case 'appliedThenReset':
      return { kind: 'reset' };
    case 'timeout':
    case 'cut':
    case 'garbled':
    case 'missing':
      return { kind: fault.fault };
    case 'slow':
      return { kind: 'slow', milliseconds: fault.delay };
    default:
      return undefined;
  }
}

/** What becomes of the items of a batch that `mixed` strikes, one after the other; undefined: nothing. */
const MIXED: readonly (FaultName | undefined)[] = ['429', undefined, '503', 'missing', '409', undefined, '504', '502'];

/** The faults of the items of one batch, in the order in which they are carried out. */
export function* mixedFaults(): Generator<ArmedFault | undefined, undefined> {
  for (let at = 0; ; at++) {
    const fault = MIXED[at % MIXED.length];
    yield fault === undefined ? undefined : { fault, retryAfter: at % 3 === 0 ? 1 : undefined, delay: 0 };
  }
}
