/** One operation: a request of its own or an item of a batch. `path` is below the version. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; undefined without a body. */
  readonly body: unknown;
  readonly origin: string;
}
