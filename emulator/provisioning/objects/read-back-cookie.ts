import type { TokenSeal } from '../../token-seal.ts';

/** Where a read stands: it goes through the listings, or through what changed. */
export interface ReadState {
  readonly phase: 'full' | 'changes';
  /** Place of the kind whose listing is being read. */
  readonly kind: number;
  /** Place in the listing, or number of the last change that was told. */
  readonly at: number;
  /** Of a full read: what changed after this number comes in the next one. */
  readonly since: number;
}

/** The cookie of a read, which nobody can alter; it is worth nothing after a reset of the tenant. */
export function writeCookie(state: ReadState, seal: TokenSeal, generation: number): Buffer {
  return Buffer.from(seal.close({ ...state, generation }), 'utf8');
}

/** The state in a cookie; undefined where it is none of this tenant. */
export function readCookie(base64: string, seal: TokenSeal, generation: number): ReadState | undefined {
  const content = seal.open(Buffer.from(base64, 'base64').toString('utf8'));
  if (content?.['generation'] !== generation) return undefined;
  const { phase, kind, at, since } = content;
  return {
    phase: phase === 'full' ? 'full' : 'changes',
    kind: Number(kind),
    at: Number(at),
    since: Number(since ?? at),
  };
}
