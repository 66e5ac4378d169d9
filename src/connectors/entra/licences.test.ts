import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type EntraTenant, startEntraTenant } from '../../../test/lab/entra-tenant.ts';
import type { Licence } from '../../model/licence.ts';
import type { HeldLicences, TargetWrite, WriteResult } from '../connector.ts';

const ANN = '20000000-0000-4000-8000-000000000001';
const NOWHERE = '20000000-0000-4000-8000-000000000002';
const MAIL: Licence = { id: '30000000-0000-4000-8000-000000000001', name: 'MAIL', disabledParts: [] };
const PHONE: Licence = { id: '30000000-0000-4000-8000-000000000002', name: 'PHONE', disabledParts: [] };
const GONE: Licence = { id: '30000000-0000-4000-8000-00000000dead', name: null, disabledParts: [] };
const BY_GROUP = {
  assignedByGroup: '50000000-0000-4000-8000-000000000001',
  disabledPlans: [],
  error: 'None',
  skuId: PHONE.id,
  state: 'Active',
};
const SEED = {
  licences: [MAIL, PHONE].map(({ id, name }) => ({ skuId: id, skuPartNumber: name, enabled: 3 })),
  users: [
    {
      id: ANN,
      userPrincipalName: 'ann@contoso.com',
      displayName: 'Ann',
      mailNickname: 'ann',
      accountEnabled: true,
      usageLocation: 'DE',
      assignedLicenses: [{ skuId: PHONE.id, disabledPlans: [] }],
      licenseAssignmentStates: [BY_GROUP],
    },
    { id: NOWHERE, userPrincipalName: 'no@contoso.com', displayName: 'No', mailNickname: 'no', accountEnabled: true },
  ],
};

let tenant: EntraTenant;

beforeEach(async () => {
  tenant = await startEntraTenant({ seed: SEED });
});
afterEach(() => tenant.close());

function licensing(targetId: string, licences: readonly Licence[]): TargetWrite {
  return { id: targetId, action: 'license', type: 'user', anchor: 'a', targetId, licences };
}

async function assign(targetId: string, ...licences: readonly Licence[]): Promise<WriteResult | undefined> {
  return (await tenant.write([licensing(targetId, licences)])).get(targetId);
}

async function held(): Promise<HeldLicences | undefined> {
  return (await tenant.target.readLicences?.([ANN]))?.get(ANN);
}

test('what a group assigned is not told: it comes back with the membership', async () => {
  expect(await held()).toEqual({ outcome: 'read', licences: [] });
  expect(await assign(ANN, MAIL)).toMatchObject({ outcome: 'done' });
  expect(await held()).toEqual({ outcome: 'read', licences: [MAIL] });
  expect(await assign(ANN, PHONE)).toMatchObject({ outcome: 'done' });
  expect(await held()).toEqual({ outcome: 'read', licences: [MAIL, PHONE] });
});

test('names are not needed: without the right to read them people get the ids', async () => {
  await tenant.close();
  tenant = await startEntraTenant({ seed: SEED, roles: ['User.ReadWrite.All'] });
  expect(await assign(ANN, MAIL)).toMatchObject({ outcome: 'done' });
  expect(await held()).toEqual({ outcome: 'read', licences: [{ ...MAIL, name: null }] });
});

describe('a refusal tells cause and remedy', () => {
  test.each([
    ['without usage location', NOWHERE, MAIL, /no usage location/, /msExchUsageLocation/],
    ['of a product that is gone', ANN, GONE, /does not have 30000000-\S+dead any more/, /by hand/],
  ] as const)('%s', async (_what, user, licence, cause, remedy) => {
    expect(await assign(user, licence)).toMatchObject({
      failedLicences: [{ failure: { cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy) } }],
    });
  });

  test('without the permission', async () => {
    await tenant.close();
    tenant = await startEntraTenant({ seed: SEED, roles: ['User.Read.All'] });
    expect(await assign(ANN, MAIL, PHONE)).toMatchObject({
      failedLicences: [
        { licence: MAIL.id, failure: { remedy: expect.stringContaining('User.ReadWrite.All') } },
        { licence: PHONE.id, failure: { cause: expect.stringContaining('may not assign licences') } },
      ],
    });
  });
});

test.each([
  ['409'],
  ['429'],
  ['503'],
  ['reset'],
  ['appliedThenReset'],
  ['cut'],
  ['missing'],
] as const)('an assignment that meets %s is sent again, and given once', async (fault) => {
  await tenant.control('faults', [{ match: 'POST /v1.0/users/{id}/assignLicense', fault, times: 2 }]);
  expect(await assign(ANN, MAIL, PHONE)).toEqual({ id: ANN, outcome: 'done', targetId: ANN });
  expect(await held()).toEqual({ outcome: 'read', licences: [MAIL, PHONE] });
});

test('requests for one user go one after the other, where two at once are in each other’s way', async () => {
  await tenant.close();
  tenant = await startEntraTenant({ seed: SEED, assumptions: { refuseConcurrentWrites: true } });
  expect(await assign(ANN, MAIL, GONE, PHONE)).toMatchObject({ failedLicences: [{ licence: GONE.id }] });
  const { requests } = (await tenant.control('stats')) as {
    readonly requests: readonly { readonly path: string; readonly status: number; readonly count: number }[];
  };
  expect(requests.filter(({ path, status }) => path.endsWith('assignLicense') && status === 409)).toEqual([]);
  expect(await held()).toEqual({ outcome: 'read', licences: [MAIL, PHONE] });
});
