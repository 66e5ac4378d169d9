import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ReadEvent } from '../../../connector.ts';
import { readCompanyConfiguration } from '../company-configuration.ts';
import { createProvisioningClient } from '../create-client.ts';
import { element, nilElement } from '../nbfx/xml-building.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import {
  company,
  contextFor,
  countedPace,
  fault,
  result,
  type ScriptedAnswer,
  type ScriptedService,
  sectionFor,
  startScriptedService,
} from '../trial/scripted-service.ts';
import { readObjects } from './read-objects.ts';

const READ = 'ReadBackAzureADSyncObjects2';
const HELD = JSON.stringify({ version: 'provisioning-1', tenant: 'tenant-id', cookie: 'aGVsZA==' });

let service: ScriptedService;
beforeEach(async () => {
  service = await startScriptedService(() => company(0));
});
afterEach(() => service.close());

function page(cookie: string, hasMore: boolean): ScriptedAnswer {
  return result(READ, [
    element('MoreData', String(hasMore)),
    element('OutputCookie', Buffer.from(cookie)),
    nilElement('ResultObjects'),
  ]);
}

const refusal = fault({ errorCode: '5', message: 'The synchronization cookie is not valid.' });

/** The events of a read whose pages the service answers in this order, the last of them for ever. */
async function read(watermark: string | null, pages: readonly ScriptedAnswer[]): Promise<readonly ReadEvent[]> {
  let count = 0;
  service.script = ({ action }) =>
    action === READ ? (pages[Math.min(count++, pages.length - 1)] ?? refusal) : company(0);
  const client = createProvisioningClient(sectionFor(service.url), contextFor(), countedPace());
  const readCompany = () => readCompanyConfiguration(client);
  const parts = { client, now: () => new Date(0), readCompany, readFacts: async () => ({}) };
  return Array.fromAsync(readObjects(parts, { watermark, attributes: [], references: [] }));
}

describe('a read of the tenant', () => {
  test('becomes a full one when its cookie is refused before anything was told', async () => {
    const [begin, end] = await read(HELD, [refusal, page('end', false)]);
    expect(begin).toMatchObject({ mode: 'full', reason: expect.stringContaining('refused its cookie') });
    expect(end).toMatchObject({ kind: 'end' });
  });

  test('tells of an object that it cannot name, and passes over kinds that are none of ours', async () => {
    const pair = (key: string, text: string) =>
      element('KeyValueOfstringanyType', [element('Key', key), element('Value', text)]);
    const object = (type: string, ...pairs: readonly XmlElement[]) =>
      element('AzureADSyncObject', [element('PropertyValues', pairs), element('SyncObjectType', type)]);
    const objects = [
      object('User', pair('SourceAnchor', 'ANN==')),
      object('PublicFolder', pair('CloudAnchor', 'PublicFolder_1')),
      object('User', pair('CloudAnchor', 'User_11111111-2222-3333-4444-555555555555')),
    ];
    const only = result(READ, [
      element('MoreData', 'false'),
      element('OutputCookie', Buffer.from('end')),
      element('ResultObjects', objects),
    ]);
    const [, told] = await read(null, [only]);
    expect(told).toMatchObject({ kind: 'page', changes: [{ anchor: '11111111-2222-3333-4444-555555555555' }] });
    expect(told).toMatchObject({ problems: [{ code: 'source-record-unreadable', anchor: null, name: 'ANN==' }] });
  });

  test.each([
    ['what changed', HELD],
    ['everything', null],
  ])('of %s whose place the service loses ends with what to do', async (_, watermark) => {
    const reading = read(watermark, [page('first', true), refusal]);
    await expect(reading).rejects.toMatchObject({
      code: 'provisioning-refused',
      message: expect.stringContaining('lost the place of our read before its end'),
      remedy: expect.stringContaining('dirbridge sync --full'),
    });
  });

  test('that is led in a circle ends, however long the circle is', async () => {
    const circle = Array.from({ length: 300 }, (_, at) => page(`place ${at % 7}`, true));
    await expect(read(null, circle)).rejects.toThrow('leads our read in a circle');
    expect(service.requests.filter(({ action }) => action === READ).length).toBeLessThan(10);
  });
});
