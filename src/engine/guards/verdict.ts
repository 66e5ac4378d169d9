import type { GuardVerdict } from '../../model/plan.ts';

/** So many objects a verdict names. */
export const OBJECTS_NAMED = 10;

export function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.round((part / whole) * 1000) / 10;
}

/** `deletes 1 user`, `deletes 2 users`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first names in their order, of as many as are told, without holding all of them. */
export class FirstNames {
  #names: string[] = [];

  add(name: string): void {
    const last = this.#names.at(-1);
    if (this.#names.length >= OBJECTS_NAMED && last !== undefined && name >= last) return;
    if (this.#names.includes(name)) return;
    this.#names = [...this.#names, name].sort().slice(0, OBJECTS_NAMED);
  }

  get names(): readonly string[] {
    return this.#names;
  }
}

/** Names for a verdict only when it stops the plan: that is when somebody reads them. */
export function named(verdict: Omit<GuardVerdict, 'objects'>, objects: readonly string[] = []): GuardVerdict {
  return { ...verdict, objects: verdict.blocked ? objects : [] };
}
