import { CERTIFICATE_FUNCTIONS } from './certificates.ts';
import { CONVERSION_FUNCTIONS } from './conversion.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import type { FunctionDefinition } from './definition.ts';
import { DIRECTORY_FUNCTIONS } from './directory.ts';
import { LIST_FUNCTIONS } from './lists.ts';
import type { FunctionSignature } from './signature.ts';
import { SPECIAL_FUNCTIONS } from './special.ts';
import { BIT_FUNCTIONS, TEST_FUNCTIONS } from './tests.ts';
import { TEXT_FUNCTIONS } from './text.ts';

/** Every function of the language, by name. */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...TEXT_FUNCTIONS,
    ...CONVERSION_FUNCTIONS,
    ...DATE_FUNCTIONS,
    ...DIRECTORY_FUNCTIONS,
    ...TEST_FUNCTIONS,
    ...BIT_FUNCTIONS,
    ...LIST_FUNCTIONS,
    ...CERTIFICATE_FUNCTIONS,
    ...SPECIAL_FUNCTIONS,
  ].map((definition) => [definition.name, definition]),
);

/** Why there is no function of this name, for a person. */
export function explainUnknownFunction(name: string): string {
  const nearest = nearestFunction(name);
  return `There is no function "${name}"${nearest ? `; did you mean ${nearest}?` : '.'} Upper and lower case matter.`;
}

export function signatureOf(name: string): FunctionSignature | undefined {
  return FUNCTIONS.get(name);
}

/** The function whose name looks most like this one, null when none does. */
function nearestFunction(name: string): string | null {
  const lower = name.slice(0, 40).toLowerCase();
  let best: { readonly name: string; readonly distance: number } | null = null;
  for (const known of FUNCTIONS.keys()) {
    const distance = editDistance(lower, known.toLowerCase());
    if (!best || distance < best.distance) best = { name: known, distance };
  }
  return best && best.distance <= Math.max(1, Math.floor(lower.length / 3)) ? best.name : null;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_empty, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
