import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphClient } from '../graph-client.ts';
import { node } from './nbfx/encode-message.ts';
import { type CallChanges, credentialOf, credentialsBody, ServiceClient } from './service-client.ts';

let graph: GraphClient;
let service: ServiceClient;
const log: string[] = [];

beforeAll(async () => {
  graph = await GraphClient.start({
    log: (line) => log.push(line),
    seed: { tenant: { synchronization: { isEnabled: true, features: 41_017 } } },
  });
  service = new ServiceClient(graph);
  await service.token();
});

afterAll(() => graph.close());

/** Bytes changed, taken out or put in at some places of the message. */
const mutation = fc
  .array(fc.tuple(fc.double({ min: 0, max: 0.999, noNaN: true }), fc.nat(255), fc.constantFrom('set', 'cut', 'add')), {
    minLength: 1,
    maxLength: 3,
  })
  .map((edits) => (bytes: Buffer): Buffer => {
    let changed = bytes;
    for (const [where, value, how] of edits) {
      const at = Math.floor(where * changed.length);
      const rest = changed.subarray(how === 'add' ? at : at + 1);
      const middle = how === 'cut' ? [] : [Buffer.of(value)];
      changed = Buffer.concat([changed.subarray(0, at), ...middle, rest]);
    }
    return changed;
  });

test('a message that is damaged anywhere is answered or refused in the words of the service, never by a defect', async () => {
  await fc.assert(
    fc.asyncProperty(mutation, fc.boolean(), async (bytes, isObject) => {
      const changes: CallChanges = { bytes };
      const { status } = isObject
        ? await service.call('SetCompanyDirsyncFeatures', [node('dirsyncFeatures', 41_017)], changes)
        : await service.call(
            'ProvisionCredentials',
            credentialsBody([{ sourceAnchor: 'x==', credential: credentialOf('x', 1) }]),
            changes,
          );
      expect([200, 400, 500]).toContain(status);
    }),
    { numRuns: 300 },
  );
  expect(log.filter((line) => line.startsWith('failed at'))).toEqual([]);
});
