/**
 * Keeps writes to one object apart once the tenant has said that they are in each other's way (409
 * Directory_ConcurrencyViolation): from then on one at a time, whatever goes on with other objects.
 */
export class Contention {
  readonly #contested = new Set<string>();
  /** Writes that have not come back, by their object. */
  readonly #underway = new Map<string, number>();

  /** The tenant has refused a write to this object because of another one. */
  note(object: string | null): void {
    if (object !== null) this.#contested.add(object);
  }

  /** The first of `due` that may go out together, in their order. `objectOf`: null for what is only being made. */
  choose<Item>(due: readonly Item[], objectOf: (item: Item) => string | null, most: number): readonly Item[] {
    const chosen: Item[] = [];
    const taken = new Set<string>();
    for (const item of due) {
      if (chosen.length === most) break;
      const object = objectOf(item);
      if (object !== null && this.#contested.has(object)) {
        if (taken.has(object) || this.#underway.has(object)) continue;
        taken.add(object);
      }
      chosen.push(item);
    }
    return chosen;
  }

  start(objects: readonly (string | null)[]): void {
    for (const object of objects) {
      if (object !== null) this.#underway.set(object, (this.#underway.get(object) ?? 0) + 1);
    }
  }

  finish(objects: readonly (string | null)[]): void {
    for (const object of objects) {
      if (object === null) continue;
      const left = (this.#underway.get(object) ?? 0) - 1;
      if (left > 0) this.#underway.set(object, left);
      else this.#underway.delete(object);
    }
  }
}
