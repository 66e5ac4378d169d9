/** A value that SQL takes and gives. */
export type SqlValue = string | number | null;

/**
 * What the SQL store needs of a database. Thin on purpose: SQLite now, PostgreSQL later. Statements use `?` for parameters and only
 * SQL that both understand; where they differ the driver has a method.
 */
export interface Driver {
  all<Row>(sql: string, ...values: readonly SqlValue[]): Promise<readonly Row[]>;
  get<Row>(sql: string, ...values: readonly SqlValue[]): Promise<Row | undefined>;
  /** Answers the number of rows changed. */
  run(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** `run` once for each row of values, in their order; answers the number of rows changed in all. */
  runMany(sql: string, rows: readonly (readonly SqlValue[])[]): Promise<number>;
  /** For `insert ... returning id`. */
  insert(sql: string, ...values: readonly SqlValue[]): Promise<number>;
  /** Reads in pages of some thousand rows; no write may happen on the rows read while it is open. */
  pages<Row>(sql: string, ...values: readonly SqlValue[]): AsyncIterable<readonly Row[]>;
  /** One at a time: the next begins when this one has ended. `undone`: called when it was rolled back, before the next begins. */
  transaction<T>(work: () => Promise<T>, undone?: () => void): Promise<T>;
  /** Writes a consistent copy of the whole as a file of its own, also while another process writes. The file must not be there, or be empty. */
  copyTo(file: string): Promise<void>;
  close(): Promise<void>;
}
