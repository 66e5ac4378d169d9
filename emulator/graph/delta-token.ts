import { GraphError } from '../graph-error.ts';
import type { ObjectKind } from '../tenant/entity.ts';
import type { GraphRequest } from './graph-request.ts';

/** Directory objects' delta tokens live 7 days (documented). */
export const TOKEN_MILLISECONDS = 7 * 86_400_000;

/** Where a delta round stands. Everything a client asked for at the beginning is frozen in it. */
export interface DeltaState {
  readonly kind: ObjectKind;
  readonly select: readonly string[] | undefined;
  /** Only these objects, when the round was started with a filter. */
  readonly ids: readonly string[] | undefined;
  /** `full`: `at` is a place in the listing; `changes`: `at` is the sequence number of the last object given. */
  readonly phase: 'full' | 'changes';
  readonly at: number;
  /** Full: number of the last change when the round began. Changes: the client knows everything up to this number. */
  readonly since: number;
  /** Sequence number of the last link given of the object at `at`, when its links did not fit into the page. */
  readonly linksAfter: number | undefined;
  /** The object whose links were cut; when it moved on meanwhile, it comes again as a whole. */
  readonly linksOf: string | undefined;
  /** Pages given in this round. */
  readonly page: number;
}

export function closeDelta(request: GraphRequest, state: DeltaState): string {
  return request.settings.seal.close({
    ...state,
    made: request.tenant.clock.now(),
    generation: request.settings.generation,
  });
}

/** Opens a token: altered ones are malformed (400), old ones and those from before a reset are gone (410). */
export function openDelta(request: GraphRequest, token: string, path: string): DeltaState {
  const content = request.settings.seal.open(token);
  if (typeof content?.['made'] !== 'number') throw new GraphError(400, 'BadRequest', 'Badly formed token.');
  const { made, generation, ...state } = content;
  if (generation !== request.settings.generation) {
    throw gone(
      request,
      path,
      'syncStateNotFound',
      `The sync state generation is not found; generation=${String(generation)}.`,
    );
  }
  if (request.tenant.clock.now() - Number(made) > TOKEN_MILLISECONDS) {
    throw gone(
      request,
      path,
      'resyncRequired',
      'Resync required. The delta token has expired; start again with the link in the Location header.',
    );
  }
  return {
    select: undefined,
    ids: undefined,
    linksAfter: undefined,
    linksOf: undefined,
    ...state,
  } as unknown as DeltaState;
}

function gone(request: GraphRequest, path: string, code: string, message: string): GraphError {
  return new GraphError(410, code, message, { headers: { location: `${request.origin}/v1.0${path}?$deltatoken=` } });
}
