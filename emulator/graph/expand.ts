import { notEmulated } from '../refusals.ts';
import type { Entity } from '../tenant/entity.ts';
import type { GraphRequest } from './graph-request.ts';
import { projectDirectoryObject } from './projection.ts';

/** `$expand=manager`, with or without an inner $select, on one user. Other expansions are answered 501. */
export function expandEntity(request: GraphRequest, entity: Entity): Record<string, unknown> {
  const { expand } = request.query;
  if (expand === undefined) return {};
  const match = /^manager(?:\(\$select=([A-Za-z0-9,]+)\))?$/.exec(expand.trim());
  if (!match || entity.kind !== 'user') throw notEmulated(`$expand=${expand}`);
  const manager = entity.manager?.status === 'live' ? entity.manager : undefined;
  return manager ? { manager: projectDirectoryObject(manager, match[1]?.split(',')) } : {};
}
