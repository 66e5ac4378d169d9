import type { EngineContext, Scope } from './context.ts';

/** What of the configuration decides who belongs, as it is remembered from plan to plan. */
export interface Configuration {
  readonly scopes: Readonly<Record<string, Scope>>;
  readonly settings: Readonly<Record<string, string>>;
  readonly rules: string;
}

/** That of the newest plan, and that of the last one that was carried out (or had nothing to do). */
const PLANNED = 'configuration planned';
const APPLIED = 'configuration applied';

const PARTS = ['include', 'exclude', 'groups'] as const;

export function currentConfiguration({ sources, settings, rules }: EngineContext): Configuration {
  return {
    scopes: Object.fromEntries(sources.map(({ connector, scope }) => [connector.name, scope])),
    settings: settings ?? {},
    rules: rules.hash,
  };
}

/** To be called in the transaction that stores a plan. */
export async function rememberPlanned(context: EngineContext): Promise<void> {
  await setIfNew(context, PLANNED, JSON.stringify(currentConfiguration(context)));
}

/**
 * From now on the configuration of the newest plan counts as carried out. Plans that were made with another one are stale, so the one that was
 * carried out was made with it.
 */
export async function rememberApplied(context: EngineContext): Promise<void> {
  const planned = await context.store.meta(PLANNED);
  if (planned !== null) await setIfNew(context, APPLIED, planned);
}

/** What the configuration says otherwise than when a plan was last carried out; nothing before the first. */
export async function changedSinceApplied(context: EngineContext): Promise<readonly string[]> {
  const applied = await context.store.meta(APPLIED);
  if (applied === null) return [];
  return describeChanges(JSON.parse(applied) as Configuration, currentConfiguration(context));
}

async function setIfNew({ store }: EngineContext, key: string, text: string): Promise<void> {
  if ((await store.meta(key)) !== text) await store.setMeta(key, text);
}

/** The changes as a person who edited the file would name them. */
export function describeChanges(before: Configuration, now: Configuration): readonly string[] {
  const changes: string[] = [];
  for (const name of new Set([...Object.keys(before.scopes), ...Object.keys(now.scopes)])) {
    const [old, current] = [before.scopes[name], now.scopes[name]];
    if (current === undefined) changes.push(`the source ${name} was taken out`);
    else if (old === undefined) changes.push(`the source ${name} is new`);
    else changes.push(...describeScope(name, old, current));
  }
  const keys = new Set([...Object.keys(before.settings), ...Object.keys(now.settings)]);
  for (const key of keys) {
    const [old, current] = [before.settings[key], now.settings[key]];
    if (old !== current) changes.push(`${key} was ${old ?? 'not set'} and is ${current ?? 'not set'}`);
  }
  // The key that says what the rules are made of was told already, where it is the reason.
  if (before.rules !== now.rules && ![...keys].some((key) => before.settings[key] !== now.settings[key]))
    changes.push('the rules have changed');
  return changes;
}

function describeScope(name: string, before: Scope, now: Scope): readonly string[] {
  return PARTS.flatMap((part) => {
    const added = now[part].filter((dn) => !before[part].includes(dn));
    const gone = before[part].filter((dn) => !now[part].includes(dn));
    return [
      ...(added.length === 0 ? [] : [`scope.${part} of ${name} has ${quote(added)} in addition`]),
      ...(gone.length === 0 ? [] : [`scope.${part} of ${name} no longer has ${quote(gone)}`]),
    ];
  });
}

function quote(dns: readonly string[]): string {
  return dns.map((dn) => `"${dn}"`).join(' and ');
}
