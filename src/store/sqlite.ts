import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import process from 'node:process';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import { DirbridgeError, messageOf } from '../errors.ts';
import type { Driver, SqlValue } from './driver.ts';
import { SqlStore } from './sql-store.ts';
import { isBusy, toStoreError } from './sqlite-failure.ts';
import type { Store } from './store.ts';

const PAGE = 2000;
const RETURNING = / returning id\s*$/;
const MIGRATIONS = new URL('./migrations/', import.meta.url);

class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #statements = new Map<string, StatementSync>();
  readonly #release: () => void;
  /** The end of the last transaction asked for: one connection carries one at a time, and apply asks for them from two sides. */
  #lastTransaction: Promise<unknown> = Promise.resolve();

  constructor(database: DatabaseSync, file: string, release: () => void) {
    this.#database = database;
    this.#file = file;
    this.#release = release;
  }

  #statement(sql: string, without?: RegExp): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(without === undefined ? sql : sql.replace(without, ''));
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  async all<Row>(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]> {
    return this.#tell(() => this.#statement(sql).all(...values) as Row[]);
  }

  async get<Row>(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined> {
    return this.#tell(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  async run(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    return this.#tell(() => Number(this.#statement(sql).run(...values).changes));
  }

  async runMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number> {
    if (rows.length === 0) return 0;
    const statement = this.#statement(sql);
    let changes = 0;
    for (const row of rows) changes += Number(statement.run(...row).changes);
    return changes;
  }

  async insert(sql: string, ...values: readonly SqlValue[]): Promise<number> {
    // SQLite knows the number of the last row without the detour that `returning` takes.
    return this.#tell(() => Number(this.#statement(sql, RETURNING).run(...values).lastInsertRowid));
  }

  /** A full disk and the like are told as what they are. */
  #tell<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw toStoreError(error, this.#file);
    }
  }

  async *pages<Row>(sql: string, ...values: readonly SqlValue[]): AsyncIterable<readonly Row[]> {
    // A statement of its own: a cached one could be asked again while it is still being read.
    let page: Row[] = [];
    for (const row of this.#database.prepare(sql).iterate(...values)) {
      page.push(row as Row);
      if (page.length < PAGE) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  }

  async transaction<T>(work: () => Promise<T>, undone: () => void = () => undefined): Promise<T> {
    const turn = this.#lastTransaction.then(
      () => this.#transact(work, undone),
      () => this.#transact(work, undone),
    );
    this.#lastTransaction = turn;
    return turn;
  }

  async #transact<T>(work: () => Promise<T>, undone: () => void): Promise<T> {
    this.#tell(() => this.#database.exec('begin immediate'));
    try {
      const result = await work();
      this.#tell(() => this.#database.exec('commit'));
      // SQLite never waits, so without this neither signals nor timers would be heard while a long step runs.
      await letOthersRun();
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback');
      undone();
      throw error;
    }
  }

  async copyTo(file: string): Promise<void> {
    // One read transaction, so what is written meanwhile is not in it, or not by half; and what the file has lost in deleted rows is left out.
    try {
      this.#database.prepare('vacuum into ?').run(file);
    } catch (error) {
      throw toStoreError(error, file);
    }
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#database.close();
    this.#release();
  }
}

export interface OpenOptions {
  /** What this process does, for the message to a second one. */
  readonly command: string;
  /** Only reads: any number of processes may, beside the one that writes. */
  readonly readOnly?: boolean;
  /** This process has the write lock already. */
  readonly holdsLock?: boolean;
}

/**
 * Opens the store in an SQLite file (`:memory:` for tests), made when it is not there. A second writer is refused with `store-locked`, naming the first;
 * a file of a newer version with `store-version`; anything that is no store with `store-damaged`; a file, folder or disk that cannot be written,
 * now or later, with `store-unwritable`.
 */
export async function openSqliteStore(file: string, options: OpenOptions): Promise<Store> {
  return new SqlStore(openSqliteDriver(file, options));
}

/** The same without the store above it. */
export function openSqliteDriver(file: string, options: OpenOptions): Driver {
  const inMemory = file === ':memory:';
  if (!inMemory) makeFolder(dirname(file));
  const release =
    inMemory || options.readOnly || options.holdsLock ? () => undefined : lockStore(file, options.command);
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(file);
    refuseOthers(database, file);
    // A reader that finds an older format is the writer for a moment.
    migrate(
      database,
      file,
      options.readOnly && !inMemory ? () => lockStore(file, options.command) : () => () => undefined,
    );
    return new SqliteDriver(database, file, release);
  } catch (error) {
    database?.close();
    release();
    const told = toStoreError(error, file);
    if (told instanceof DirbridgeError) throw told;
    throw new DirbridgeError('store-damaged', `${file} cannot be used as a store: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new DirbridgeError(
      'store-unwritable',
      `the folder ${folder} of the store cannot be made: ${messageOf(error)}`,
      {
        cause: error,
        remedy: 'Name a folder in the configuration (store: sqlite:PATH) in which this account may write.',
      },
    );
  }
}

/** Whether there is a store in this file. */
export function storeExists(file: string): boolean {
  return existsSync(file);
}

/** Reads a whole store file, every page and every index, and tells the first things that are wrong with it. Throws what SQLite throws. */
export function findDamage(file: string): readonly string[] {
  const database = new DatabaseSync(file);
  try {
    const rows = database.prepare('pragma integrity_check(5)').all() as { readonly integrity_check: string }[];
    const problems = rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
    const ours = database.prepare(`select 1 from sqlite_master where type = 'table' and name = 'metaverse'`).get();
    return problems.length > 0 || ours !== undefined ? problems : ['it is not a store of dirbridge'];
  } finally {
    database.close();
  }
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = normal');
  // A first import writes the same pages again and again: copying them into the file each 4 MB, as is the default, costs more than the import.
  database.exec('pragma wal_autocheckpoint = 16384');
  database.exec('pragma cache_size = -49152');
  database.exec('pragma temp_store = file');
  database.exec('pragma foreign_keys = off');
  return database;
}

function formatOf(database: DatabaseSync): number {
  return (database.prepare('pragma user_version').get() as { readonly user_version: number }).user_version;
}

/** A database of another program must not become a store by having tables added to it. */
function refuseOthers(database: DatabaseSync, file: string): void {
  const names = database.prepare(`select name from sqlite_master where type = 'table'`).all() as { name: string }[];
  const isOurs = names.some((table) => table.name === 'metaverse') && formatOf(database) > 0;
  if (names.length > 0 && !isOurs)
    throw new DirbridgeError('store-damaged', `${file} is a database of another program, not a store`);
}

function migrate(database: DatabaseSync, file: string, lockFile: () => () => void): void {
  const format = formatOf(database);
  const scripts = readdirSync(MIGRATIONS)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort();
  if (format > scripts.length) {
    throw new DirbridgeError(
      'store-version',
      `${file} was written by a newer dirbridge (its format is ${format}, ours is ${scripts.length})`,
    );
  }
  if (format === scripts.length) return;
  const release = lockFile();
  try {
    for (const [index, name] of scripts.entries()) {
      if (index < format) continue;
      database.exec('begin immediate');
      database.exec(readFileSync(new URL(name, MIGRATIONS), 'utf8'));
      database.exec(`pragma user_version = ${index + 1}`);
      database.exec('commit');
    }
  } finally {
    release();
  }
}

interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly command: string;
  readonly since: string;
}

/**
 * Takes the write lock of a store: a reserved lock on a small database beside it. The operating system gives it back when we die, however we die,
 * and the row inside, written before, tells a second process who holds it.
 */
export function lockStore(file: string, command: string): () => void {
  makeFolder(dirname(file));
  const database = openLock(`${file}.lock`);
  try {
    database.exec('create table if not exists owner (pid integer, host text, command text, since text)');
    database.exec('begin immediate');
    database.exec('delete from owner');
    database
      .prepare('insert into owner values (?, ?, ?, ?)')
      .run(process.pid, hostname(), command, new Date().toISOString());
    database.exec('commit');
    database.exec('begin immediate');
  } catch (error) {
    const owner = isBusy(error) ? readOwner(database) : undefined;
    database.close();
    if (!isBusy(error)) throw toStoreError(error, `${file}.lock`);
    const who = owner
      ? `"dirbridge ${owner.command}" (process ${owner.pid} on ${owner.host}, since ${owner.since})`
      : 'another dirbridge process';
    throw new DirbridgeError('store-locked', `the store ${file} is in use by ${who}`, { cause: error });
  }
  return () => database.close();
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw toStoreError(error, file);
  }
}

function readOwner(database: DatabaseSync): Owner | undefined {
  try {
    return database.prepare('select pid, host, command, since from owner').get() as Owner | undefined;
  } catch {
    return undefined;
  }
}
