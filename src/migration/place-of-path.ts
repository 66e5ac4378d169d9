import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Where a path of a configuration leads. */
export interface Place {
  readonly absolute: string;
  /** `./NAME` when it lies in the folder of the configuration, with slashes on every system; else null. */
  readonly inside: string | null;
}

/** `folder`: that of the configuration, where its relative paths start. */
export function placeOf(folder: string, path: string): Place {
  const absolute = resolve(folder, path);
  const way = relative(folder, absolute);
  const leadsOut = way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way);
  return { absolute, inside: leadsOut ? null : `./${way.replaceAll(sep, '/')}` };
}

/**
 * What a path becomes in a copy of the configuration: what lies in the folder of the configuration lies in the folder of the copy, everything
 * else stays where it is.
 */
export function movedPath({ absolute, inside }: Place): string {
  return inside ?? absolute;
}
