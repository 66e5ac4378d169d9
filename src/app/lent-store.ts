import type { Store } from '../store/store.ts';

/**
 * One open store for several pieces of work of one process that may run beside each other: opened by the first, closed by the last. Its transactions
 * wait for each other; a second connection to the same file would have to wait for the first without letting it go on.
 */
export class LentStore {
  readonly #open: () => Promise<Store>;
  #store: Promise<Store> | null = null;
  #users = 0;

  constructor(open: () => Promise<Store>) {
    this.#open = open;
  }

  /** Closing what it answers gives it back. */
  async take(): Promise<Store> {
    this.#store ??= this.#open();
    this.#users++;
    try {
      return this.#lend(await this.#store);
    } catch (error) {
      this.#users--;
      if (this.#users === 0) this.#store = null;
      throw error;
    }
  }

  #lend(store: Store): Store {
    let isLent = true;
    const close = async (): Promise<void> => {
      if (!isLent) return;
      isLent = false;
      if (--this.#users > 0) return;
      this.#store = null;
      await store.close();
    };
    return new Proxy(store, {
      get: (inner, property) => {
        if (property === 'close') return close;
        const value: unknown = Reflect.get(inner, property, inner);
        return typeof value === 'function' ? value.bind(inner) : value;
      },
    });
  }
}
