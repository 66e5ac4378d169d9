import type { Severity } from '../../src/model/finding.ts';
import type { FindingWorld } from './finding-world.ts';
import type { ProvokedWorld } from './provoked-world.ts';

/** A finding as it is read: objects as the command line names them. */
export interface Told {
  /** By default that of the table. */
  readonly severity?: Severity;
  readonly object: string | null;
  readonly otherObject: string | null;
  readonly attribute: string | null;
  readonly value: string | null;
  readonly cause: string;
  readonly remedy: string;
}

/** A world in which a finding has come up. */
export interface Provoked<World extends ProvokedWorld = FindingWorld> {
  readonly world: World;
  /** Does what the remedy tells; the next run then withdraws the finding. Null: the remedy says that nothing can be done. */
  readonly follow: (() => Promise<void> | void) | null;
}

/** How a finding comes up through the product, and what it then says. */
export interface Provocation<World extends ProvokedWorld = FindingWorld> {
  /** Findings of this code, in the order in which they are listed; mostly one. */
  readonly told: readonly Told[];
  readonly provoke: () => Promise<Provoked<World>>;
  /** False: the next run tells it otherwise, though nothing was done. */
  readonly isLasting?: false;
}

/** Where the objects of the directory `corp` lie. */
export function person(name: string, upn = `${name}@contoso.com`): string {
  return `user "${upn}" in corp: CN=${name},OU=People,DC=corp,DC=example,DC=com`;
}
