/** A refusal as Graph words it, out of its error envelope (Graph, "Error responses"). */
export interface GraphRefusal {
  readonly status: number;
  /** Stable; compare without case. */
  readonly code: string;
  readonly message: string;
  /** The property that `details` names. */
  readonly target: string | null;
  readonly requestId: string | null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

/** Reads the envelope; an answer that is none gives the status as its message. */
export function readRefusal(status: number, body: unknown): GraphRefusal {
  const error = isRecord(body) && isRecord(body['error']) ? body['error'] : {};
  const details = Array.isArray(error['details']) ? error['details'].find(isRecord) : undefined;
  const inner = isRecord(error['innerError']) ? error['innerError'] : {};
  return {
    status,
    code: textOr(error['code'], `HTTP${status}`),
    message: textOr(error['message'], `The tenant answered with status ${status}.`),
    target: typeof details?.['target'] === 'string' ? details['target'] : null,
    requestId: typeof inner['request-id'] === 'string' ? inner['request-id'] : null,
  };
}

/** Statuses that say "come again": throttled, or the service is short of something. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || status === 500 || status === 502 || status === 503 || status === 504 || status === 509;
}

/** Another request is at work on the same object or tenant (Directory_ConcurrencyViolation). */
export function isConcurrencyRefusal(refusal: GraphRefusal): boolean {
  return refusal.status === 409 && refusal.code.toLowerCase() === 'directory_concurrencyviolation';
}

const NOT_YET = /source resource object or one of the objects being referenced do not exist/i;

/** An object that the request names is not there, or not there yet. */
export function isAbsenceRefusal({ status, message }: GraphRefusal): boolean {
  return status === 404 || NOT_YET.test(message);
}
