import { writeStateFile } from './tenant/state-file.ts';
import type { Tenant } from './tenant/tenant.ts';

const SETTLE_MILLISECONDS = 1000;

/** Writes the state file when changes have settled, and at the end. */
export class StateKeeper {
  readonly #file: string;
  readonly #log: (line: string) => void;
  #tenant: Tenant | undefined;
  #frame: () => Readonly<Record<string, unknown>> = () => ({});
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, log: (line: string) => void) {
    this.#file = file;
    this.#log = log;
  }

  /** Keeps this tenant from now on. `frame`: what the file holds besides its objects. */
  watch(tenant: Tenant, frame: () => Readonly<Record<string, unknown>>): void {
    this.#tenant = tenant;
    this.#frame = frame;
    tenant.onChange(() => {
      if (this.#tenant === tenant) this.#schedule();
    });
    this.#schedule();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#write();
  }

  #schedule(): void {
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      try {
        this.#write();
      } catch (error) {
        this.#log(`the state file could not be written: ${String(error)}`);
      }
    }, SETTLE_MILLISECONDS).unref();
  }

  #write(): void {
    if (this.#tenant) writeStateFile(this.#file, this.#tenant, this.#frame());
  }
}
