import type { ReplicatedAttribute } from './drsuapi/attribute-ids.ts';
import type { ChangesReply } from './drsuapi/changes-reply.ts';
import { EXTENDED_OPERATION } from './drsuapi/changes-request.ts';
import { NAME_FORM, type NameForm } from './drsuapi/crack-names.ts';
import { DRS_ERROR, DrsRefusal } from './drsuapi/drs-refusal.ts';
import type { DrsSession } from './drsuapi/drs-session.ts';
import type { ReplicatedObject } from './drsuapi/replicated-object.ts';
import { FROM_THE_START, type ReplicationState } from './drsuapi/replication-state.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import { ReadOnlyController } from './read-only-controller.ts';

/** What is asked for: a password, and what decides whether it is sent. Neither histories nor other forms of the password. */
export const ASKED: readonly ReplicatedAttribute[] = [
  'unicodePwd',
  'pwdLastSet',
  'userAccountControl',
  'accountExpires',
  'isDeleted',
];
/** Without a secret: what only the first of the two rights is needed for. */
export const HARMLESS: readonly ReplicatedAttribute[] = ['userAccountControl'];

export interface ReplicaDomain {
  readonly guid: string;
  readonly dn: string;
  readonly netbiosName: string | null;
}

/** EXOP_ERR_SUCCESS ([MS-DRSR] 4.1.10.2.21). */
const EXTENDED_SUCCESS = 1;

/** What is needed of a session. */
export type ReplicationSession = Pick<
  DrsSession,
  'server' | 'facts' | 'isOpen' | 'sessionKey' | 'listControllers' | 'crackName' | 'getChanges' | 'close'
>;

/** A domain controller that we are signed in to, and the domain it holds. */
export class Replica {
  readonly session: ReplicationSession;
  readonly domain: ReplicaDomain;
  /** Of the NTDS settings of this domain controller. */
  readonly #dsaGuid: string;

  private constructor(session: ReplicationSession, domain: ReplicaDomain, dsaGuid: string) {
    this.session = session;
    this.domain = domain;
    this.#dsaGuid = dsaGuid;
  }

  /** Finds out whom we speak to. Throws also ReadOnlyController. */
  static async of(session: ReplicationSession): Promise<Replica> {
    const { dnsDomain, netbiosDomain } = session.facts;
    if (dnsDomain === null) throw new MalformedAnswer(`${session.server.label}: the server does not name its domain`);
    const dsaGuid = await findDsa(session, dnsDomain);
    const root = `${dnsDomain}/`;
    const guid = await session.crackName(root, NAME_FORM.canonical, NAME_FORM.uniqueId);
    const dn = await session.crackName(root, NAME_FORM.canonical, NAME_FORM.dn);
    if (guid === null || dn === null)
      throw new MalformedAnswer(`${session.server.label}: the server does not know its own domain ${dnsDomain}`);
    return new Replica(session, { guid: readGuid(guid), dn, netbiosName: netbiosDomain }, dsaGuid);
  }

  /** The next part of what changed since the state. */
  readChanges(state: ReplicationState, mostObjects: number, attributes = ASKED): Promise<ChangesReply> {
    const request = {
      dsaGuid: this.#dsaGuid,
      objectGuid: this.domain.guid,
      state,
      attributes,
      extendedOperation: EXTENDED_OPERATION.none,
      mostObjects,
    };
    return this.session.getChanges(request, 'reading changes');
  }

  /** One object whole, whenever it changed; null when it is gone. */
  async readObject(guid: string, attributes = ASKED): Promise<ReplicatedObject | null> {
    const request = {
      dsaGuid: this.#dsaGuid,
      objectGuid: guid,
      state: FROM_THE_START,
      attributes,
      extendedOperation: EXTENDED_OPERATION.object,
      mostObjects: 1,
    };
    try {
      const reply = await this.session.getChanges(request, 'reading an account');
      if (reply.extendedResult !== EXTENDED_SUCCESS) throw this.#extendedRefusal(reply.extendedResult);
      return reply.objects.find((object) => object.name.guid === guid) ?? null;
    } catch (error) {
      if (error instanceof DrsRefusal && GONE.includes(error.code)) return null;
      throw error;
    }
  }

  /** The GUID of an account by the name it signs in with; null when it is not of this forest. */
  async findAccount(name: string): Promise<string | null> {
    const guid = await this.nameAccount(name, NAME_FORM.uniqueId);
    return guid === null ? null : readGuid(guid);
  }

  /** An account, by the name it signs in with, in another form; null when it is not of this forest. */
  async nameAccount(name: string, form: NameForm): Promise<string | null> {
    const named = await this.session.crackName(name, NAME_FORM.unknown, form);
    const other = named === null ? this.#shortName(name) : null;
    return other === null ? named : this.session.crackName(other, NAME_FORM.nt4, form);
  }

  /** NTLM takes a name also after the DNS name of the domain, or alone; looked up it can be only after the short name. Null for a name of another domain. */
  #shortName(name: string): string | null {
    const { dnsDomain, netbiosDomain } = this.session.facts;
    const [, domain, account] = /^(?:([^\\]+)\\)?([^\\@]+)$/.exec(name) ?? [];
    if (netbiosDomain === null || account === undefined) return null;
    const isOwn = domain === undefined || isSameName(domain, dnsDomain) || isSameName(domain, netbiosDomain);
    return isOwn ? `${netbiosDomain}\\${account}` : null;
  }

  #extendedRefusal(result: number): DrsRefusal {
    const doing = `${this.session.server.label}: reading an account (result ${result})`;
    return new DrsRefusal(EXTENDED_ERRORS[result] ?? DRS_ERROR.internal, doing);
  }

  close(): Promise<void> {
    return this.session.close();
  }
}

const GONE: readonly number[] = [DRS_ERROR.notFound, DRS_ERROR.badDn];

/** EXOP_ERR_UNKNOWN_OP and EXOP_ERR_ACCESS_DENIED ([MS-DRSR] 4.1.10.2.21), which are no errors of Windows; the others say that something went wrong. */
const EXTENDED_ERRORS: Readonly<Record<number, number>> = { 2: DRS_ERROR.notSupported, 15: DRS_ERROR.accessDenied };

/** [MS-DRSR] 4.1.5.3: level 2 lists the domain controllers that can be written to, level 3 also the others. */
async function findDsa(session: ReplicationSession, domain: string): Promise<string> {
  const { netbiosComputer, dnsComputer } = session.facts;
  for (const level of [2, 3] as const) {
    const found = (await session.listControllers(domain, level)).find(
      (one) => isSameName(one.netbiosName, netbiosComputer) || isSameName(one.dnsName, dnsComputer),
    );
    if (found && level === 3) throw new ReadOnlyController(session.server.label, netbiosComputer);
    if (found) return found.dsaGuid;
  }
  throw new MalformedAnswer(`${session.server.label}: the server is not among the domain controllers of ${domain}`);
}

/** Names of domains and computers, whatever their case; one that is not known is the same as none. */
function isSameName(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one.toLowerCase() === other.toLowerCase();
}

/** `{xxxxxxxx-...}`. */
function readGuid(text: string): string {
  const guid = /^\{([0-9a-f-]{36})\}$/i.exec(text)?.[1];
  if (guid === undefined) throw new MalformedAnswer('DRSCrackNames: the answer is no GUID');
  return guid.toLowerCase();
}
