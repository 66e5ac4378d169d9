import { linkExists, notEmulated, quotaExceeded, tooManyBound, valueMistyped } from '../refusals.ts';
import type { Entity, LinkName, Values } from '../tenant/entity.ts';
import { checkMemberKind } from '../tenant/rules/group-rules.ts';
import { findReference } from './find-entity.ts';
import type { GraphRequest } from './graph-request.ts';

/** Most references in one body (group-post-groups, group-post-members). */
const MOST_BOUND = 20;
const MOST_OWNERS = 100;

export interface NewLink {
  readonly name: LinkName;
  readonly target: Entity;
}

/** Reads `members@odata.bind` and `owners@odata.bind`; other links of a body are answered 501. */
export function readBoundLinks(request: GraphRequest, body: Readonly<Record<string, unknown>>): readonly NewLink[] {
  const links: NewLink[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (!name.includes('@') || name === '@odata.type' || name === '@odata.context') continue;
    const link = ({ 'members@odata.bind': 'members', 'owners@odata.bind': 'owners' } as const)[name];
    if (!link) throw notEmulated(`'${name}' in the body of a group`);
    if (!Array.isArray(value)) throw valueMistyped(name, 'Collection(Edm.String)');
    for (const reference of value) links.push({ name: link, target: findReference(request, reference) });
  }
  if (links.length > MOST_BOUND) throw tooManyBound(MOST_BOUND);
  return links;
}

/** Judges new links together, so that one request adds all of them or none. */
export function checkNewLinks(links: readonly NewLink[], values: Values, group: Entity | undefined): void {
  const seen = { members: new Set<Entity>(), owners: new Set<Entity>() };
  for (const { name, target } of links) {
    if (name === 'manager') continue;
    if (seen[name].has(target) || group?.[name]?.current.has(target)) throw linkExists(name);
    seen[name].add(target);
    if (name === 'members') checkMemberKind(values, target);
  }
  const owners = (group?.owners?.current.size ?? 0) + seen.owners.size;
  if (seen.owners.size > 0 && owners > MOST_OWNERS) throw quotaExceeded(owners, MOST_OWNERS, 'owners');
}
