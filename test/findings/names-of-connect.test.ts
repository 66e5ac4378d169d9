import { afterAll, describe, expect, test } from 'vitest';
import { ERRORS_OF_CONNECT, type NameOfConnect } from '../../docs/pages/findings-page.ts';
import type { FindingCode } from '../../src/model/finding.ts';
import { anchorOf, guid, user } from '../memory/memory-lab.ts';
import { endWorlds, FindingWorld } from './finding-world.ts';
import { type OfOneServer, PROVOCATIONS_OF_ONE_SERVER } from './provocations.ts';

afterAll(endWorlds);

type Situation = () => Promise<FindingWorld>;

/** The world of the provocation of a code. */
function asIn(code: OfOneServer): Situation {
  return async () => (await PROVOCATIONS_OF_ONE_SERVER[code].provoke()).world;
}

/** A user of the tenant that carries the anchor of our Ann, whom this store knows nothing of. */
async function withAnchored(properties: object, matching = { soft: true, hard: true }): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  await world.seedUser('old', { onPremisesImmutableId: anchorOf('ann'), ...properties });
  world.source.put(user('ann'));
  world.configure({ matching });
  await world.run();
  return world;
}

async function administratorDeleted(): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  await world.seedUser('ann', { onPremisesImmutableId: anchorOf('ann'), adminRoles: ['Global Administrator'] });
  for (const name of ['ann', 'bob']) world.source.put(user(name));
  await world.run();
  world.source.remove(guid('ann'));
  await world.run();
  return world;
}

async function groupHoldsAddress(): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  const team = { displayName: 'team', groupTypes: ['Unified'], mailEnabled: true, mailNickname: 'ann' };
  await world.seed({ groups: [{ ...team, mail: 'ann@contoso.com', proxyAddresses: ['SMTP:ann@contoso.com'] }] });
  world.source.put(user('ann', { mail: 'ann@contoso.com' }));
  await world.run();
  return world;
}

async function cloudUserLeft(): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  await world.seedUser('cloud');
  for (const name of ['ann', 'bob']) world.source.put(user(name));
  await world.run();
  world.source.remove(guid('ann'));
  await world.run();
  expect(await world.find('cloud')).toBeDefined();
  return world;
}

async function busyTenant(): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  world.source.put(user('ann'));
  await world.tenant.control('faults', [{ match: 'POST /v1.0/users', fault: '503', times: 2 }]);
  await world.run();
  expect(await world.findOurs('ann')).toBeDefined();
  return world;
}

async function manyAddresses(): Promise<FindingWorld> {
  const world = await FindingWorld.begin();
  const proxyAddresses = Array.from({ length: 301 }, (_, at) => `smtp:ann.${at}@contoso.com`);
  world.source.put(user('ann', { proxyAddresses }));
  await world.run();
  return world;
}

/** In what situation each error of Connect comes up; null: it does not, and nothing could show that here. */
const SITUATIONS: Readonly<Record<NameOfConnect, readonly Situation[] | null>> = {
  'InvalidHardMatch (103)': [
    () => withAnchored({ adminRoles: ['Global Administrator'] }),
    () => withAnchored({}, { soft: true, hard: false }),
  ],
  InvalidSoftMatch: [asIn('match-other-anchor')],
  'Existing Admin Role Conflict': [asIn('match-privileged')],
  ObjectTypeMismatch: [groupHoldsAddress],
  AttributeValueMustBeUnique: [asIn('value-conflict'), asIn('join-conflict')],
  IdentityDataValidationFailed: [asIn('upn-characters'), asIn('upn-suffix-unverified')],
  DataValidationFailed: [asIn('attribute-invalid'), asIn('attribute-missing')],
  // The emulated tenant lets a user change between federated domains, as newer tenants do.
  FederatedDomainChangeError: null,
  LargeObject: [manyAddresses],
  ExceededAllowedLength: [asIn('attribute-too-long')],
  DeletionAccessViolation: [cloudUserLeft],
  'PasswordAccessViolation (114)': null,
  'password synchronization not activated (90)': null,
  'AttributeUpdateNotAllowed (96)': [asIn('match-synchronized'), () => withAnchored({ onPremisesSyncEnabled: true })],
  'access denied (115)': [administratorDeleted],
  'Identity synchronization is not yet activated': null,
  'SourceAnchor attribute has changed': [asIn('anchor-changed')],
  'sync-rule-error-function-triggered': [asIn('rule-error')],
  'quota exceeded (16)': [asIn('target-refused')],
  'busy (81)': [busyTenant],
};

const NAMES = Object.keys(ERRORS_OF_CONNECT) as readonly NameOfConnect[];

describe('what Entra Connect calls', () => {
  test.each(NAMES)('%s comes under the codes that the page gives', async (name) => {
    const situations = SITUATIONS[name] ?? [];
    const { codes }: { readonly codes: readonly FindingCode[] } = ERRORS_OF_CONNECT[name];
    for (const build of situations) {
      const world = await build();
      const found = (await world.findings()).map(({ code }) => code);
      const expected = codes.length === 0 ? [] : [expect.toBeOneOf([...codes])];
      expect(found.filter((code) => codes.length === 0 || codes.includes(code))).toEqual(expected);
      await world.end();
    }
  });
});
