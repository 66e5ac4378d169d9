import { createHash } from 'node:crypto';
import { readCertificates } from './certificates.ts';
import type { Difference } from './difference.ts';
import { movedPath, type Place, placeOf } from './place-of-path.ts';

/** One value of a configuration, in a form that can be compared. */
export interface Setting {
  readonly key: string;
  /** As people read it. */
  readonly text: string;
  /** One of several values of the key, whose order says nothing. */
  readonly isEntry?: boolean;
  /** Two values with one in common mean the same. */
  readonly meanings: readonly string[];
  /** What is in the file that the value names. Where both have it, it alone decides. */
  readonly content?: string;
}

export function plainSetting(key: string, text: string, meaning = text): Setting {
  return { key, text, meanings: [meaning] };
}

/** The values of a list whose order says nothing; `whenEmpty`: what an empty list means. */
export function entriesOf(
  key: string,
  values: readonly string[],
  spell: (value: string) => string,
  whenEmpty: string,
): readonly Setting[] {
  if (values.length === 0) return [{ key, text: whenEmpty, isEntry: true, meanings: [''] }];
  const known = new Map(values.map((text) => [spell(text), text]));
  return [...known].map(([meaning, text]) => ({ key, text, isEntry: true, meanings: [meaning] }));
}

/** A path means where it leads; one that leads into the folder of its configuration also means its place in there, so that a copy means the same. */
export function pathSetting(key: string, folder: string, path: string, prefix = ''): Setting {
  const place = placeOf(folder, path);
  return { key, text: `${prefix}${movedPath(place)}`, meanings: meaningsOf(place).map((one) => `${prefix}${one}`) };
}

function meaningsOf({ absolute, inside }: Place): readonly string[] {
  return inside === null ? [absolute] : [absolute, inside];
}

/** Where a secret comes from; it is not read. */
export function secretSetting(key: string, folder: string, secret: object): Setting {
  if ('env' in secret) return plainSetting(key, `environment variable ${secret.env}`);
  return pathSetting(key, folder, 'file' in secret ? String(secret.file) : '', 'file ');
}

/** Public certificates mean what they are, wherever their file lies. */
export function certificateSetting(key: string, folder: string, path: string): Setting {
  const setting = pathSetting(key, folder, path);
  const certificates = readCertificates(placeOf(folder, path).absolute);
  if ('why' in certificates) return setting;
  const content = createHash('sha256').update(certificates.content.join('\n')).digest('hex');
  return { ...setting, content, text: `${setting.text} (content ${content.slice(0, 12)})` };
}

/** What differs between two lists of settings, in the order of the first. */
export function diffSettings(
  area: Difference['area'],
  name: string,
  a: readonly Setting[],
  b: readonly Setting[],
): readonly Difference[] {
  const differences: Difference[] = [];
  const open = [...b];
  for (const one of a) {
    const at = open.findIndex((other) => isCounterpart(one, other));
    const [other] = at < 0 ? [] : open.splice(at, 1);
    if (other === undefined) differences.push({ area, name, key: one.key, kind: 'only-in-a', a: one.text, b: null });
    else if (!meansTheSame(one, other))
      differences.push({ area, name, key: one.key, kind: 'changed', a: one.text, b: other.text });
  }
  for (const { key, text } of open) differences.push({ area, name, key, kind: 'only-in-b', a: null, b: text });
  return differences;
}

function isCounterpart(one: Setting, other: Setting): boolean {
  return one.key === other.key && (one.isEntry !== true || meansTheSame(one, other));
}

export function meansTheSame(one: Setting, other: Setting): boolean {
  if (one.content !== undefined && other.content !== undefined) return one.content === other.content;
  return one.meanings.some((meaning) => other.meanings.includes(meaning));
}
