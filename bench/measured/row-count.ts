import { DatabaseSync } from 'node:sqlite';

/** Rows of one table that were written. */
export interface RowCount {
  readonly table: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

const VERBS = ['insert', 'update', 'delete'] as const;

/** Counts the rows of every table of a store that change while `work` runs, by triggers put in from a second connection. */
export async function countChangedRows(file: string, work: () => Promise<void>): Promise<readonly RowCount[]> {
  const tables = withConnection(file, putTriggers);
  await work();
  return withConnection(file, (database) => takeCounts(database, tables));
}

function withConnection<Result>(file: string, work: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function putTriggers(database: DatabaseSync): readonly string[] {
  const rows = database
    .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite%'")
    .all();
  const tables = rows.map((row) => String(row['name']));
  database.exec('create table bench_change (name text, verb text, changes integer, primary key (name, verb))');
  for (const table of tables) {
    for (const verb of VERBS) {
      database.exec(`insert into bench_change values ('${table}', '${verb}', 0)`);
      database.exec(`create trigger bench_${table}_${verb} after ${verb} on "${table}" begin
        update bench_change set changes = changes + 1 where name = '${table}' and verb = '${verb}'; end`);
    }
  }
  return tables;
}

function takeCounts(database: DatabaseSync, tables: readonly string[]): readonly RowCount[] {
  const rows = database.prepare('select name, verb, changes from bench_change where changes > 0').all();
  for (const table of tables) for (const verb of VERBS) database.exec(`drop trigger bench_${table}_${verb}`);
  database.exec('drop table bench_change');
  const changesOf = (table: string, verb: string): number =>
    Number(rows.find((row) => row['name'] === table && row['verb'] === verb)?.['changes'] ?? 0);
  return tables
    .map((table) => ({
      table,
      inserted: changesOf(table, 'insert'),
      updated: changesOf(table, 'update'),
      deleted: changesOf(table, 'delete'),
    }))
    .filter(({ inserted, updated, deleted }) => inserted + updated + deleted > 0);
}
