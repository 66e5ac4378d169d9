import { parseDuration } from './clock.ts';

/** What each does is in README.md; how it does it, in fault-answers.ts. */
export const FAULTS = [
  '429',
  '503',
  '504',
  'reset',
  'timeout',
  'slow',
  'appliedThenReset',
  '409',
  '502',
  'redirect',
  'portal',
  'cut',
  'garbled',
  'missing',
  'mixed',
  'tokenExpired',
  'tokenNotYetValid',
  'deltaExpired',
  'deltaLost',
  'pageExpired',
  'repeatPage',
  'duplicateEntries',
  'wrongDate',
  'busy',
  'bindingRedirect',
] as const;
export type FaultName = (typeof FAULTS)[number];

/** Faults that only a request which goes on from an earlier one can meet. */
const OF_TOKENS: readonly FaultName[] = ['deltaExpired', 'deltaLost', 'pageExpired'];

/** A fault as POST /emulator/faults takes it. */
export interface Fault {
  /** `METHOD /v1.0/path` with `{id}` for one part and `*` for anything; METHOD may be `*`. */
  readonly match: string;
  /** How often it strikes; default once. */
  readonly times?: number;
  readonly fault: FaultName;
  /** Seconds for Retry-After of 429, 502, 503 and 504; null sends none. */
  readonly retryAfter?: number | null;
  /** Where `bindingRedirect` leads; default the service at the address that was asked. */
  readonly url?: string;
  /** How long `slow` takes, how far `wrongDate` and `tokenNotYetValid` are off: milliseconds or `5s`. */
  readonly delay?: number | string;
  /** Matching requests that pass before the first one is hit. */
  readonly after?: number;
}

export interface ArmedFault {
  readonly fault: FaultName;
  readonly retryAfter: number | undefined;
  readonly delay: number;
  readonly url?: string;
}

interface Waiting extends ArmedFault {
  readonly match: string;
  readonly pattern: RegExp;
  left: number;
  after: number;
}

/** Faults that wait for a matching request. The first that matches strikes. */
export class FaultList {
  #waiting: Waiting[] = [];

  add(faults: readonly Fault[]): void {
    this.#waiting.push(...faults.map(arm));
  }

  clear(): void {
    this.#waiting = [];
  }

  list(): readonly { readonly match: string; readonly fault: FaultName; readonly left: number }[] {
    return this.#waiting.map(({ match, fault, left }) => ({ match, fault, left }));
  }

  /** Takes the fault that strikes this request. `paths`: the names of its path, without query. `query`: faults of tokens need one. */
  strike(method: string, paths: readonly string[], query = ''): ArmedFault | undefined {
    if (this.#waiting.length === 0) return undefined;
    const hasToken = /\$(?:delta|skip)token=/.test(query);
    const hit = this.#waiting.find(
      (fault) =>
        (hasToken || !OF_TOKENS.includes(fault.fault)) && paths.some((path) => fault.pattern.test(`${method} ${path}`)),
    );
    if (!hit) return undefined;
    if (hit.after > 0) {
      hit.after--;
      return undefined;
    }
    hit.left--;
    if (hit.left <= 0) this.#waiting = this.#waiting.filter((fault) => fault !== hit);
    return hit;
  }
}

function arm(fault: Fault): Waiting {
  return {
    match: fault.match,
    pattern: compileMatch(fault.match),
    left: fault.times ?? 1,
    after: fault.after ?? 0,
    fault: fault.fault,
    retryAfter: fault.retryAfter === null ? undefined : (fault.retryAfter ?? 1),
    delay: readDelay(fault),
    ...(fault.url === undefined ? {} : { url: fault.url }),
  };
}

/** Milliseconds, where a fault does not say: far enough off to matter. */
const DELAYS: Readonly<Partial<Record<FaultName, number>>> = { wrongDate: 86_400_000, tokenNotYetValid: 600_000 };

function readDelay({ fault, delay }: Fault): number {
  const given = typeof delay === 'string' ? parseDuration(delay) : delay;
  return given ?? DELAYS[fault] ?? 5000;
}

function compileMatch(match: string): RegExp {
  const body = match
    .trim()
    .split(/(\{[^}]*\}|\*)/)
    .map((part) => (part === '*' ? '.*' : part.startsWith('{') ? '[^/]+' : part.replace(/[.+?^$()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${body}$`, 'i');
}

/** Reads the body of POST /emulator/faults. Returns a sentence that says what is wrong, or the faults. */
export function readFaults(body: unknown): readonly Fault[] | string {
  if (!Array.isArray(body)) return 'The body must be an array of faults: [{"match","times","fault"}].';
  for (const [place, item] of body.entries()) {
    const fault = item as Partial<Fault> | null;
    if (typeof fault?.match !== 'string' || !/^\S+ \/\S*$/.test(fault.match)) {
      return `Fault ${place}: "match" must be "METHOD /path", found ${JSON.stringify(fault?.match)}.`;
    }
    if (!FAULTS.some((known) => known === fault.fault)) {
      return `Fault ${place}: "fault" must be one of ${FAULTS.join(', ')}, found ${JSON.stringify(fault.fault)}.`;
    }
    if (fault.times !== undefined && !(Number.isInteger(fault.times) && fault.times > 0)) {
      return `Fault ${place}: "times" must be a whole number over 0.`;
    }
    if (fault.url !== undefined && !(typeof fault.url === 'string' && URL.canParse(fault.url))) {
      return `Fault ${place}: "url" must be a URL, found ${JSON.stringify(fault.url)}.`;
    }
  }
  return body as readonly Fault[];
}
