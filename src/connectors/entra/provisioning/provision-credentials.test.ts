import { expect, test } from 'vitest';
import type { PasswordWrite } from '../../connector.ts';
import { element } from './nbfx/xml-building.ts';
import type { XmlElement } from './nbfx/xml-tree.ts';
import { readOutcomes } from './provision-credentials.ts';

const IDS = ['10000000-0000-0000-0000-000000000000', '20000000-0000-0000-0000-000000000000'];
const WRITES = IDS.map(
  (id): PasswordWrite => ({
    anchor: id,
    targetId: id,
    credential: new Uint8Array(),
    changedAt: '2026-01-01T00:00:00Z',
    forceChange: false,
  }),
);

function answer(...pairs: readonly (readonly [string, string])[]): XmlElement {
  const items = pairs.map(([anchor, code]) =>
    element('SyncCredentialsChangeResult', [element('CloudAnchor', anchor), element('Result', code)]),
  );
  return element('ProvisionCredentialsResult', [element('Results', items)]);
}

test('a result that names somebody else is nobody of ours, wherever it stands', () => {
  const outcomes = readOutcomes(answer(['User_3', '0'], ['User_4', '0']), WRITES);
  expect(outcomes).toEqual([undefined, undefined]);
});

test('a user who is named twice with different results is not counted as sent', () => {
  const twice = answer([`User_${IDS[0]}`, '7'], [`User_${IDS[0]}`, '0'], [`User_${IDS[1]}`, '0']);
  expect(readOutcomes(twice, WRITES).map((one) => one?.result)).toEqual(['7', '0']);
});
