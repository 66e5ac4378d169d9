/** Hands over results from where they arise to where they are awaited. */
export class EventQueue<Item> {
  #items: Item[] = [];
  #wake: (() => void) | null = null;
  #end: { readonly error: unknown } | 'done' | null = null;

  get size(): number {
    return this.#items.length;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** After what is there already, the reader ends, or throws `error`. */
  end(error?: unknown): void {
    this.#end ??= error === undefined ? 'done' : { error };
    this.#wake?.();
  }

  /** All items that are there, as soon as there is one. */
  async *read(): AsyncGenerator<readonly Item[]> {
    for (;;) {
      if (this.#items.length > 0) {
        const items = this.#items;
        this.#items = [];
        yield items;
      } else if (this.#end !== null) {
        if (this.#end !== 'done') throw this.#end.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = null;
      }
    }
  }
}

/** Lets one loop sleep until something happens or a time has passed, whichever comes first. */
export class Bell {
  #rung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Returns at once when it rang since the last wait. */
  async wait(timeout: Promise<void> | null): Promise<void> {
    if (!this.#rung) {
      const rung = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await (timeout === null ? rung : Promise.race([rung, timeout]));
      this.#wake = null;
    }
    this.#rung = false;
  }
}
