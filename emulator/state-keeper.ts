import { ChangeJournal } from './tenant/change-journal.ts';
import { writeStateFile } from './tenant/state-file.ts';
import type { Tenant } from './tenant/tenant.ts';

const SETTLE_MILLISECONDS = 1000;
/** A journal of this many bytes goes into the state file, even while changes keep coming. */
const LARGEST_JOURNAL = 64 * 1024 * 1024;

/** What the file holds besides the tenant's objects. */
export interface StateFrame {
  readonly generation: number;
  readonly [name: string]: unknown;
}

/** Keeps a tenant in its state file: each change in the journal at once, all of it in the file when changes have settled, and at the end. */
export class StateKeeper {
  readonly #file: string;
  readonly #log: (line: string) => void;
  readonly #journal: ChangeJournal;
  readonly #frame: () => StateFrame;
  #tenant: Tenant | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, frame: () => StateFrame, log: (line: string) => void) {
    this.#file = file;
    this.#frame = frame;
    this.#log = log;
    this.#journal = new ChangeJournal(file);
  }

  /** Keeps this tenant from now on. */
  watch(tenant: Tenant): void {
    this.#tenant = tenant;
    this.save();
    const { generation } = this.#frame();
    tenant.onChange((changes) => {
      if (this.#tenant !== tenant) return;
      this.#try(() => this.#journal.append(generation, changes));
      if (this.#journal.size > LARGEST_JOURNAL) this.save();
      else this.#schedule();
    });
  }

  /** Writes everything now: at the beginning, and when something changed that is no change of an object. */
  save(): void {
    this.#try(() => this.#write());
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#write();
    this.#journal.close();
  }

  #schedule(): void {
    if (this.#timer) {
      this.#timer.refresh();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.save();
    }, SETTLE_MILLISECONDS).unref();
  }

  #try(write: () => void): void {
    try {
      write();
    } catch (error) {
      this.#log(`the state file could not be written: ${String(error)}`);
    }
  }

  /** First the file, then the journal: in between, the journal's numbers say that the file has it all. */
  #write(): void {
    if (!this.#tenant) return;
    writeStateFile(this.#file, this.#tenant, this.#frame());
    this.#journal.clear();
  }
}
