import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { ConnectionLost } from '../ldap/ldap-failure.ts';
import type { LogonName } from './logon-name.ts';
import { Replica } from './replica.ts';
import { isOfOneServer } from './replication-failure.ts';
import type { ReplicaServer, ReplicationSettings } from './replication-settings.ts';
import { signIn } from './sign-in.ts';

/** A domain controller that we are signed in to, and the name we did it with. */
export interface OpenReplica {
  readonly replica: Replica;
  readonly server: ReplicaServer;
  readonly account: LogonName;
}

/** Throws for a domain controller that cannot be used although we are signed in to it. */
export type Accept = (open: OpenReplica) => Promise<void>;

/** The place in the list of the domain controller that is asked first: of the one that answered last. */
export interface Preference {
  at: number;
}

/** One domain controller at a time: the first that answers and can be used; the one that answered last is asked first. */
export class Replicas {
  readonly settings: ReplicationSettings;
  readonly #log: ConnectorContext['log'];
  readonly #preference: Preference;
  #current: OpenReplica | null = null;
  #isClosed = false;

  /** `preference`: what one read learns, for the next one. */
  constructor(settings: ReplicationSettings, log: ConnectorContext['log'], preference: Preference = { at: 0 }) {
    this.settings = settings;
    this.#log = log;
    this.#preference = preference;
  }

  /** Throws a DirbridgeError, or what a session or `accept` throws when no server can be used. */
  async current(accept: Accept): Promise<OpenReplica> {
    if (this.#current?.replica.session.isOpen) return this.#current;
    await this.#leaveCurrent();
    if (this.#isClosed) throw new ConnectionLost('the read was ended');
    const open = await this.#openAny(accept);
    this.#current = open;
    // Nobody would close what comes up behind his back.
    if (this.#isClosed) await this.#leaveCurrent();
    return open;
  }

  /** The next one is asked first: this one cannot be used at the moment. */
  async leave(): Promise<void> {
    this.#preference.at += 1;
    await this.#leaveCurrent();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leaveCurrent();
  }

  /** Also one that is broken: its keys are in memory until then. */
  async #leaveCurrent(): Promise<void> {
    const open = this.#current;
    this.#current = null;
    await open?.replica.close();
  }

  /** Signs in to that one domain controller. Throws `directory-credentials`, `directory-unreachable`, and what a session throws. */
  async open(server: ReplicaServer): Promise<OpenReplica> {
    const { session, account } = await signIn(server, this.settings);
    try {
      return { replica: await Replica.of(session), server, account };
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async #openAny(accept: Accept): Promise<OpenReplica> {
    const { servers } = this.settings;
    const { at: first } = this.#preference;
    const failures: unknown[] = [];
    for (let index = 0; index < servers.length; index++) {
      const at = (first + index) % servers.length;
      const server = servers[at];
      if (!server) continue;
      try {
        const open = await this.#openAccepted(server, accept);
        this.#preference.at = at;
        if (failures.length > 0) this.#log.warn({ server: server.label }, 'reading passwords from another server');
        return open;
      } catch (error) {
        if (error instanceof DirbridgeError && !isOfOneServer(error)) throw error;
        this.#log.warn({ server: server.label, reason: messageOf(error) }, 'passwords cannot be read from a server');
        failures.push(error);
      }
    }
    throw joinFailures(failures);
  }

  async #openAccepted(server: ReplicaServer, accept: Accept): Promise<OpenReplica> {
    const open = await this.open(server);
    try {
      await accept(open);
      return open;
    } catch (error) {
      await open.replica.close();
      throw error;
    }
  }
}

/** Anything but a server that is away says more than that one. */
function joinFailures(failures: readonly unknown[]): unknown {
  const isAway = (error: unknown): boolean => error instanceof DirbridgeError && error.code === 'directory-unreachable';
  const telling = failures.find((error) => !isAway(error));
  if (telling !== undefined || failures.length < 2) return telling ?? failures[0];
  const [first] = failures;
  const remedy = first instanceof DirbridgeError ? { remedy: first.remedy } : {};
  const reasons = failures.map(messageOf).join('; ');
  return new DirbridgeError('directory-unreachable', `no domain controller answered: ${reasons}`, {
    cause: first,
    ...remedy,
  });
}
