import type { ConnectRule } from './connect-rule.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { MicrosoftRule } from './microsoft-rules.ts';

/** In what a standard rule is not as Microsoft shipped it. */
export interface Differences {
  readonly texts: readonly string[];
  readonly isHead: boolean;
  readonly isScope: boolean;
  readonly isJoin: boolean;
  readonly flows: ConnectRule['flows'];
  readonly removed: readonly string[];
}

/** What other keys of the configuration say already: the wizard writes its choices into the standard rules of Active Directory. */
export interface Explained {
  readonly isJoin: boolean;
  /** Attributes of the metaverse. */
  readonly flows: readonly string[];
}

export const NOTHING_EXPLAINED: Explained = { isJoin: false, flows: [] };
const MOST_NAMED = 8;

export function differencesOf(rule: ConnectRule, known: MicrosoftRule, explained = NOTHING_EXPLAINED): Differences {
  const now = fingerprintOf(rule);
  const before = known.fingerprint;
  const flows = rule.flows.filter(
    ({ target }) => now.flows.get(target) !== before.flows.get(target) && !explained.flows.includes(target),
  );
  const removed = [...before.flows.keys()].filter((target) => !now.flows.has(target));
  const [isHead, isScope, isJoin] = [
    now.head !== before.head,
    now.scope !== before.scope,
    now.joins !== before.joins && !explained.isJoin,
  ];
  const texts = [
    ...(isHead ? ['its link or type'] : []),
    ...(isScope ? ['its scope'] : []),
    ...(isJoin ? ['its join'] : []),
    ...named(
      'changed or added',
      flows.map(({ target }) => target),
    ),
    ...named('removed', removed),
  ];
  return { texts, isHead, isScope, isJoin, flows, removed };
}

function named(what: string, targets: readonly string[]): readonly string[] {
  return targets.length === 0 ? [] : [`flows ${what}: ${nameSome(targets)}`];
}

/** The first of many names, and how many more there are. */
export function nameSome(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(' ')}${more}`;
}
