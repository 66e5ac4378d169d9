import type { SpaceHead } from '../store/store.ts';
import type { EngineContext } from './context.ts';
import { InboundFlow } from './inbound.ts';
import { RuleGroups } from './rule-groups.ts';
import { SourceScope } from './scope.ts';

/** Scopes and inbound rules as the store has them, for those who only read. */
export interface ReadInbound {
  readonly scopes: ReadonlyMap<number, SourceScope>;
  readonly inbound: InboundFlow;
}

export async function readInbound(context: EngineContext, spaces: readonly SpaceHead[]): Promise<ReadInbound> {
  const scopes = await scopesOf(context, spaces);
  const groups = await ruleGroupsOf(context, spaces);
  const inbound = new InboundFlow(context, new Map(spaces.map((space) => [space.id, space])), scopes, groups);
  return { scopes, inbound };
}

async function scopesOf(
  context: EngineContext,
  spaces: readonly SpaceHead[],
): Promise<ReadonlyMap<number, SourceScope>> {
  const scopes = new Map<number, SourceScope>();
  for (const space of spaces) {
    const source = context.sources.find((one) => one.connector.name === space.name);
    if (source !== undefined) scopes.set(space.id, await SourceScope.read(context.store, space, source.scope));
  }
  return scopes;
}

async function ruleGroupsOf(
  context: EngineContext,
  spaces: readonly SpaceHead[],
): Promise<ReadonlyMap<number, RuleGroups>> {
  const groups = new Map<number, RuleGroups>();
  const asked = context.rules.scopeGroups();
  for (const space of asked.length === 0 ? [] : spaces)
    groups.set(space.id, await RuleGroups.read(context.store, space, asked));
  return groups;
}
