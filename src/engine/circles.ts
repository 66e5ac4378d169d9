type Waits = ReadonlyMap<number, ReadonlySet<number>>;

interface Step {
  readonly id: number;
  readonly next: readonly number[];
  at: number;
}

/**
 * Circles among operations that wait for each other, no two of which share an operation; when these are broken there may be others.
 * `compare` puts operations in an order that does not depend on their numbers. Without recursion: a chain may have 100,000 links.
 */
export function findCircles(after: Waits, compare: (a: number, b: number) => number): readonly (readonly number[])[] {
  const done = new Set<number>();
  const taken = new Set<number>();
  const circles: (readonly number[])[] = [];
  const step = (id: number): Step => ({ id, next: [...(after.get(id) ?? [])].sort(compare), at: 0 });
  for (const start of [...after.keys()].sort(compare)) {
    if (done.has(start)) continue;
    const path: Step[] = [step(start)];
    const places = new Map([[start, 0]]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.next[top.at++];
      if (next === undefined) {
        path.pop();
        places.delete(top.id);
        done.add(top.id);
        continue;
      }
      const place = places.get(next);
      if (place !== undefined) {
        const circle = path.slice(place).map((one) => one.id);
        if (circle.some((id) => taken.has(id))) continue;
        for (const id of circle) taken.add(id);
        circles.push(circle);
      } else if (!done.has(next)) {
        places.set(next, path.length);
        path.push(step(next));
      }
    }
  }
  return circles;
}

/** How many others have to be carried out one after the other before each operation. There must be no circle. */
export function levelsOf(after: Waits): ReadonlyMap<number, number> {
  const levels = new Map<number, number>();
  for (const start of after.keys()) {
    const path = [start];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const open = [...(after.get(top) ?? [])].filter((one) => !levels.has(one));
      if (open.length > 0) {
        path.push(...open);
        continue;
      }
      path.pop();
      let level = 0;
      for (const on of after.get(top) ?? []) level = Math.max(level, (levels.get(on) ?? 0) + 1);
      levels.set(top, level);
    }
  }
  return levels;
}
