import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { Attempts, mayPass } from '../session/sessions.ts';
import { type AccountPage, AccountReader, discardPage } from './account-reader.ts';
import { explainRefusal, secretsHidden } from './missing-rights.ts';
import { proveByOwnPassword } from './own-password.ts';
import type { Replica, ReplicaDomain } from './replica.ts';
import { type OpenReplica, type Preference, Replicas } from './replicas.ts';
import type { ReplicationCycle } from './replication-cycle.ts';
import { asLostWhereTransient, isOfOneServer } from './replication-failure.ts';
import type { ReplicaServer, ReplicationSettings } from './replication-settings.ts';

const LEFT = 'passwords cannot be read from a server, asking the next one';

/** One read, over as many connections as it takes. */
export class ReadWork {
  readonly #replicas: Replicas;
  readonly #settings: ReplicationSettings;
  readonly #log: ConnectorContext['log'];
  readonly #attempts: Attempts;
  /** What each domain controller failed with that was ready, since the read last got on. */
  readonly #failures = new Map<ReplicaServer, unknown>();
  #open: OpenReplica | null = null;
  #reader: AccountReader | null = null;
  /** Of the first domain controller that answered. */
  #domain: ReplicaDomain | null = null;
  #isClosed = false;

  constructor(settings: ReplicationSettings, log: ConnectorContext['log'], preference: Preference) {
    this.#replicas = new Replicas(settings, log, preference);
    this.#settings = settings;
    this.#attempts = new Attempts(settings.wait);
    this.#log = log;
  }

  async connect(): Promise<ReplicaDomain> {
    const domain = await this.#repeat(async ({ replica }) => replica.domain);
    this.#succeed();
    return domain;
  }

  /** The next part of the cycle, which then goes on. Throws HistoryLost. */
  next(cycle: ReplicationCycle): Promise<AccountPage> {
    return this.#repeat(async ({ replica }, reader) => {
      const part = await cycle.next(replica, this.#settings.pageSize);
      // Secrets are bound to the connection they came over: until they are decrypted, the part may have to be asked for again.
      const page = await reader.describe(part.objects, cycle.isFull);
      try {
        // Two domain controllers that each break off after their first part would otherwise take turns for ever.
        if (cycle.accept(part)) this.#succeed();
      } catch (error) {
        discardPage(page);
        throw error;
      }
      return page;
    });
  }

  async readSingle(anchors: readonly string[]): Promise<AccountPage> {
    const page = await this.#repeat((_open, reader) => reader.read(anchors));
    this.#succeed();
    return page;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader?.close();
    await this.#replicas.close();
  }

  /** Broken connections are made anew, also to another domain controller. */
  async #repeat<Result>(work: (open: OpenReplica, reader: AccountReader) => Promise<Result>): Promise<Result> {
    for (;;) {
      let server: ReplicaServer | null = null;
      try {
        const { open, reader } = await this.#ready();
        server = open.server;
        return await this.#explain(open, () => work(open, reader));
      } catch (error) {
        if (this.#isClosed) throw error;
        const lost = asLostWhereTransient(error);
        // Where none is ready, each of them has been asked.
        if (server === null) await this.#attempts.fail(lost, this.#log);
        else await this.#leave(server, lost);
      }
    }
  }

  /** It is there, and cannot: another one may, at once where it has not failed yet. Throws what was thrown once nobody is left to ask. */
  async #leave(server: ReplicaServer, thrown: unknown): Promise<void> {
    if (!isOfOneServer(thrown)) throw thrown;
    const isNew = !this.#failures.has(server);
    this.#failures.set(server, thrown);
    await this.#replicas.leave();
    const isAnyLeft = this.#failures.size < this.#settings.servers.length;
    if (isAnyLeft && isNew) this.#log.warn({ server: server.label, reason: messageOf(thrown) }, LEFT);
    else await this.#attempts.fail(thrown, this.#log, isAnyLeft || [...this.#failures.values()].some(mayPass));
  }

  /** It got on: whatever failed before does not count any more. */
  #succeed(): void {
    this.#attempts.succeed();
    this.#failures.clear();
  }

  async #ready(): Promise<{ readonly open: OpenReplica; readonly reader: AccountReader }> {
    const open = await this.#replicas.current((one) => this.#explain(one, () => this.#accept(one)));
    if (open !== this.#open || !this.#reader) {
      this.#reader?.close();
      this.#open = open;
      this.#reader = new AccountReader(open);
      if (this.#isClosed) this.#reader.close();
    }
    return { open, reader: this.#reader };
  }

  /** Proves before anything is read there that it gives passwords: those that are left out would look like accounts without any. */
  async #accept({ replica, account }: OpenReplica): Promise<void> {
    this.#domain ??= replica.domain;
    if (replica.domain.guid !== this.#domain.guid) throw otherDomain(replica, this.#domain);
    const proof = await proveByOwnPassword(replica, account.text, this.#settings.readPassword());
    if (proof === 'hidden') throw secretsHidden(replica, account.text);
  }

  async #explain<Result>({ replica, account }: OpenReplica, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const { hasOwnAccount } = this.#settings;
      throw await explainRefusal(error, replica, { account: account.text, hasOwnAccount });
    }
  }
}

/** Its passwords would be taken for changes of the first one. */
function otherDomain({ domain, session }: Replica, first: ReplicaDomain): DirbridgeError {
  const message = `${session.server.label} holds ${domain.dn}, which is not the domain ${first.dn} that the others hold`;
  return new DirbridgeError('directory-refused', message, { remedy: 'Name only servers of one domain in servers.' });
}
