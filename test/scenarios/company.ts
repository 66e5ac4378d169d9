import type { Client } from 'ldapts';
import {
  addRecord,
  childDn,
  deleteRecord,
  type EditedValues,
  membersRecord,
  renameRecord,
  replaceRecord,
} from '../../src/connectors/ad/trial/domain-editor.ts';
import { guidToText } from '../../src/model/anchor.ts';
import { escapeRdnValue } from '../../src/model/dn.ts';
import type { DirectoryEntries } from '../lab/directory-entry.ts';
import { type SambaAccount, type SambaDomain, startSamba } from '../lab/samba.ts';

/** What user principal names of the company end with; verified in its tenants. */
export const UPN_SUFFIX = 'contoso.com';

/** Where a deleted object lies, and where it was. */
export interface Deleted {
  readonly deletedDn: string;
  readonly dn: string;
}

/** A company with an Active Directory of its own, changed the way its administrators do: every change goes over LDAPS. */
export class Company {
  readonly domain: SambaDomain;
  readonly service: SambaAccount;
  #client: Client;
  #accounts = 0;

  private constructor(domain: SambaDomain, service: SambaAccount, client: Client) {
    this.domain = domain;
    this.service = service;
    this.#client = client;
  }

  static async start(
    population?: (baseDn: string) => DirectoryEntries,
    realm?: string,
    exchangeSchema = false,
  ): Promise<Company> {
    const domain = await startSamba({
      recycleBin: true,
      exchangeSchema,
      ...(population === undefined ? {} : { population }),
      ...(realm === undefined ? {} : { realm }),
    });
    try {
      const service = await domain.addServiceAccount({ replicationRights: true });
      return new Company(domain, service, await domain.connect());
    } catch (error) {
      await domain.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#client.unbind();
    await this.domain.stop();
  }

  /** Starts the domain controller again, after a crash too. */
  async restart(): Promise<void> {
    await this.#client.unbind().catch(() => undefined);
    await this.domain.restart();
    this.#client = await this.domain.connect();
  }

  async makeOu(name: string, parent = this.domain.baseDn): Promise<string> {
    const dn = childDn(name, parent, 'OU');
    await this.domain.modify(addRecord(dn, { objectClass: 'organizationalUnit' }));
    return dn;
  }

  /** Users by name; `values` over `userPrincipalName: NAME@contoso.com` and what an account needs. */
  async makeUsers(
    parent: string,
    users: Readonly<Record<string, EditedValues>>,
  ): Promise<Readonly<Record<string, string>>> {
    const records: string[] = [];
    const dns: Record<string, string> = {};
    for (const [name, values] of Object.entries(users)) {
      const dn = childDn(name, parent);
      dns[name] = dn;
      records.push(
        addRecord(dn, {
          objectClass: 'user',
          sAMAccountName: `u${++this.#accounts}`,
          userPrincipalName: `${name}@${UPN_SUFFIX}`,
          userAccountControl: '544',
          ...values,
        }),
      );
    }
    await this.domain.modify(records.join(''));
    return dns;
  }

  async makeUser(name: string, parent: string, values: EditedValues = {}): Promise<string> {
    await this.makeUsers(parent, { [name]: values });
    return childDn(name, parent);
  }

  /** A universal security group, which takes members of every kind. */
  async makeGroup(
    name: string,
    parent: string,
    members: readonly string[] = [],
    values: EditedValues = {},
  ): Promise<string> {
    const dn = childDn(name, parent);
    const record = addRecord(dn, {
      objectClass: 'group',
      sAMAccountName: `g${++this.#accounts}`,
      groupType: '-2147483640',
      ...(members.length === 0 ? {} : { member: members }),
      ...values,
    });
    await this.domain.modify(record);
    return dn;
  }

  /** Sets attributes; an empty list clears one. */
  async set(dn: string, values: EditedValues): Promise<void> {
    await this.domain.modify(replaceRecord(dn, values));
  }

  async setBytes(dn: string, attribute: string, bytes: Buffer): Promise<void> {
    const name = Buffer.from(dn).toString('base64');
    const value = `replace: ${attribute}\n${attribute}:: ${bytes.toString('base64')}`;
    await this.domain.modify(`dn:: ${name}\nchangetype: modify\n${value}\n-\n\n`);
  }

  async changeMembers(group: string, add: readonly string[], remove: readonly string[] = []): Promise<void> {
    await this.domain.modify(membersRecord(group, add, remove));
  }

  /** Makes accounts of another forest, known by their SIDs alone, members of a group. Answers the DNs of the stand-ins, which the directory makes. */
  async addForeignMembers(group: string, sids: readonly Buffer[]): Promise<readonly string[]> {
    await this.changeMembers(
      group,
      sids.map((sid) => `<SID=${sidToText(sid)}>`),
    );
    const standIns = `CN=ForeignSecurityPrincipals,${this.domain.baseDn}`;
    return sids.map((sid) => `CN=${sidToText(sid)},${standIns}`);
  }

  /** Gives an object another name, or another place, or both. Answers its new DN. */
  async move(dn: string, to: { readonly name?: string; readonly parent?: string }): Promise<string> {
    const [rdn, parent] = splitFirst(dn);
    const type = rdn.slice(0, rdn.indexOf('='));
    const newRdn = to.name === undefined ? rdn : `${type}=${escapeRdnValue(to.name)}`;
    await this.domain.modify(renameRecord(dn, newRdn, to.parent));
    return `${newRdn},${to.parent ?? parent}`;
  }

  async delete(dn: string): Promise<Deleted> {
    const [rdn] = splitFirst(dn);
    const guid = await this.guidOf(dn);
    await this.domain.modify(deleteRecord(dn));
    return { deletedDn: `${rdn}\\0ADEL:${guid},CN=Deleted Objects,${this.domain.baseDn}`, dn };
  }

  async restore({ deletedDn, dn }: Deleted): Promise<void> {
    await this.domain.restore(deletedDn, dn);
  }

  /** The members of a group as DNs. Samba lists one that was deleted, restored and deleted again: it is left out. */
  async membersOf(group: string): Promise<readonly string[]> {
    const { searchEntries } = await this.#client.search(group, { scope: 'base', attributes: ['member'] });
    const members = searchEntries[0]?.['member'] ?? [];
    return (Array.isArray(members) ? members : [members]).map(String).filter((dn) => !dn.includes('\\0ADEL:'));
  }

  /** The SID of an account as the directory stores it. */
  async sidOf(dn: string): Promise<Buffer> {
    return this.#bytesOf(dn, 'objectSid');
  }

  /** Hides a container with all below it from an account, whose searches then succeed and find nothing there. Answers what undoes it. */
  async hide(dn: string, from: string): Promise<() => Promise<void>> {
    const before = await this.#bytesOf(dn, 'nTSecurityDescriptor');
    const ace = `(D;CI;RPLCLORC;;;${sidToText(await this.sidOf(from))})`;
    await this.domain.samba(['dsacl', 'set', `--objectdn=${dn}`, `--sddl=${ace}`]);
    return () => this.setBytes(dn, 'nTSecurityDescriptor', before);
  }

  /** The name that samba-tool knows an account by. */
  async accountNameOf(dn: string): Promise<string> {
    return (await this.#bytesOf(dn, 'sAMAccountName')).toString();
  }

  async guidOf(dn: string): Promise<string> {
    return guidToText(await this.#guid(dn));
  }

  /** What the tenant keeps of an object to know it again: the base64 of its objectGUID. */
  async anchorOf(dn: string): Promise<string> {
    return (await this.#guid(dn)).toString('base64');
  }

  async #guid(dn: string): Promise<Buffer> {
    return this.#bytesOf(dn, 'objectGUID');
  }

  async #bytesOf(dn: string, attribute: string): Promise<Buffer> {
    const { searchEntries } = await this.#client.search(dn, {
      scope: 'base',
      attributes: [attribute],
      explicitBufferAttributes: [attribute],
    });
    const value = searchEntries[0]?.[attribute];
    if (!Buffer.isBuffer(value)) throw new Error(`${dn} has no ${attribute}`);
    return value;
  }
}

/** S-1-5-21-... of a SID as it is stored ([MS-DTYP] 2.4.2.2). */
function sidToText(sid: Buffer): string {
  const parts = Array.from({ length: sid[1] ?? 0 }, (_, at) => sid.readUInt32LE(8 + 4 * at));
  return ['S', sid[0], sid.readUIntBE(2, 6), ...parts].join('-');
}

/** The first part of a DN and the rest of it. */
function splitFirst(dn: string): readonly [string, string] {
  const match = /^((?:\\.|[^\\,])+),(.*)$/s.exec(dn);
  return [match?.[1] ?? dn, match?.[2] ?? ''];
}
