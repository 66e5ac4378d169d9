import type { Driver, SqlValue } from '../../src/store/driver.ts';
import { SqlStore } from '../../src/store/sql-store.ts';
import { openSqliteDriver } from '../../src/store/sqlite.ts';
import type { ApplyStore, Store } from '../../src/store/store.ts';
import type { Boundaries } from './boundary.ts';

/** The store of a file, as the command line opens it, that tells which boundaries are passed. */
export function openDeadlyStore(file: string, boundaries: Boundaries): Store {
  const driver = openSqliteDriver(file, { command: 'sync' });
  const store = new SqlStore(new WatchedDriver(driver, () => boundaries.pass('at a statement')));
  return watchIntents(store, boundaries);
}

function watchIntents(store: SqlStore, boundaries: Boundaries): Store {
  let writes: 'intents' | 'results' | null = null;
  const apply = overriding<ApplyStore>(store.apply, {
    addIntents: (intents) => {
      boundaries.pass('before the intent');
      writes = 'intents';
      return store.apply.addIntents(intents);
    },
    removeIntents: (ids) => {
      if (writes !== 'results') boundaries.pass('after the answer');
      writes = 'results';
      return store.apply.removeIntents(ids);
    },
  });
  return overriding<Store>(store, {
    apply,
    transaction: async (work) => {
      let written: typeof writes = null;
      const result = await store.transaction(async () => {
        writes = null;
        const done = await work();
        written = writes;
        if (writes === 'results') boundaries.pass('before the commit');
        return done;
      });
      if (written === 'intents') boundaries.pass('after the intent');
      if (written === 'results') boundaries.pass('after the commit');
      return result;
    },
  });
}

/** The object with some members in place of its own. */
function overriding<T extends object>(inner: T, members: Partial<T>): T {
  return new Proxy(inner, {
    get: (target, name) => {
      if (Object.hasOwn(members, name)) return Reflect.get(members, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A driver that says when it is asked for something. */
class WatchedDriver implements Driver {
  readonly #inner: Driver;
  readonly #onStatement: () => void;

  constructor(inner: Driver, onStatement: () => void) {
    this.#inner = inner;
    this.#onStatement = onStatement;
  }

  async copyTo(file: string): Promise<void> {
    await this.#inner.copyTo(file);
  }

  async all<Row>(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    this.#onStatement();
    return this.#inner.all<Row>(sql, ...values);
  }

  async get<Row>(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    this.#onStatement();
    return this.#inner.get<Row>(sql, ...values);
  }

  async run(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#onStatement();
    return this.#inner.run(sql, ...values);
  }

  async runMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    this.#onStatement();
    return this.#inner.runMany(sql, rows);
  }

  async insert(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    this.#onStatement();
    return this.#inner.insert(sql, ...values);
  }

  async *pages<Row>(sql: string, ...values: readonly SqlValue[]): AsyncIterable<readonly Row[]> {
    this.#onStatement();
    yield* this.#inner.pages<Row>(sql, ...values);
  }

  transaction<T>(work: () => Promise<T>, undone?: () => void): Promise<T> {
    return this.#inner.transaction(async () => {
      const result = await work();
      this.#onStatement();
      return result;
    }, undone);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}
