import { setTimeout as delay } from 'node:timers/promises';
import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { type ConnectionSettings, LdapConnection } from '../ldap/ldap-connection.ts';
import { isTransient } from '../ldap/ldap-failure.ts';
import type { ServerAddress } from '../ldap/server-address.ts';
import { isSameSpelling } from '../objects/extended-dn.ts';
import { type DirectoryFacts, readFacts } from './directory-facts.ts';
import { signInFailure } from './directory-failure.ts';

/** A connection that is signed in, and what its server told about itself. */
export interface Session {
  readonly connection: LdapConnection;
  readonly facts: DirectoryFacts;
}

export interface SessionSettings {
  readonly servers: readonly ServerAddress[];
  readonly connection: ConnectionSettings;
  readonly user: string;
  /** Asked for anew at each sign-in and not kept. */
  readonly readPassword: () => string;
}

/** One session at a time, to the first server that answers; the one that answered last is asked first. */
export class Sessions {
  readonly settings: SessionSettings;
  readonly #log: ConnectorContext['log'];
  #current: Session | null = null;
  #preferred = 0;
  /** Of the first server that answered: all of them must hold the same domain. */
  #namingContext: string | null = null;

  constructor(settings: SessionSettings, log: ConnectorContext['log']) {
    this.settings = settings;
    this.#log = log;
  }

  /** Throws `directory-clear-bind`, `directory-unreachable`, `directory-certificate`, `directory-credentials` or `directory-refused`. */
  async current(): Promise<Session> {
    if (this.#current?.connection.isOpen) return this.#current;
    this.#current = await this.#openAny();
    return this.#current;
  }

  close(): void {
    this.#current?.connection.close();
    this.#current = null;
  }

  /** Signs in to that one server. Throws also ConnectionLost. */
  async open(server: ServerAddress): Promise<Session> {
    this.refuseClearBind();
    const { user, readPassword } = this.settings;
    const password = readPassword();
    // RFC 4513 §5.1.2: a bind with an empty password is none; the server would take us for anonymous.
    if (password === '')
      throw new DirbridgeError('directory-credentials', `the password of ${user} is empty`, {
        remedy: 'Write the password into the file or variable that the source names.',
      });
    const connection = await LdapConnection.open(server, this.settings.connection);
    try {
      await connection.bind(user, password);
    } catch (error) {
      connection.close();
      throw signInFailure(error, server.url, user);
    }
    try {
      return { connection, facts: await readFacts(connection) };
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** Throws `directory-clear-bind` when one of the servers would get the password in the clear. */
  refuseClearBind(): void {
    const clear = this.settings.servers.find((server) => server.protection === 'none');
    if (clear) throw new DirbridgeError('directory-clear-bind', `${clear.url}: the connection would not be encrypted`);
  }

  /** Going on with another domain in the middle of a read would make the objects of the first one look deleted. */
  #refuseOtherDomain({ connection, facts }: Session): void {
    this.#namingContext ??= facts.namingContext;
    if (isSameSpelling(facts.namingContext, this.#namingContext)) return;
    connection.close();
    const message = `${connection.server.url} holds ${facts.namingContext}, not ${this.#namingContext} as the others do`;
    throw new DirbridgeError('directory-refused', message, { remedy: 'Name only servers of one domain in servers.' });
  }

  async #openAny(): Promise<Session> {
    const { servers } = this.settings;
    const failures: { readonly server: ServerAddress; readonly error: unknown }[] = [];
    for (let index = 0; index < servers.length; index++) {
      const at = (this.#preferred + index) % servers.length;
      const server = servers[at];
      if (!server) continue;
      try {
        const session = await this.open(server);
        this.#refuseOtherDomain(session);
        this.#preferred = at;
        if (failures.length > 0) this.#log.warn({ server: server.url }, 'using another server of the directory');
        return session;
      } catch (error) {
        // A wrong password is wrong everywhere: trying it on each server would only lock the account.
        if (isDecisive(error)) throw error;
        this.#log.warn({ server: server.url, reason: messageOf(error) }, 'a server of the directory cannot be used');
        failures.push({ server, error });
      }
    }
    throw joinFailures(failures.map(({ error }) => error));
  }
}

function isDecisive(thrown: unknown): boolean {
  if (!(thrown instanceof DirbridgeError)) return false;
  return thrown.code !== 'directory-certificate' && thrown.code !== 'directory-refused';
}

function joinFailures(errors: readonly unknown[]): unknown {
  const known = errors.find((error) => error instanceof DirbridgeError);
  if (known) return known;
  const reasons = errors.map(messageOf).join('; ');
  return new DirbridgeError('directory-unreachable', `no directory server answered: ${reasons}`, { cause: errors[0] });
}

const MOST_FAILURES = 5;
const FIRST_WAIT_MS = 200;

/** How often a broken read is taken up again: five times in a row without any progress, with growing pauses. */
export class Attempts {
  readonly #wait: (milliseconds: number) => Promise<unknown>;
  #failures = 0;

  constructor(wait: (milliseconds: number) => Promise<unknown> = delay) {
    this.#wait = wait;
  }

  /** Something was read: whatever broke before does not count any more. */
  succeed(): void {
    this.#failures = 0;
  }

  /** Waits before the next attempt. Throws what was thrown when there is to be none: unless told otherwise, when it will be there a moment later as well. */
  async fail(thrown: unknown, log: ConnectorContext['log'], isWorthRepeating = mayPass(thrown)): Promise<void> {
    if (!isWorthRepeating || ++this.#failures > MOST_FAILURES) throw thrown;
    log.warn({ reason: messageOf(thrown), attempt: this.#failures }, 'the directory read broke, taking it up again');
    await this.#wait(FIRST_WAIT_MS * 2 ** (this.#failures - 1));
  }
}

/** Whether what was thrown may be gone a moment later. */
export function mayPass(thrown: unknown): boolean {
  return isTransient(thrown) || (thrown instanceof DirbridgeError && thrown.code === 'directory-unreachable');
}
