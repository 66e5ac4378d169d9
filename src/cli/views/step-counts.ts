import { formatNumber } from '../terminal/words.ts';

/** `added 51, changed 2`: the counts of a step that are not zero. */
export function stepCounts(counts: Readonly<Record<string, number>>): string {
  const told = Object.entries(counts).filter(([, count]) => count !== 0);
  return told.length === 0
    ? 'no change'
    : told.map(([name, count]) => `${toWords(name)} ${formatNumber(count)}`).join(', ');
}

/** `referencesAdded` to `references added`. */
function toWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
