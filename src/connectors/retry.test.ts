import { describe, expect, it } from 'vitest';
import { DirbridgeError, type ErrorCode } from '../errors.ts';
import type { Connector, ReadEvent } from './connector.ts';
import { createMemoryConnector } from './memory/connector.ts';
import { retryReads } from './retry.ts';

/** A connector whose reads break `times` times, after so many events. */
function breaking(times: number, afterEvents: number, code: ErrorCode = 'directory-unreachable') {
  const inner = createMemoryConnector('corp');
  inner.put({ anchor: 'a', type: 'user' });
  let left = times;
  const counts = { reads: 0 };
  const read: Connector['read'] = async function* (request) {
    counts.reads++;
    let events = 0;
    const breaks = left-- > 0;
    for await (const event of inner.read(request)) {
      if (breaks && events++ === afterEvents) throw new DirbridgeError(code, 'broken on purpose');
      yield event;
    }
  };
  const connector: Connector = {
    name: 'corp',
    kind: 'memory',
    check: () => inner.check(),
    read,
    fetch: (anchors, request) => inner.fetch(anchors, request),
    close: () => inner.close(),
  };
  return { connector, counts };
}

async function kindsOf(connector: Connector): Promise<readonly string[]> {
  const events: ReadEvent[] = [];
  for await (const event of connector.read({ watermark: null, attributes: [], references: [] })) events.push(event);
  return events.map((event) => event.kind);
}

describe('a connector with retries', () => {
  it('begins a read again that broke before it began, after the waits it was given', async () => {
    const { connector, counts } = breaking(2, 0);
    const waited: number[] = [];
    const patient = retryReads(connector, { waits: [10, 20, 30], wait: async (delay) => waited.push(delay) });
    expect(await kindsOf(patient)).toEqual(['begin', 'page', 'end']);
    expect([counts.reads, waited]).toEqual([3, [10, 20]]);
  });

  it('gives up after the last wait with the error itself', async () => {
    const { connector, counts } = breaking(9, 0);
    const patient = retryReads(connector, { waits: [1, 1], wait: async () => undefined });
    await expect(kindsOf(patient)).rejects.toMatchObject({ code: 'directory-unreachable' });
    expect(counts.reads).toBe(3);
  });

  it('never repeats a read that has begun', async () => {
    const { connector, counts } = breaking(1, 1);
    await expect(kindsOf(retryReads(connector, { waits: [1], wait: async () => undefined }))).rejects.toThrow();
    expect(counts.reads).toBe(1);
  });

  it('does not repeat what would fail again', async () => {
    const { connector, counts } = breaking(1, 0, 'directory-credentials');
    await expect(kindsOf(retryReads(connector, { waits: [1], wait: async () => undefined }))).rejects.toThrow();
    expect(counts.reads).toBe(1);
  });

  it('passes everything else through', async () => {
    const connector = retryReads(createMemoryConnector('corp'));
    connector.put({ anchor: 'a', type: 'user' });
    expect([connector.name, connector.directory.size]).toEqual(['corp', 1]);
  });
});
