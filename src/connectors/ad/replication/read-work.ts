import { DirbridgeError } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { Attempts } from '../session/sessions.ts';
import { type AccountPage, AccountReader, discardPage } from './account-reader.ts';
import { explainRefusal, secretsHidden } from './missing-rights.ts';
import { proveByOwnPassword } from './own-password.ts';
import type { Replica, ReplicaDomain } from './replica.ts';
import { type OpenReplica, Replicas } from './replicas.ts';
import type { ReplicationCycle } from './replication-cycle.ts';
import { asLostWhereTransient } from './replication-failure.ts';
import type { ReplicationSettings } from './replication-settings.ts';

/** One read, over as many connections as it takes. */
export class ReadWork {
  readonly #replicas: Replicas;
  readonly #settings: ReplicationSettings;
  readonly #log: ConnectorContext['log'];
  readonly #attempts = new Attempts();
  #open: OpenReplica | null = null;
  #reader: AccountReader | null = null;
  /** Of the first domain controller that answered. */
  #domain: ReplicaDomain | null = null;
  #isClosed = false;

  constructor(settings: ReplicationSettings, log: ConnectorContext['log']) {
    this.#replicas = new Replicas(settings, log);
    this.#settings = settings;
    this.#log = log;
  }

  connect(): Promise<ReplicaDomain> {
    return this.#repeat(async ({ replica }) => replica.domain);
  }

  /** The next part of the cycle, which then goes on. Throws HistoryLost. */
  next(cycle: ReplicationCycle): Promise<AccountPage> {
    return this.#repeat(async ({ replica }, reader) => {
      const part = await cycle.next(replica, this.#settings.pageSize);
      // Secrets are bound to the connection they came over: until they are decrypted, the part may have to be asked for again.
      const page = await reader.describe(part.objects, cycle.isFull);
      try {
        cycle.accept(part);
      } catch (error) {
        discardPage(page);
        throw error;
      }
      return page;
    });
  }

  readSingle(anchors: readonly string[]): Promise<AccountPage> {
    return this.#repeat((_open, reader) => reader.read(anchors));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#reader?.close();
    await this.#replicas.close();
  }

  /** Broken connections are made anew, also to another domain controller. */
  async #repeat<Result>(work: (open: OpenReplica, reader: AccountReader) => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        const { open, reader } = await this.#ready();
        const result = await this.#explain(open, () => work(open, reader));
        this.#attempts.succeed();
        return result;
      } catch (error) {
        if (this.#isClosed) throw error;
        const lost = asLostWhereTransient(error);
        // It is there, and cannot: another one may.
        if (lost !== error) await this.#replicas.leave();
        await this.#attempts.fail(lost, this.#log);
      }
    }
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
