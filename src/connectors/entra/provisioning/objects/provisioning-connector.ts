import type { ObjectChange } from '../../../../model/change.ts';
import type {
  CheckLine,
  ConnectorContext,
  HeldLicences,
  PasswordTarget,
  ReadEvent,
  ReadRequest,
  RoleHolders,
  SettledWrite,
  TargetConnector,
  TargetWrite,
  WriteResult,
} from '../../../connector.ts';
import type { Graph } from '../../graph.ts';
import type { Pace } from '../../pace.ts';
import { readRoleHolders } from '../../role-holders.ts';
import { checkHardMatch, checkService } from '../check-service.ts';
import { type CompanyConfiguration, readCompanyConfiguration, USUAL_LINKS } from '../company-configuration.ts';
import { ServicePasswordTarget } from '../password-target.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { fetchObjects, readObjects } from './read-objects.ts';
import { settleObjects } from './settle-objects.ts';
import { OBJECTS_PER_REQUEST, SYNC_SCHEMA } from './sync-schema.ts';
import { readDomainFacts } from './target-facts.ts';
import { UserLicences } from './user-licences.ts';
import { writeObjects } from './write-objects.ts';

export interface ProvisioningParts {
  readonly client: ProvisioningClient;
  /** For what the service does not tell: domains, and who holds an administrator role. */
  readonly graph: Graph;
  readonly pace: Pace;
  readonly context: ConnectorContext;
}

/** An Entra ID tenant by its directory-synchronization provisioning service. Experimental: Microsoft documents that service for nobody. */
export class ProvisioningConnector implements TargetConnector {
  readonly name: string;
  readonly kind = 'entra';
  readonly schema = SYNC_SCHEMA;
  readonly chunkSize = OBJECTS_PER_REQUEST;
  readonly passwordTarget: PasswordTarget;
  readonly #parts: ProvisioningParts;
  readonly #licences: UserLicences;
  readonly #exported = { total: 0, successes: 0 };
  /** What the service said when it was read last. */
  #mostLinks = USUAL_LINKS;

  constructor(parts: ProvisioningParts) {
    this.name = parts.context.name;
    this.#parts = parts;
    this.#licences = new UserLicences(parts.graph, parts.pace, parts.context);
    this.passwordTarget = new ServicePasswordTarget(() => parts.client, parts.pace);
  }

  check(): AsyncIterable<CheckLine> {
    return checkService(this.#parts.client, this.#parts.graph);
  }

  checkTakeover(): AsyncIterable<CheckLine> {
    return checkHardMatch(this.#parts.client);
  }

  read(request: ReadRequest): AsyncIterable<ReadEvent> {
    const { client, graph, context } = this.#parts;
    const readCompany = async (): Promise<CompanyConfiguration> => {
      const company = await readCompanyConfiguration(client);
      this.#mostLinks = company.mostLinks;
      return company;
    };
    const readFacts = () => readDomainFacts(graph, context.log);
    return readObjects({ client, now: context.now, readCompany, readFacts }, request);
  }

  fetch(anchors: readonly string[], _request: ReadRequest): AsyncIterable<readonly ObjectChange[]> {
    return fetchObjects({ client: this.#parts.client, now: this.#parts.context.now }, anchors);
  }

  write(chunks: AsyncIterable<readonly TargetWrite[]>): AsyncIterable<readonly WriteResult[]> {
    const { client, pace, context } = this.#parts;
    const [licences, exported] = [this.#licences, this.#exported];
    return writeObjects({ client, pace, log: context.log, licences, exported, mostLinks: this.#mostLinks }, chunks);
  }

  readLicences(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>> {
    return this.#licences.read(targetIds);
  }

  readRoleHolders(): Promise<RoleHolders> {
    return readRoleHolders(this.#parts.graph, this.#parts.pace);
  }

  settle(writes: readonly TargetWrite[]): AsyncIterable<readonly SettledWrite[]> {
    return settleObjects(this.#parts.client, writes);
  }

  /** Nothing is held open: connections are the process's, and the token goes with us. */
  async close(): Promise<void> {}
}
