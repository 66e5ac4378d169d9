import type { Clock } from './clock.ts';
import type { Assumptions, ThrottleSetting } from './options.ts';

/** Limits of the identity service: resource units and writes (throttling limits, identity and access). */
const LIMITS = {
  /** `upTo`: most users of the size; small is fewer than 50. */
  unitsByTenantSize: [
    { upTo: 49, units: 3500 },
    { upTo: 500, units: 5000 },
    { upTo: Number.POSITIVE_INFINITY, units: 8000 },
  ],
  unitsSeconds: 10,
  applicationUnits: { amount: 150_000, seconds: 20 },
  writes: { amount: 3000, seconds: 150 },
  applicationWrites: { amount: 35_000, seconds: 300 },
  tenantWrites: { amount: 18_000, seconds: 300 },
} as const;

/** How far below empty a bucket goes while throttled calls go on counting: the header then says up to 1.8. */
const DEEPEST = 0.8;

type Scope = 'Tenant_Application' | 'Application' | 'Tenant';

/** Units that flow back evenly; what was used is never more than 1.8 times the amount. */
class Bucket {
  readonly scope: Scope;
  readonly isWrite: boolean;
  amount: number;
  readonly #seconds: number;
  #used = 0;
  #at: number;

  constructor(scope: Scope, isWrite: boolean, amount: number, seconds: number, now: number) {
    this.scope = scope;
    this.isWrite = isWrite;
    this.amount = amount;
    this.#seconds = seconds;
    this.#at = now;
  }

  /** Counts the cost, refused or not. Returns the milliseconds until it would have fitted; 0: it fits. */
  take(cost: number, now: number): number {
    this.#used = Math.max(0, this.#used - ((now - this.#at) / 1000) * this.#rate);
    this.#at = now;
    const before = this.#used;
    this.#used = Math.min(this.#used + cost, this.amount * (1 + DEEPEST));
    if (before + cost <= this.amount) return 0;
    return ((this.#used - this.amount + cost) / this.#rate) * 1000;
  }

  get usage(): number {
    return this.#used / this.amount;
  }

  get #rate(): number {
    return this.amount / this.#seconds;
  }
}

export interface ThrottleVerdict {
  readonly isThrottled: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Charge {
  readonly appId: string;
  readonly units: number;
  readonly isWrite: boolean;
}

/** The quota of applications in one tenant, by the emulator's clock. */
export class Throttle {
  readonly #clock: Clock;
  readonly #tenantId: string;
  readonly #factor: number | undefined;
  readonly #retryAfter: Assumptions['retryAfter'];
  readonly #countUsers: () => number;
  readonly #byApp = new Map<string, readonly Bucket[]>();
  readonly #tenantWrites: Bucket;

  constructor(parts: {
    readonly clock: Clock;
    readonly tenantId: string;
    readonly setting: ThrottleSetting;
    readonly retryAfter: Assumptions['retryAfter'];
    /** Live users: the size of the tenant decides the quota. */
    readonly countUsers: () => number;
  }) {
    this.#clock = parts.clock;
    this.#tenantId = parts.tenantId;
    this.#factor = parts.setting === 'off' ? undefined : parts.setting === 'documented' ? 1 : parts.setting;
    this.#retryAfter = parts.retryAfter;
    this.#countUsers = parts.countUsers;
    const { amount, seconds } = LIMITS.tenantWrites;
    this.#tenantWrites = new Bucket('Tenant', true, amount * (this.#factor ?? 1), seconds, parts.clock.now());
  }

  /** Charges one operation. Throttled ones count as well (documented). */
  charge(charge: Charge): ThrottleVerdict {
    if (this.#factor === undefined) return { isThrottled: false, headers: {} };
    const now = this.#clock.now();
    const buckets = [...this.#bucketsOf(charge.appId, this.#factor), this.#tenantWrites];
    let worst: Bucket | undefined;
    let wait = 0;
    let usage = 0;
    for (const bucket of buckets) {
      if (bucket.isWrite && !charge.isWrite) continue;
      const needed = bucket.take(bucket.isWrite ? 1 : charge.units, now);
      usage = Math.max(usage, bucket.usage);
      if (needed > wait) {
        wait = needed;
        worst = bucket;
      }
    }
    const percentage: Record<string, string> = usage >= 0.8 ? { 'x-ms-throttle-limit-percentage': format(usage) } : {};
    if (!worst) return { isThrottled: false, headers: percentage };
    return { isThrottled: true, headers: { ...percentage, ...this.#refusal(worst, wait, charge.appId) } };
  }

  #bucketsOf(appId: string, factor: number): readonly Bucket[] {
    const users = this.#countUsers();
    const size = LIMITS.unitsByTenantSize.find((row) => users <= row.upTo) ?? LIMITS.unitsByTenantSize[2];
    const known = this.#byApp.get(appId);
    if (known) {
      const first = known[0];
      if (first) first.amount = size.units * factor;
      return known;
    }
    const now = this.#clock.now();
    const { applicationUnits, writes, applicationWrites, unitsSeconds } = LIMITS;
    const buckets = [
      new Bucket('Tenant_Application', false, size.units * factor, unitsSeconds, now),
      new Bucket('Application', false, applicationUnits.amount * factor, applicationUnits.seconds, now),
      new Bucket('Tenant_Application', true, writes.amount * factor, writes.seconds, now),
      new Bucket('Application', true, applicationWrites.amount * factor, applicationWrites.seconds, now),
    ];
    this.#byApp.set(appId, buckets);
    return buckets;
  }

  #refusal(bucket: Bucket, wait: number, appId: string): Record<string, string> {
    const kind = bucket.isWrite ? 'Write' : 'ReadWrite';
    return {
      'x-ms-throttle-scope': `${bucket.scope}/${kind}/${appId}/${this.#tenantId}`,
      'x-ms-throttle-information': bucket.isWrite ? 'WriteLimitExceeded' : 'ResourceUnitLimitExceeded',
      ...formatRetryAfter(wait, this.#retryAfter),
    };
  }
}

function formatRetryAfter(wait: number, style: Assumptions['retryAfter']): Record<string, string> {
  if (style === 'missing') return {};
  return {
    'retry-after': style === 'fractional' ? (wait / 1000).toFixed(3) : String(Math.max(1, Math.ceil(wait / 1000))),
  };
}

function format(usage: number): string {
  return String(Math.min(1.8, Math.round(usage * 100) / 100));
}

/** Cost of one operation: its base with the documented modifiers, never under 1. */
export function resourceUnits(base: number, method: string, given: ReadonlyMap<string, string>): number {
  if (method !== 'GET' && base === 1) return 1;
  let units = base;
  if (given.has('$select')) units -= base === 5 ? 3 : 1;
  if (given.has('$expand')) units += 1;
  const top = given.get('$top');
  if (top !== undefined && Number(top) < 20) units -= 1;
  return Math.max(1, units);
}
