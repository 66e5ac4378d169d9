import type { ConfigKind, ConfigKinds } from '../config.ts';
import { DirbridgeError } from '../errors.ts';

/** A kind of source or target with what copying and comparing has to know of its section. */
export interface SectionKind extends ConfigKind {
  readonly facts: {
    readonly secrets: readonly string[];
    readonly files: Readonly<Record<string, FileContent>>;
    spell(section: never): Readonly<Record<string, unknown>>;
  };
}
export type FileContent = 'certificates' | 'secret' | 'data';

export interface SectionKinds extends ConfigKinds {
  readonly sources: readonly SectionKind[];
  readonly targets: readonly SectionKind[];
}

export function findKind(kinds: readonly SectionKind[], kind: string): SectionKind {
  const found = kinds.find((one) => one.kind === kind);
  if (found === undefined) throw new DirbridgeError('bug', `there is no kind ${kind}`);
  return found;
}

/** The value at a key such as `tls.ca`; undefined where there is none. */
export function valueAt(section: unknown, key: string): unknown {
  let at = section;
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return at;
}
