import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { DirbridgeError, messageOf } from '../errors.ts';
import { shippedRules } from '../rules/rule-set.ts';

/** Stands beside an exported dirbridge.yaml: by what it was written, and over which shipped rules it was made. */
export const EXPORT_MARK = 'exported-by.yaml';

const schema = z.strictObject({ dirbridge: z.string(), shippedRules: z.record(z.string(), z.string()) });
export type ExportMark = z.infer<typeof schema>;

/** How the shipped rules of this version differ from those that an export was made over. */
export interface ShippedComparison {
  /** The version that wrote the export. */
  readonly version: string;
  readonly changed: readonly string[];
  readonly onlyThere: readonly string[];
  readonly onlyHere: readonly string[];
}

const HEAD = `# Written by "dirbridge config export". "dirbridge config validate" and "config diff" compare it with the shipped rules of the
# Dirbridge that they belong to, and tell when those are others.
`;

export function markText(mark: ExportMark): string {
  return `${HEAD}${stringify(mark, { lineWidth: 0 })}`;
}

/** The fingerprints of the shipped rules as they are now, by name; none for a configuration without them. */
export function shippedFingerprints(rules: readonly string[]): Readonly<Record<string, string>> {
  if (!rules.includes('standard')) return {};
  const pairs = shippedRules().map(({ rule, fingerprint }) => [rule.name, fingerprint] as const);
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Null when the folder holds no export. Throws `config-invalid` for a mark that was written over. */
export function compareWithMark(folder: string): ShippedComparison | null {
  const mark = readMark(join(folder, EXPORT_MARK));
  if (mark === null) return null;
  const there = mark.shippedRules;
  const isWithout = Object.keys(there).length === 0;
  const here = isWithout ? {} : shippedFingerprints(['standard']);
  return {
    version: mark.dirbridge,
    changed: Object.keys(there).filter((name) => here[name] !== undefined && here[name] !== there[name]),
    onlyThere: Object.keys(there).filter((name) => here[name] === undefined),
    onlyHere: Object.keys(here).filter((name) => there[name] === undefined),
  };
}

function readMark(path: string): ExportMark | null {
  if (!existsSync(path)) return null;
  try {
    return schema.parse(parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it is not of the form that "config export" writes' : messageOf(cause);
    throw new DirbridgeError('config-invalid', `${path} cannot be used: ${why}`, {
      cause,
      remedy: 'Export the configuration again, or take the file out: it only tells whether shipped rules differ.',
    });
  }
}
