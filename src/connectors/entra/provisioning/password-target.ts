import { DirbridgeError } from '../../../errors.ts';
import type {
  CheckLine,
  PasswordFeatures,
  PasswordResult,
  PasswordTarget,
  PasswordWrite,
  WriteFailure,
} from '../../connector.ts';
import { backOff, type Pace } from '../pace.ts';
import { checkReach } from './check-service.ts';
import {
  type CompanyConfiguration,
  FEATURE,
  hasFeature,
  readCompanyConfiguration,
  setFeatures,
} from './company-configuration.ts';
import { buildCredentials, type CredentialOutcome, readOutcomes } from './provision-credentials.ts';
import type { ProvisioningClient } from './provisioning-client.ts';
import { explainRefusal, isTransientCode } from './service-fault.ts';

/** Facts E.8: what Microsoft's own client sends at once. */
const PASSWORDS_PER_WRITE = 50;
const MOST_TRIES = 6;

/** Passwords by way of ProvisionCredentials. Users are named by the tenant's own id, so it is all one by what way they were written. */
export class ServicePasswordTarget implements PasswordTarget {
  readonly passwordsPerWrite = PASSWORDS_PER_WRITE;
  readonly #client: () => ProvisioningClient;
  readonly #pace: Pace;
  readonly #isByGraph: boolean;
  /** Whether the tenant has been seen to take password hashes, or was told to. */
  #isEnabled = false;

  /**
   * `client` throws when the configuration does not say where the service is: told when it is needed, not before. `isByGraph`: the users are written by way of Graph,
   * which makes them none that the tenant calls synchronized.
   */
  constructor(client: () => ProvisioningClient, pace: Pace, isByGraph = false) {
    this.#client = client;
    this.#pace = pace;
    this.#isByGraph = isByGraph;
  }

  async *check(): AsyncGenerator<CheckLine> {
    const company = yield* checkReach(() => this.#read());
    if (company === null) return;
    yield checkPasswordSync(company);
    yield describeExpiry(company);
    if (this.#isByGraph) yield OWN_USERS;
  }

  async readFeatures(): Promise<PasswordFeatures> {
    const company = await this.#read();
    return {
      isSyncEnabled: hasFeature(company, FEATURE.passwordHashSync),
      mayForceChange: hasFeature(company, FEATURE.userForcePasswordChangeOnLogon),
      hasCloudPolicy: hasFeature(company, FEATURE.enforceCloudPasswordPolicy),
    };
  }

  async setCloudPolicy(isEnforced: boolean): Promise<void> {
    const company = await this.#read();
    if (hasFeature(company, FEATURE.enforceCloudPasswordPolicy) === isEnforced) return;
    const bit = FEATURE.enforceCloudPasswordPolicy;
    await setFeatures(this.#client(), company.features + (isEnforced ? bit : -bit));
  }

  async write(writes: readonly PasswordWrite[]): Promise<readonly PasswordResult[]> {
    if (writes.length > PASSWORDS_PER_WRITE)
      throw new DirbridgeError('bug', `${writes.length} passwords in one write.`);
    if (writes.length === 0) return [];
    await this.#enable();
    const results = new Map<PasswordWrite, PasswordResult>();
    let open = writes;
    for (let attempt = 1; open.length > 0; attempt++) {
      if (attempt > 1) await this.#pace.delay(backOff(attempt - 1, null, this.#pace));
      const outcomes = await this.#send(open);
      for (const [at, write] of open.entries()) results.set(write, this.#judge(write, outcomes[at]));
      const isLast = attempt === MOST_TRIES;
      open = open.filter((_, at) => !isLast && isTransientCode(outcomes[at]?.result ?? null));
    }
    return writes.map((write) => results.get(write) ?? this.#judge(write, undefined));
  }

  async #read(): Promise<CompanyConfiguration> {
    const company = await readCompanyConfiguration(this.#client());
    this.#isEnabled = hasFeature(company, FEATURE.passwordHashSync);
    return company;
  }

  /** A tenant that has not been told takes no hash (error 90). Who configured this method wants it told. */
  async #enable(): Promise<void> {
    if (this.#isEnabled) return;
    const company = await this.#read();
    if (this.#isEnabled) return;
    await setFeatures(this.#client(), company.features + FEATURE.passwordHashSync);
    this.#isEnabled = true;
  }

  #judge({ anchor }: PasswordWrite, outcome: CredentialOutcome | undefined): PasswordResult {
    if (outcome?.result === TAKEN) return { anchor, outcome: 'done' };
    const failure = describe(outcome, this.#isByGraph);
    return { anchor, outcome: outcome?.result !== '114' && ABSENT.test(failure.message) ? 'gone' : 'failed', failure };
  }

  async #send(writes: readonly PasswordWrite[]): Promise<readonly (CredentialOutcome | undefined)[]> {
    const content = buildCredentials(writes);
    const isRepeatable = !writes.some(({ isOnce }) => isOnce === true);
    const result = await this.#client().call({ action: 'ProvisionCredentials', content, isChange: true, isRepeatable });
    const outcomes = readOutcomes(result, writes);
    const refusal = outcomes.find((one) => one !== undefined && GOES_FOR_ALL.has(one.result));
    if (refusal !== undefined) {
      this.#isEnabled = false;
      throw refuseAll(refusal);
    }
    return outcomes;
  }
}

/** Facts E.6: password synchronization is not activated; the caller has no right to it. */
const GOES_FOR_ALL: ReadonlySet<string> = new Set(['90', '115']);

function refuseAll({ result, information }: CredentialOutcome): DirbridgeError {
  const message = `The tenant takes no passwords from us: ${result}${information === null ? '' : `: ${information}`}.`;
  const remedy = explainRefusal(result, information ?? '');
  return new DirbridgeError('provisioning-refused', message, remedy === undefined ? {} : { remedy });
}

/** What E.6 has no number for is told in words alone: a user who is not there (yet, or any more). */
const ABSENT =
  /\b(?:(?:does|do|did) not exist|(?:was|is|were|are)? ?not found|cannot be found|could not be found|no such (?:user|object|anchor)|unknown (?:user|object|anchor))\b/i;
const TAKEN = '0';

function describe(outcome: CredentialOutcome | undefined, isByGraph: boolean): WriteFailure {
  if (outcome === undefined) return { code: 'no-result', message: 'The service gave no result for this user.' };
  const { result, information } = outcome;
  const message = information ?? `The service refused the password with code ${result}.`;
  const known =
    result === '114' ? { cause: OWN_USER, remedy: isByGraph ? NEVER_OURS : NOT_OURS_NOW } : MEANINGS[result];
  return { code: result, message, ...known };
}

const MEANINGS: Readonly<Record<string, Pick<WriteFailure, 'cause' | 'remedy'>>> = {
  '81': { cause: 'The service was busy all the time.', remedy: 'The next cycle sends the password again.' },
};

/** Facts E.6: error 114, for objects that are the tenant's own. */
const OWN_USERS: CheckLine = {
  what: 'users for password hashes',
  state: 'warning',
  detail:
    'they are written by way of Graph, so the tenant counts them as its own, and may refuse the hash of every one of them (error 114)',
  remedy:
    'Take them over to the provisioning service (docs/guide/provisioning-service.md), or use passwords: { method: capture }.',
};

function checkPasswordSync(company: CompanyConfiguration): CheckLine {
  const what = 'password hashes';
  if (hasFeature(company, FEATURE.passwordHashSync)) return { what, state: 'ok', detail: 'the tenant takes them' };
  const detail = 'the tenant has not been told to take them; the first cycle tells it so (feature PasswordHashSync)';
  return { what, state: 'warning', detail };
}

/** Facts E.8. */
function describeExpiry(company: CompanyConfiguration): CheckLine {
  const detail = hasFeature(company, FEATURE.enforceCloudPasswordPolicy)
    ? "synchronized passwords expire by the tenant's own policy (its feature EnforceCloudPasswordPolicy is on)"
    : 'synchronized passwords do not expire in the tenant, which sets DisablePasswordExpiration with each';
  return { what: 'expiry of passwords', state: 'ok', detail };
}

const OWN_USER =
  'The tenant counts this user as its own, not as one that is synchronized, and lets no password be set from here.';
const NEVER_OURS =
  'Write the tenant by way of the provisioning service (via: provisioning), so that its users count as synchronized; or use passwords: { method: capture }.';
const NOT_OURS_NOW =
  'The next sync takes the user over again, and the password is sent by itself. Should it stay so: dirbridge sync --full.';
