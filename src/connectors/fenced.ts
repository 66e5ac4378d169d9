import type { TargetConnector, TargetWrite, WriteResult } from './connector.ts';

/**
 * A target that asks before each chunk of writes whether this server may still write: another one may have taken over meanwhile. `requireRight` throws
 * where it may not; what was handed over before is sent and answered as ever.
 */
export function fenceWrites(target: TargetConnector, requireRight: () => Promise<void>): TargetConnector {
  return new Proxy(target, {
    get(original, key) {
      if (key === 'write')
        return (chunks: AsyncIterable<readonly TargetWrite[]>): AsyncIterable<readonly WriteResult[]> =>
          original.write(fenced(chunks, requireRight));
      const value: unknown = Reflect.get(original, key, original);
      return typeof value === 'function' ? value.bind(original) : value;
    },
  });
}

async function* fenced(
  chunks: AsyncIterable<readonly TargetWrite[]>,
  requireRight: () => Promise<void>,
): AsyncIterable<readonly TargetWrite[]> {
  await requireRight();
  for await (const chunk of chunks) {
    yield chunk;
    await requireRight();
  }
}
