import { resolve } from 'node:path';
import { SILENT_LOG } from '../../log.ts';
import type { ObjectPut } from '../../model/change.ts';
import type { Connector, ConnectorContext, ReadEvent, ReadProblem, ReadRequest } from '../connector.ts';

/** For tests of this folder: what a connector gets from the composition, with paths taken from `folder`. */
export function contextFor(folder: string, name = 'partners'): ConnectorContext {
  return {
    name,
    log: SILENT_LOG,
    now: () => new Date(0),
    readSecret: () => '',
    resolvePath: (path) => resolve(folder, path),
  };
}

/** A whole read as its parts: objects by anchor, problems, and the two events around them. */
export interface WholeRead {
  readonly begin: ReadEvent & { readonly kind: 'begin' };
  readonly objects: ReadonlyMap<string, ObjectPut>;
  readonly problems: readonly ReadProblem[];
  readonly watermark: string;
}

export async function readWhole(connector: Connector, request: Partial<ReadRequest> = {}): Promise<WholeRead> {
  const objects = new Map<string, ObjectPut>();
  const problems: ReadProblem[] = [];
  let begin: WholeRead['begin'] | null = null;
  let watermark: string | null = null;
  for await (const event of connector.read({ watermark: null, attributes: [], references: [], ...request })) {
    if (event.kind === 'begin') begin = event;
    else if (event.kind === 'end') watermark = event.watermark;
    else {
      for (const change of event.changes) if (change.kind === 'put') objects.set(change.anchor, change);
      problems.push(...(event.problems ?? []));
    }
  }
  if (!begin || watermark === null) throw new Error('the read had no begin or no end');
  return { begin, objects, problems, watermark };
}
