import { type Answer, answerJson } from '../http-exchange.ts';
import { findByKey } from './find-entity.ts';
import { CONTEXT, type GraphRequest, paramAt } from './graph-request.ts';
import { type Collection, countEntities, listEntities } from './list.ts';
import { projectEntity, selectNames } from './projection.ts';

type ReadOnlyKind = 'orgContact' | 'device';

const COLLECTIONS: Readonly<Record<ReadOnlyKind, Collection>> = {
  orgContact: { kind: 'orgContact', path: '/contacts', context: 'contacts', status: 'live' },
  device: { kind: 'device', path: '/devices', context: 'devices', status: 'live' },
};

/** Lists, counts and reads what only directory synchronization makes: contacts and devices. */
export function listOf(kind: ReadOnlyKind): (request: GraphRequest) => Answer {
  return (request) => listEntities(request, COLLECTIONS[kind]);
}

export function countOf(kind: ReadOnlyKind): (request: GraphRequest) => Answer {
  return (request) => countEntities(request, COLLECTIONS[kind]);
}

export function readOf(kind: ReadOnlyKind): (request: GraphRequest) => Answer {
  return (request) => {
    const entity = findByKey(request.tenant, kind, paramAt(request, 0));
    const { select } = request.query;
    const shape = select ? `(${select.join(',')})` : '';
    return answerJson(200, {
      '@odata.context': `${CONTEXT}${COLLECTIONS[kind].context}${shape}/$entity`,
      ...projectEntity(entity, selectNames(kind, select)),
    });
  };
}
