import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { DirbridgeError } from '../errors.ts';

/** The keys of a configuration file or of a section of one, as they are written. */
export type Keys = Record<string, unknown>;

/**
 * The keys of a file as they stand there: also where they repeat a default, which may be another one in another version. What an alias stands for is there each time
 * anew, so that it can be changed at one place alone. Throws `config-invalid` for what is no YAML with keys.
 */
export function readKeys(file: string): Keys {
  const document = parseDocument(readFileSync(file, 'utf8'));
  const keys: unknown = document.errors.length > 0 ? null : document.toJS();
  if (typeof keys === 'object' && keys !== null) return JSON.parse(JSON.stringify(keys));
  throw new DirbridgeError(
    'config-invalid',
    `${file} is no configuration: ${document.errors[0]?.message ?? 'it is empty'}`,
  );
}

/** Sets the value at a path of keys, making what is missing on the way; undefined takes the key out. */
export function setAt(keys: Keys, path: readonly string[], value: unknown): void {
  const [first, ...rest] = path;
  if (first === undefined) return;
  if (rest.length === 0) {
    if (value === undefined) delete keys[first];
    else keys[first] = value;
    return;
  }
  const inner = keys[first];
  if (typeof inner === 'object' && inner !== null) setAt(inner as Keys, rest, value);
  else if (value !== undefined) {
    const made: Keys = {};
    keys[first] = made;
    setAt(made, rest, value);
  }
}
