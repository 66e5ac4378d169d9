import type { ObjectChange } from '../../model/change.ts';
import type {
  CheckLine,
  ClearPasswordTarget,
  ConnectorContext,
  HeldLicences,
  PasswordTarget,
  ReadEvent,
  ReadRequest,
  RoleHolders,
  SettledWrite,
  TargetConnector,
  TargetDefinition,
  TargetWrite,
  WriteResult,
} from '../connector.ts';
import { BATCH_SIZE } from './batch.ts';
import { checkTenant } from './check.ts';
import { checkTakeover } from './check-takeover.ts';
import { readCredential } from './client-credential.ts';
import { CONCURRENCY, type EntraSection, endpointsOf, entraSection, TIMEOUT, WAYS } from './config.ts';
import { fetchObjects } from './fetch.ts';
import { readGrantedPermissions } from './granted-permissions.ts';
import { Graph } from './graph.ts';
import { LicenceReader } from './licences.ts';
import { type Pace, patienceOf, REAL_PACE } from './pace.ts';
import { createProvisioningClient } from './provisioning/create-client.ts';
import { ProvisioningConnector } from './provisioning/objects/provisioning-connector.ts';
import { SYNC_SCHEMA } from './provisioning/objects/sync-schema.ts';
import { ServicePasswordTarget } from './provisioning/password-target.ts';
import type { ProvisioningClient } from './provisioning/provisioning-client.ts';
import { WriteQuota } from './quota.ts';
import { readTenant } from './read.ts';
import { ReplicationLag } from './replication-lag.ts';
import { readRoleHolders } from './role-holders.ts';
import { ENTRA_SCHEMA } from './schema.ts';
import { entraFacts } from './section-facts.ts';
import { PasswordSetter } from './set-password.ts';
import { settleWrites } from './settle.ts';
import { SignIn } from './sign-in.ts';
import { writeAll } from './write.ts';

/** What tests turn. */
export interface EntraTuning {
  readonly pace?: Pace;
}

/** An Entra ID tenant, by Microsoft Graph v1.0. */
class EntraConnector implements TargetConnector {
  readonly name: string;
  readonly kind = 'entra';
  readonly schema = ENTRA_SCHEMA;
  readonly chunkSize = BATCH_SIZE;
  readonly passwordTarget: PasswordTarget;
  readonly clearPasswordTarget: ClearPasswordTarget;
  readonly #section: EntraSection;
  readonly #context: ConnectorContext;
  readonly #pace: Pace;
  readonly #signIn: SignIn;
  readonly #graph: Graph;
  readonly #quota: WriteQuota;
  readonly #lag: ReplicationLag;
  readonly #licences: LicenceReader;

  constructor(section: EntraSection, context: ConnectorContext, tuning: EntraTuning) {
    this.name = context.name;
    this.#section = section;
    this.#context = context;
    this.#pace = tuning.pace ?? REAL_PACE;
    const { signIn, graph } = openGraph(section, context, this.#pace);
    this.#signIn = signIn;
    this.#graph = graph;
    this.#lag = new ReplicationLag(this.#graph, context.now);
    this.#licences = new LicenceReader(this.#graph, this.#pace);
    this.#quota = new WriteQuota(section.concurrency ?? CONCURRENCY, BATCH_SIZE);
    let client: ProvisioningClient | undefined;
    this.passwordTarget = new ServicePasswordTarget(
      () => {
        client ??= createProvisioningClient(section, context, this.#pace);
        return client;
      },
      this.#pace,
      true,
    );
    this.clearPasswordTarget = new PasswordSetter({
      graph: this.#graph,
      pace: this.#pace,
      requireRight: context.requireRight ?? (async () => undefined),
      readPermissions: async () => readGrantedPermissions(this.#graph, await this.#signIn.token(), section.clientId),
    });
  }

  check(): AsyncIterable<CheckLine> {
    const parts = { section: this.#section, context: this.#context, graph: this.#graph, signIn: this.#signIn };
    return checkTenant(parts);
  }

  checkTakeover(): AsyncIterable<CheckLine> {
    return checkTakeover(this.#graph);
  }

  read(request: ReadRequest): AsyncIterable<ReadEvent> {
    return readTenant({ graph: this.#graph, pace: this.#pace, now: this.#context.now }, request);
  }

  fetch(anchors: readonly string[], _request: ReadRequest): AsyncIterable<readonly ObjectChange[]> {
    return fetchObjects({ graph: this.#graph, pace: this.#pace, now: this.#context.now }, anchors);
  }

  write(chunks: AsyncIterable<readonly TargetWrite[]>): AsyncIterable<readonly WriteResult[]> {
    const parts = { graph: this.#graph, pace: this.#pace, quota: this.#quota, lag: this.#lag };
    const { log, requireRight = async () => undefined } = this.#context;
    return writeAll({ ...parts, log, requireRight }, chunks);
  }

  readRoleHolders(): Promise<RoleHolders> {
    return readRoleHolders(this.#graph, this.#pace);
  }

  readLicences(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>> {
    return this.#licences.read(targetIds);
  }

  settle(writes: readonly TargetWrite[]): AsyncIterable<readonly SettledWrite[]> {
    return settleWrites({ graph: this.#graph, pace: this.#pace }, writes);
  }

  /** Nothing is held open: connections are the pool's, and the token goes with us. */
  async close(): Promise<void> {}
}

export function createEntraConnector(
  section: EntraSection,
  context: ConnectorContext,
  tuning: EntraTuning = {},
): TargetConnector {
  return section.via === 'graph'
    ? new EntraConnector(section, context, tuning)
    : createProvisioningConnector(section, context, tuning);
}

function createProvisioningConnector(
  section: EntraSection,
  context: ConnectorContext,
  tuning: EntraTuning,
): TargetConnector {
  const pace = tuning.pace ?? REAL_PACE;
  const { graph } = openGraph(section, context, pace);
  return new ProvisioningConnector({ client: createProvisioningClient(section, context, pace), graph, pace, context });
}

/** Microsoft Graph with a sign-in for it. */
function openGraph(
  section: EntraSection,
  context: ConnectorContext,
  pace: Pace,
): { readonly signIn: SignIn; readonly graph: Graph } {
  const endpoints = endpointsOf(section);
  const patience = patienceOf(context);
  const timeout = Math.min((section.timeout ?? TIMEOUT) * 1000, patience.timeout);
  const signIn = new SignIn({
    tenant: section.tenant,
    clientId: section.clientId,
    endpoints,
    readCredential: () => readCredential(section, context.readSecret),
    pace,
    patience,
    timeout,
  });
  return { signIn, graph: new Graph({ base: endpoints.graph, signIn, pace, patience, timeout, now: context.now }) };
}

/** Each by its neutral name and by that of Graph; whichever way the tenant is written. */
const WRITABLE: readonly string[] = [
  ...new Set(
    [ENTRA_SCHEMA, SYNC_SCHEMA]
      .flatMap((schema) => [
        ...schema.attributes.filter((one) => one.readOnly !== true && one.name !== 'sourceAnchor'),
        ...schema.references,
      ])
      .filter((one) => one.name !== 'member')
      .flatMap((one) => [one.native, one.name]),
  ),
];

/** The section `target:` with `kind: entra`. */
export const entraTarget: TargetDefinition<EntraSection> = {
  kind: 'entra',
  section: entraSection,
  attributes: WRITABLE,
  facts: entraFacts,
  ways: { key: 'via', names: WAYS },
  create: (section, context) => createEntraConnector(section, context),
};
