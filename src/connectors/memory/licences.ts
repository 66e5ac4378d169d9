import { type Licence, licenceName } from '../../model/licence.ts';
import type { WriteFailure } from '../connector.ts';

interface RefusedLicence {
  readonly licence: string;
  readonly failure: WriteFailure;
}

/** Who holds which licences, and how many may. */
export class MemoryLicences {
  readonly #held = new Map<string, readonly Licence[]>();
  readonly #seats = new Map<string, number>();

  of(user: string): readonly Licence[] {
    return this.#held.get(user) ?? [];
  }

  set(user: string, licences: readonly Licence[]): void {
    this.#held.set(
      user,
      [...licences].sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
  }

  setSeats(licence: string, seats: number): void {
    this.#seats.set(licence, seats);
  }

  /** Gives what there is a seat for and answers the rest. */
  give(user: string, licences: readonly Licence[]): readonly RefusedLicence[] {
    const refused = licences.filter(({ id }) => !this.#holds(user, id) && this.#count(id) >= this.#seatsOf(id));
    const given = licences.filter((one) => !refused.includes(one));
    const others = this.of(user).filter(({ id }) => !given.some((one) => one.id === id));
    this.set(user, [...others, ...given]);
    return refused.map((one) => ({ licence: one.id, failure: noSeat(one) }));
  }

  #seatsOf(licence: string): number {
    return this.#seats.get(licence) ?? Number.POSITIVE_INFINITY;
  }

  #holds(user: string, licence: string): boolean {
    return this.of(user).some(({ id }) => id === licence);
  }

  #count(licence: string): number {
    return [...this.#held.keys()].filter((user) => this.#holds(user, licence)).length;
  }
}

function noSeat(licence: Licence): WriteFailure {
  const name = licenceName(licence);
  return {
    code: 'noSeat',
    message: `No seat of ${name} is left.`,
    cause: `no seat of ${name} is left`,
    remedy: `Free a seat of ${name} or buy one.`,
  };
}
