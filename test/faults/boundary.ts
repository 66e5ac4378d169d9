/** Where a write can be when the process dies, in the order in which it passes them; last, any statement of the store. */
export const WRITE_BOUNDARIES = [
  'before the intent',
  'after the intent',
  'after sending',
  'after the answer',
  'before the commit',
  'after the commit',
  'at a statement',
] as const;

/** The same of the password cycle that follows. */
export const PASSWORD_BOUNDARIES = [
  'before passwords are sent',
  'after passwords were sent',
  'at a statement about passwords',
] as const;
export const BOUNDARIES = [...WRITE_BOUNDARIES, ...PASSWORD_BOUNDARIES] as const;
export type Boundary = (typeof BOUNDARIES)[number];

/** The moment at which a process is to die: when it passes the boundary for the `time`th time, counted from 1. */
export interface Death {
  readonly at: Boundary;
  readonly time: number;
}

/** Counts the boundaries that are passed, and ends the process at the chosen one. */
export class Boundaries {
  readonly passed: Record<Boundary, number> = {
    'before the intent': 0,
    'after the intent': 0,
    'after sending': 0,
    'after the answer': 0,
    'before the commit': 0,
    'after the commit': 0,
    'at a statement': 0,
    'before passwords are sent': 0,
    'after passwords were sent': 0,
    'at a statement about passwords': 0,
  };
  readonly #death: Death | null;
  readonly #die: () => void;
  /** Of which cycle the statements are. */
  isAboutPasswords = false;

  /** `die` must not return before the process is gone. */
  constructor(death: Death | null, die: () => void) {
    this.#death = death;
    this.#die = die;
  }

  passStatement(): void {
    this.pass(this.isAboutPasswords ? 'at a statement about passwords' : 'at a statement');
  }

  pass(boundary: Boundary): void {
    this.passed[boundary]++;
    if (this.#death?.at === boundary && this.#death.time === this.passed[boundary]) this.#die();
  }
}
