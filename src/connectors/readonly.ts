import { DirbridgeError } from '../errors.ts';
import type { ObjectChange } from '../model/change.ts';
import type {
  CheckLine,
  ReadEvent,
  ReadRequest,
  RoleHolders,
  SettledWrite,
  TargetConnector,
  TargetSchema,
  TargetWrite,
  WriteResult,
} from './connector.ts';

/**
 * A target that is read and checked as ever, but cannot be written to: staging mode. The engine must not get as far as a write then,
 * so a call of `write` is a bug of ours; it throws before it pulls a single chunk, and nothing is sent.
 */
export function makeReadonly(target: TargetConnector): TargetConnector {
  return new ReadonlyTarget(target);
}

class ReadonlyTarget implements TargetConnector {
  readonly #target: TargetConnector;

  constructor(target: TargetConnector) {
    this.#target = target;
  }

  get name(): string {
    return this.#target.name;
  }

  get kind(): string {
    return this.#target.kind;
  }

  get schema(): TargetSchema {
    return this.#target.schema;
  }

  get chunkSize(): number {
    return this.#target.chunkSize;
  }

  check(): AsyncIterable<CheckLine> {
    return this.#target.check();
  }

  read(request: ReadRequest): AsyncIterable<ReadEvent> {
    return this.#target.read(request);
  }

  fetch(anchors: readonly string[], request: ReadRequest): AsyncIterable<readonly ObjectChange[]> {
    return this.#target.fetch(anchors, request);
  }

  /** As of a target without such roles when the target has none. */
  async readRoleHolders(): Promise<RoleHolders> {
    return (await this.#target.readRoleHolders?.()) ?? { isKnown: true, holders: [] };
  }

  settle(writes: readonly TargetWrite[]): AsyncIterable<readonly SettledWrite[]> {
    return this.#target.settle(writes);
  }

  write(_chunks: AsyncIterable<readonly TargetWrite[]>): AsyncIterable<readonly WriteResult[]> {
    throw new DirbridgeError(
      'bug',
      `Something was about to be written to ${this.name} in staging mode. Nothing was sent.`,
    );
  }

  close(): Promise<void> {
    return this.#target.close();
  }
}
