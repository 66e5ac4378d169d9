import { setTimeout as sleep } from 'node:timers/promises';
import { DirbridgeError, type ErrorCode, messageOf } from '../errors.ts';
import type { Connector, ConnectorContext, ReadEvent, ReadRequest } from './connector.ts';

/** Errors that may be gone a moment later. Everything else would only be met again. */
const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'directory-unreachable',
  'directory-interrupted',
  'tenant-unreachable',
]);

export interface RetryOptions {
  /** Waits before the second, third ... attempt, in milliseconds; there are as many retries as waits. */
  readonly waits?: readonly number[];
  readonly wait?: (milliseconds: number) => Promise<unknown>;
  readonly log?: ConnectorContext['log'];
}

const WAITS = [1000, 4000, 15_000];

/**
 * A connector whose reads are begun again when they break before `begin`: until then nothing was delivered, so nothing can be delivered twice.
 * After `begin` a read is never repeated here: pages may be stored already, and only the connector knows where to go on.
 * `fetch` and `check` pass through: a fetch may have given pages, and a check is to see the first answer.
 */
export function retryReads<C extends Connector>(connector: C, options: RetryOptions = {}): C {
  return new Proxy(connector, {
    get: (inner, property) => {
      if (property === 'read') return (request: ReadRequest) => readWithRetries(inner, request, options);
      const value: unknown = Reflect.get(inner, property, inner);
      return typeof value === 'function' ? value.bind(inner) : value;
    },
  });
}

async function* readWithRetries(
  connector: Connector,
  request: ReadRequest,
  { waits = WAITS, wait = sleep, log }: RetryOptions,
): AsyncGenerator<ReadEvent> {
  for (let attempt = 0; ; attempt++) {
    let hasBegun = false;
    try {
      for await (const event of connector.read(request)) {
        hasBegun = true;
        yield event;
      }
      return;
    } catch (error) {
      const delay = waits[attempt];
      const isTransient = error instanceof DirbridgeError && TRANSIENT.has(error.code);
      if (hasBegun || !isTransient || delay === undefined) throw error;
      log?.warn({ source: connector.name, attempt: attempt + 1, delay }, `reading is tried again: ${messageOf(error)}`);
      await wait(delay);
    }
  }
}
