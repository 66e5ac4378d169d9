import type { Caller } from '../caller.ts';
import type { Answer } from '../http-exchange.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { TokenSeal } from '../token-seal.ts';
import type { Query } from './query/query-options.ts';

/** How a path names an object: by its id (or a user's UPN), or by an alternate key. */
export interface Key {
  readonly by: 'id' | 'uniqueName' | 'userPrincipalName';
  readonly value: string;
}

export interface GraphSettings {
  readonly deltaPageSize: number;
  readonly deltaLinkPageSize: number;
  readonly seal: TokenSeal;
  /** Changes when the tenant is reset: delta tokens of another generation are gone. */
  readonly generation: number;
}

/** One Graph operation after sign-in, throttling and routing. */
export interface GraphRequest {
  readonly method: string;
  readonly origin: string;
  readonly params: readonly Key[];
  readonly query: Query;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; undefined when the request had no body. */
  readonly body: unknown;
  readonly caller: Caller;
  readonly tenant: Tenant;
  readonly settings: GraphSettings;
}

export type Handler = (request: GraphRequest) => Answer;

/** The path part of `@odata.context`, always the public one: clients must not depend on it. */
export const CONTEXT = 'https://graph.microsoft.com/v1.0/$metadata#';

export function paramAt(request: GraphRequest, place: number): Key {
  const key = request.params[place];
  if (!key) throw new Error(`route without parameter ${place}`);
  return key;
}

/** Whether the caller asked for the advanced query capabilities of directory objects. */
export function isAdvanced(request: GraphRequest): boolean {
  return request.headers['consistencylevel']?.toLowerCase() === 'eventual' && request.query.count;
}
