import type { Fault } from '../../emulator/faults.ts';
import type { SeededRandom } from '../lab/seeded-random.ts';
import type { Way } from './options.ts';

const BATCH = 'POST /v1.0/$batch';
const WRITES = [
  BATCH,
  'POST /v1.0/users',
  'PATCH /v1.0/groups*',
  'PATCH /v1.0/users/{id}',
  'DELETE /v1.0/*',
  'POST /v1.0/directory/deletedItems/*',
  'PUT /v1.0/users/{id}/manager/$ref',
  'POST /v1.0/users/{id}/assignLicense',
] as const;
const DELTAS = ['GET /v1.0/users/delta', 'GET /v1.0/groups/delta', 'GET /v1.0/*/delta'] as const;
const READS = [...DELTAS, 'GET /v1.0/organization', 'GET /v1.0/*'] as const;
const ANYTHING = [...WRITES, ...READS, '* /v1.0/*'] as const;
const SIGN_IN = ['POST /*/oauth2/v2.0/token'] as const;

type Matches = readonly [string, ...string[]];

/** Which requests each fault strikes. */
export const TENANT_FAULTS = [
  ['429', ANYTHING],
  ['429 without Retry-After', ANYTHING],
  ['503', [...ANYTHING, ...SIGN_IN]],
  ['504', ANYTHING],
  ['502', [...ANYTHING, ...SIGN_IN]],
  ['409', WRITES],
  ['reset', [...ANYTHING, ...SIGN_IN]],
  ['appliedThenReset', ANYTHING],
  ['timeout', ANYTHING],
  ['slow', ANYTHING],
  ['cut', [...ANYTHING, ...SIGN_IN]],
  ['garbled', ANYTHING],
  ['missing', WRITES],
  ['mixed', [BATCH]],
  ['redirect', [...READS, BATCH]],
  ['portal', [...READS, BATCH]],
  ['tokenExpired', ANYTHING],
  ['tokenNotYetValid', SIGN_IN],
  ['deltaExpired', DELTAS],
  ['deltaLost', DELTAS],
  ['pageExpired', DELTAS],
  ['repeatPage', DELTAS],
  ['duplicateEntries', DELTAS],
  ['wrongDate', ANYTHING],
] as const satisfies readonly (readonly [string, Matches])[];

const SERVICE: Matches = ['POST /provisioningservice.svc'];
const WRITING: Matches = ['POST /provisioningservice.svc#ProvisionAzureADSyncObjects*'];
const READING: Matches = ['POST /provisioningservice.svc#ReadBackAzureADSyncObjects*'];
const ANY_CALL: Matches = [
  SERVICE[0],
  SERVICE[0],
  WRITING[0],
  READING[0],
  'POST /provisioningservice.svc#FinalizeExport',
];

/** The same, where objects go by the provisioning service. */
const TENANT_FAULTS_OF_SERVICE = [
  ['429', ANY_CALL],
  ['429 without Retry-After', ANY_CALL],
  ['503', [...ANY_CALL, ...SIGN_IN]],
  ['504', ANY_CALL],
  ['502', [...ANY_CALL, ...SIGN_IN]],
  ['reset', [...ANY_CALL, ...SIGN_IN]],
  ['appliedThenReset', ANY_CALL],
  ['appliedThenReset', WRITING],
  ['timeout', ANY_CALL],
  ['slow', ANY_CALL],
  ['cut', [...ANY_CALL, ...SIGN_IN]],
  ['garbled', ANY_CALL],
  ['missing', WRITING],
  ['redirect', ANY_CALL],
  ['portal', ANY_CALL],
  ['busy', ANY_CALL],
  ['bindingRedirect', ANY_CALL],
  ['tokenExpired', ANY_CALL],
  ['tokenNotYetValid', SIGN_IN],
  ['wrongDate', ANY_CALL],
] as const satisfies readonly (readonly [string, Matches])[];

const FAULTS_OF: Readonly<Record<Way, readonly (readonly [Fault['fault'] | '429 without Retry-After', Matches])[]>> = {
  graph: TENANT_FAULTS,
  provisioning: TENANT_FAULTS_OF_SERVICE,
};

/** Which of them the service that takes passwords has as well, and its own. */
const SERVICE_FAULTS = ['429', '503', '504', '502', 'reset', 'appliedThenReset', 'timeout', 'slow', 'busy'] as const;

/** A fault for the next requests that carry passwords or ask for what the tenant does with them. */
export function pickPasswordFault(random: SeededRandom): Fault {
  const fault = random.pick(SERVICE_FAULTS as unknown as [(typeof SERVICE_FAULTS)[number]]);
  const base = { match: SERVICE[0], times: random.isLikely(0.1) ? 15 : 1 + random.below(3), after: random.below(3) };
  if (fault === 'timeout') return { ...base, times: Math.min(base.times, 2), fault };
  return fault === 'slow' ? { ...base, fault, delay: 30 } : { ...base, fault };
}

/** More often than anybody tries. */
const ALWAYS = 1000;

/** What every request that carries passwords meets, and no other. */
export function pickPasswordOutage(random: SeededRandom): Fault {
  const fault = random.pick(['503', '502', 'reset', '429'] as const);
  return { match: 'POST /provisioningservice.svc#ProvisionCredentials', times: ALWAYS, fault };
}

/** A fault for the next requests. Mostly it strikes a few times, sometimes as long as an outage lasts. */
export function pickFault(random: SeededRandom, via: Way): Fault {
  const [name, matches] = random.pick(FAULTS_OF[via] as [(typeof FAULTS_OF)[Way][number]]);
  const times = random.isLikely(0.1) ? 15 : 1 + random.below(3);
  const base = { match: random.pick(matches), times, after: random.isLikely(0.5) ? 0 : random.below(5) };
  if (name === '429 without Retry-After') return { ...base, fault: '429', retryAfter: null };
  // A token that begins tomorrow would keep the tenant away for good: a clock that is wrong by minutes is the common case.
  if (name === 'tokenNotYetValid') return { ...base, times: 1, after: 0, fault: name };
  if (name === 'timeout') return { ...base, times: Math.min(times, 2), fault: name };
  if (name === 'slow') return { ...base, fault: name, delay: 30 };
  return { ...base, fault: name };
}
