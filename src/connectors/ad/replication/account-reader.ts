import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { AccountPassword, ReadProblem } from '../../connector.ts';
import { ConnectionLost, isTransient, LdapRefusal } from '../ldap/ldap-failure.ts';
import type { Session } from '../session/sessions.ts';
import {
  type AccountState,
  describeAccount,
  isDeleted,
  isOrdinaryAccount,
  isUser,
  isWhole,
  readState,
} from './account-state.ts';
import { readStates } from './directory-state.ts';
import { ridOf } from './drsuapi/dsname.ts';
import type { ReplicatedObject } from './drsuapi/replicated-object.ts';
import { decryptNtHash } from './drsuapi/replicated-secret.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import type { OpenReplica } from './replicas.ts';

export interface AccountPage {
  readonly passwords: readonly AccountPassword[];
  readonly problems: readonly ReadProblem[];
}

/** Overwrites the hashes of a page that nobody takes. */
export function discardPage({ passwords }: AccountPage): void {
  for (const { ntHash } of passwords) ntHash?.fill(0);
}

/** Makes accounts of replicated objects, and asks for what an object does not tell. */
export class AccountReader {
  readonly #open: OpenReplica;
  #directory: Session | null = null;
  #isClosed = false;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  /** `isWhole`: an attribute that an object lacks has no value. Otherwise it did not change. */
  describe(objects: readonly ReplicatedObject[], areWhole: boolean): Promise<AccountPage> {
    return this.#build((page) => this.#describe(objects, areWhole, page));
  }

  /** Single accounts; those that are gone or are no users are left out. */
  read(anchors: readonly string[]): Promise<AccountPage> {
    return this.#build(async (page) => {
      for (const anchor of anchors) await this.#addSingle(anchor, page);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#directory?.connection.close();
    this.#directory = null;
  }

  async #openDirectory(): Promise<Session> {
    // It rests while pages without news come, and a server may end it meanwhile.
    if (!this.#directory?.connection.isOpen) this.#directory = await this.#open.server.openDirectory();
    if (!this.#isClosed) return this.#directory;
    this.close();
    throw new ConnectionLost('the read was ended');
  }

  async #build(fill: (page: PageBuilder) => Promise<void>): Promise<AccountPage> {
    const page = new PageBuilder(this.#open.replica.session.sessionKey);
    try {
      await fill(page);
      return page.finish();
    } catch (error) {
      discardPage(page.finish());
      throw error;
    }
  }

  async #describe(objects: readonly ReplicatedObject[], areWhole: boolean, page: PageBuilder): Promise<void> {
    const ordinary = objects.filter((object) => isOrdinaryAccount(object) && !isDeleted(object));
    if (areWhole) {
      for (const object of ordinary) page.add(object, completeState(readState(object)));
      return;
    }
    const withPassword = ordinary.filter((object) => object.attributes.has('unicodePwd'));
    const states = await this.#readStates(withPassword);
    const alone: ReplicatedObject[] = ordinary.filter((object) => !object.attributes.has('unicodePwd'));
    for (const object of withPassword) {
      const state = states.get(object.name.guid);
      if (state) page.add(object, state);
      else alone.push(object);
    }
    for (const { name } of alone) await this.#addSingle(name.guid, page);
  }

  async #addSingle(guid: string, page: PageBuilder): Promise<void> {
    const object = await this.#open.replica.readObject(guid);
    if (object === null || !isOrdinaryAccount(object) || isDeleted(object)) return;
    page.add(object, completeState(readState(object)));
  }

  async #readStates(objects: readonly ReplicatedObject[]): Promise<ReadonlyMap<string, AccountState>> {
    const states = new Map<string, AccountState>();
    const unknown: string[] = [];
    for (const object of objects) {
      const state = readState(object);
      if (isWhole(state)) states.set(object.name.guid, state);
      else unknown.push(object.name.guid);
    }
    if (unknown.length === 0) return states;
    for (const [guid, state] of await this.#askDirectory(unknown)) states.set(guid, state);
    return states;
  }

  async #askDirectory(anchors: readonly string[]): Promise<ReadonlyMap<string, AccountState>> {
    try {
      return await readStates(await this.#openDirectory(), anchors);
    } catch (error) {
      if (!(error instanceof LdapRefusal) || isTransient(error)) throw error;
      throw refusedStates(this.#open.server.label, error);
    }
  }
}

/** A refusal of LDAP does not say whose it is. */
function refusedStates(label: string, cause: LdapRefusal): DirbridgeError {
  const message = `${label}: asking over LDAP for the state of accounts whose password changed: ${cause.message}`;
  const remedy =
    'Let the account that reads passwords read users over LDAP as well, or name another domain controller first in servers of the source.';
  return new DirbridgeError('directory-refused', message, { cause, remedy });
}

function completeState(state: Partial<AccountState>): AccountState {
  return { userAccountControl: 0, pwdLastSet: 0n, accountExpires: 0n, ...state };
}

/** A password that cannot be decrypted is a problem of its account, not of the read. */
class PageBuilder {
  readonly #sessionKey: Uint8Array;
  readonly #passwords: AccountPassword[] = [];
  readonly #problems: ReadProblem[] = [];

  constructor(sessionKey: Uint8Array) {
    this.#sessionKey = sessionKey;
  }

  add(object: ReplicatedObject, state: AccountState): void {
    if (!isUser(state)) return;
    let hash: Buffer | null = null;
    try {
      hash = this.#decrypt(object);
      this.#passwords.push(describeAccount(object, state, hash));
    } catch (error) {
      hash?.fill(0);
      if (!(error instanceof MalformedAnswer)) throw error;
      this.#problems.push(describeProblem(object, error));
    }
  }

  finish(): AccountPage {
    return { passwords: this.#passwords, problems: this.#problems };
  }

  #decrypt(object: ReplicatedObject): Buffer | null {
    const encrypted = object.attributes.get('unicodePwd')?.value;
    if (encrypted === null || encrypted === undefined) return null;
    return decryptNtHash(encrypted, this.#sessionKey, ridOf(object.name.sid) ?? 0);
  }
}

function describeProblem(object: ReplicatedObject, error: MalformedAnswer): ReadProblem {
  return {
    code: 'source-record-unreadable',
    anchor: object.name.guid,
    name: object.name.dn,
    attribute: 'unicodePwd',
    cause: messageOf(error),
    remedy: 'Set the password of the account again. If that does not help, read from another domain controller.',
  };
}
