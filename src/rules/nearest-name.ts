/** ` Did you mean "NAME"?` for the known name that a mistyped one comes nearest to; empty when none is near. */
export function suggestNearest(given: string, known: readonly string[]): string {
  const name = nearestName(given, known);
  return name === null ? '' : ` Did you mean "${name}"?`;
}

/** Fewer letters are the beginning of too much. */
const SHORTEST_BEGINNING = 4;

/**
 * The known name that a mistyped one comes nearest to, without regard to case; else one that begins like it; null when none is near. `least`: so
 * many letters may always differ.
 */
export function nearestName(given: string, known: readonly string[], least = 2): string | null {
  const folded = given.toLowerCase();
  const begins = (name: string): boolean => name.toLowerCase().startsWith(folded);
  let best: { readonly name: string; readonly steps: number } | null = null;
  for (const name of known) {
    const steps = stepsBetween(folded, name.toLowerCase());
    if (best === null || steps < best.steps || (steps === best.steps && begins(name) && !begins(best.name)))
      best = { name, steps };
  }
  if (best === null) return null;
  const limit = Math.max(least, Math.floor(given.length / 3));
  // When every letter differs nothing is near, however short the names are.
  if (best.steps <= limit && best.steps < given.length) return best.name;
  return given.length < SHORTEST_BEGINNING ? null : ([...known].find(begins) ?? null);
}

/** How many letters have to be added, dropped or exchanged to come from one text to the other. */
function stepsBetween(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_empty, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const exchanged = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, exchanged));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
