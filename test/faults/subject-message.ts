import type {
  AccountPassword,
  PasswordReadEvent,
  PasswordReadRequest,
  ReadEvent,
  ReadRequest,
} from '../../src/connectors/connector.ts';
import type { Scope } from '../../src/engine/context.ts';
import type { ObjectChange } from '../../src/model/change.ts';
import type { Boundary, Death } from './boundary.ts';

export type SourceDescription =
  /** The directory is in the memory of the parent, and is read over the channel between us. */
  | { readonly kind: 'memory' }
  | {
      readonly kind: 'ad';
      readonly server: string;
      readonly ca: string;
      readonly user: string;
      readonly password: string;
    };

/** What a process of the product works with in one cycle. */
export interface CycleOrder {
  readonly store: string;
  readonly source: SourceDescription;
  readonly scope: Scope;
  readonly tenant: {
    readonly url: string;
    readonly tenant: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly via: 'graph' | 'provisioning';
  };
  readonly full: boolean;
  /** Times by which waits are shorter than in life, and the clock faster. */
  readonly haste: number;
  /** When the fast clock began, in milliseconds since 1970; the tenant has the same. */
  readonly clockStart: number;
  /** How far our clock is off, in milliseconds. */
  readonly clockError: number;
  readonly death: Death | null;
  /** Seconds that a request may take. */
  readonly timeout: number;
}

/** How a cycle ended, unless the process died. */
export interface CycleEnd {
  /** As the command line would have ended. */
  readonly exitCode: number;
  readonly outcome: string;
  readonly operations: number;
  /** The first of them, for people. */
  readonly planned: readonly string[];
  /** What a failed run says, with its code before it; null for others. */
  readonly message: string | null;
  readonly findings: readonly string[];
  /** Passwords that the cycle after it sent. */
  readonly passwords: number;
  readonly passed: Readonly<Record<Boundary, number>>;
}

export type ToSubject =
  | { readonly kind: 'cycle'; readonly order: CycleOrder }
  | { readonly kind: 'event'; readonly id: number; readonly event: ReadEvent }
  | { readonly kind: 'fetched'; readonly id: number; readonly changes: readonly ObjectChange[] }
  | { readonly kind: 'password event'; readonly id: number; readonly event: PasswordReadEvent }
  | { readonly kind: 'passwords'; readonly id: number; readonly passwords: readonly AccountPassword[] }
  /** The answer to question `id` is complete; with `code` it broke off. */
  | { readonly kind: 'over'; readonly id: number; readonly code: string | null; readonly message: string };

export type FromSubject =
  | { readonly kind: 'ready' }
  | { readonly kind: 'read'; readonly id: number; readonly request: Omit<ReadRequest, 'onProgress'> }
  | {
      readonly kind: 'fetch';
      readonly id: number;
      readonly anchors: readonly string[];
      readonly request: Omit<ReadRequest, 'onProgress'>;
    }
  | { readonly kind: 'read passwords'; readonly id: number; readonly request: PasswordReadRequest }
  | { readonly kind: 'fetch passwords'; readonly id: number; readonly anchors: readonly string[] }
  | { readonly kind: 'end'; readonly end: CycleEnd };
