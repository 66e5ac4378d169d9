import { escapeRdnValue } from '../../src/model/dn.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import { type Company, type Deleted, UPN_SUFFIX } from './company.ts';

/** A container or an object below one. Its DN follows from its parents, whatever became of them. */
interface Node {
  rdn: string;
  parent: Node | null;
}

interface User extends Node {
  upn: string;
  isEnabled: boolean;
}

interface Lost<Kind extends Node> {
  readonly node: Kind;
  readonly deleted: Deleted;
}

const TITLES = ['Analyst', 'Engineer', 'Müller', '部長', 'Chief, of "staff"'] as const;
const CITIES = ['London', 'Wien', 'Zürich', '東京'] as const;
const ATTRIBUTES = ['title', 'l', 'department', 'mobile', 'givenName', 'sn'] as const;
const FIRST_USERS = 12;
const FIRST_GROUPS = 5;

/**
 * Changes a company at random, the same way for the same seed: people and groups come, change, move in and out of the scope, go and come back; containers
 * are renamed and moved with all they hold. Everything happens below `root` (in scope) and `outside`.
 */
export class RandomChanges {
  readonly #company: Company;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #containers: Node[];
  /** Containers that may be renamed and moved. */
  readonly #movable: Node[];
  readonly #users: User[] = [];
  readonly #groups: Node[] = [];
  readonly #lostUsers: Lost<User>[] = [];
  readonly #lostGroups: Lost<Node>[] = [];
  #count = 0;
  /** What was done, for the message of a failure. */
  readonly log: string[] = [];

  /** A group that is never deleted, for scopes of pilot groups. */
  #pilot: Node | undefined;

  private constructor(company: Company, seed: number, containers: readonly Node[], movable: readonly Node[]) {
    this.#company = company;
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#containers = [...containers];
    this.#movable = [...movable];
  }

  /** Makes the containers and the first people and groups. */
  static async begin(company: Company, seed: number, root: string, outside: string): Promise<RandomChanges> {
    const [rootNode, outsideNode] = [nodeOf(root), nodeOf(outside)];
    const movable: Node[] = [];
    for (const [name, parent] of [
      ['Berlin', rootNode],
      ['Wien', rootNode],
      ['Sales, "field"', rootNode],
      ['Elsewhere', outsideNode],
    ] as const) {
      await company.makeOu(name, dnOf(parent));
      movable.push({ rdn: `OU=${escapeRdnValue(name)}`, parent });
    }
    const changes = new RandomChanges(company, seed, [rootNode, outsideNode, ...movable], movable);
    for (let index = 0; index < FIRST_USERS; index += 1) await changes.#createUser();
    for (let index = 0; index < FIRST_GROUPS; index += 1) await changes.#createGroup();
    changes.#pilot = changes.#groups[0];
    return changes;
  }

  /** Where everybody is now who has not been deleted. */
  get users(): readonly string[] {
    return this.#users.map(dnOf);
  }

  /** Where the container that was first `Berlin` is now. */
  get firstContainer(): string {
    const [first] = this.#movable;
    if (first === undefined) throw new Error('there are no containers');
    return dnOf(first);
  }

  /** Where the group that is never deleted is now. */
  get pilotGroup(): string {
    if (this.#pilot === undefined) throw new Error('there is no pilot group');
    return dnOf(this.#pilot);
  }

  /** Makes everybody a member of the group that is never deleted. */
  async fillPilotGroup(): Promise<void> {
    await this.#company.changeMembers(this.pilotGroup, [...this.#users, ...this.#groups.slice(1)].map(dnOf));
  }

  /** Makes one change that is possible as things are. */
  async change(): Promise<void> {
    const possible = this.#possible();
    const total = possible.reduce((sum, [weight]) => sum + weight, 0);
    let chance = this.#random.below(total);
    for (const [weight, act] of possible) {
      chance -= weight;
      if (chance >= 0) continue;
      await act.call(this);
      return;
    }
  }

  #possible(): readonly (readonly [number, () => Promise<void>])[] {
    const all: readonly (readonly [number, () => Promise<void>, boolean])[] = [
      [6, this.#createUser, this.#users.length < 40],
      [10, this.#setAttribute, this.#users.length > 0],
      [4, this.#clearAttribute, this.#users.length > 0],
      [4, this.#changeMail, this.#users.length > 0],
      [3, this.#renameUser, this.#users.length > 0],
      [7, this.#moveUser, this.#users.length > 0],
      [2, this.#renameContainer, true],
      [3, this.#moveContainer, true],
      [4, this.#switchUser, this.#users.length > 0],
      [4, this.#deleteUser, this.#users.length > 4],
      [4, this.#restoreUser, this.#lostUsers.length > 0],
      [3, this.#createGroup, this.#groups.length < 15],
      [10, this.#addMember, this.#groups.length > 0],
      [6, this.#removeMember, this.#groups.length > 0],
      [3, this.#renameGroup, this.#groups.length > 0],
      [2, this.#moveGroup, this.#groups.length > 0],
      [2, this.#deleteGroup, this.#groups.length > 2],
      [2, this.#restoreGroup, this.#lostGroups.length > 0],
      [6, this.#setManager, this.#users.length > 1],
      [2, this.#clearManager, this.#users.length > 0],
      [3, this.#swapNames, this.#users.length > 1],
    ];
    return all.flatMap(([weight, act, isPossible]) => (isPossible ? [[weight, act] as const] : []));
  }

  async #createUser(): Promise<void> {
    const parent = this.#pickPlace(this.#containers);
    const name = `person ${++this.#count}`;
    const upn = `person${this.#count}.${this.#seed}@${UPN_SUFFIX}`;
    await this.#company.makeUser(name, dnOf(parent), { userPrincipalName: upn, title: this.#random.pick(TITLES) });
    this.#users.push({ rdn: `CN=${name}`, parent, upn, isEnabled: true });
    this.log.push(`create ${upn} in ${dnOf(parent)}`);
  }

  async #setAttribute(): Promise<void> {
    const [user, name] = [this.#pick(this.#users), this.#random.pick(ATTRIBUTES)];
    const value = `${this.#random.pick(CITIES)} ${this.#random.below(5)}`;
    await this.#company.set(dnOf(user), { [name]: value });
    this.log.push(`set ${name} of ${user.upn} to ${value}`);
  }

  async #clearAttribute(): Promise<void> {
    const [user, name] = [this.#pick(this.#users), this.#random.pick(ATTRIBUTES)];
    await this.#company.set(dnOf(user), { [name]: [] });
    this.log.push(`clear ${name} of ${user.upn}`);
  }

  async #changeMail(): Promise<void> {
    const user = this.#pick(this.#users);
    const mail = this.#random.isLikely(0.3) ? [] : `mail${++this.#count}.${this.#seed}@${UPN_SUFFIX}`;
    await this.#company.set(dnOf(user), { mail });
    this.log.push(`mail of ${user.upn} is ${mail}`);
  }

  async #renameUser(): Promise<void> {
    const user = this.#pick(this.#users);
    this.log.push(`rename ${user.upn}`);
    await this.#rename(user, `person, ${++this.#count} "${this.#random.pick(CITIES)}"`);
  }

  async #moveUser(): Promise<void> {
    const [user, parent] = [this.#pick(this.#users), this.#pickPlace(this.#containers)];
    this.log.push(`move ${user.upn} to ${dnOf(parent)}`);
    await this.#move(user, parent);
  }

  async #renameContainer(): Promise<void> {
    const container = this.#pick(this.#movable);
    this.log.push(`rename ${dnOf(container)}`);
    await this.#rename(container, `${this.#random.pick(CITIES)} ${++this.#count}`);
  }

  async #moveContainer(): Promise<void> {
    const container = this.#pick(this.#movable);
    const places = this.#containers.filter((one) => one !== container.parent && !isBelow(one, container));
    const parent = this.#pickPlace(places);
    this.log.push(`move ${dnOf(container)} to ${dnOf(parent)}`);
    await this.#move(container, parent);
  }

  async #switchUser(): Promise<void> {
    const user = this.#pick(this.#users);
    user.isEnabled = !user.isEnabled;
    await this.#company.set(dnOf(user), { userAccountControl: user.isEnabled ? '544' : '546' });
    this.log.push(`${user.isEnabled ? 'enable' : 'disable'} ${user.upn}`);
  }

  async #deleteUser(): Promise<void> {
    const user = this.#take(this.#users);
    this.#lostUsers.push({ node: user, deleted: await this.#company.delete(dnOf(user)) });
    this.log.push(`delete ${user.upn}`);
  }

  async #restoreUser(): Promise<void> {
    const { node, deleted } = this.#take(this.#lostUsers);
    await this.#company.restore({ ...deleted, dn: dnOf(node) });
    this.#users.push(node);
    this.log.push(`restore ${node.upn}`);
  }

  async #createGroup(): Promise<void> {
    const parent = this.#pickPlace(this.#containers);
    const name = `group ${++this.#count}`;
    await this.#company.makeGroup(name, dnOf(parent));
    this.#groups.push({ rdn: `CN=${name}`, parent });
    this.log.push(`create ${name} in ${dnOf(parent)}`);
  }

  async #addMember(): Promise<void> {
    const group = (this.#random.isLikely(0.3) ? this.#pilot : undefined) ?? this.#pick(this.#groups);
    const isNested = this.#random.isLikely(0.3);
    const member = this.#pick<Node>(isNested ? this.#groups : this.#users);
    if (member === group || (await this.#isMember(group, member))) return this.#setAttribute();
    await this.#company.changeMembers(dnOf(group), [dnOf(member)]);
    this.log.push(`add ${member.rdn} to ${group.rdn}`);
  }

  async #removeMember(): Promise<void> {
    const group = this.#pick(this.#groups);
    const members = await this.#company.membersOf(dnOf(group));
    const member = members[this.#random.below(members.length)];
    if (member === undefined) return this.#addMember();
    await this.#company.changeMembers(dnOf(group), [], [member]);
    this.log.push(`remove ${member} from ${group.rdn}`);
  }

  async #isMember(group: Node, member: Node): Promise<boolean> {
    const members = await this.#company.membersOf(dnOf(group));
    const guids = await Promise.all(members.map((dn) => this.#company.guidOf(dn)));
    return guids.includes(await this.#company.guidOf(dnOf(member)));
  }

  async #renameGroup(): Promise<void> {
    const group = this.#pick(this.#groups);
    this.log.push(`rename ${group.rdn}`);
    await this.#rename(group, `group, ${++this.#count} + ${this.#random.pick(CITIES)}`);
  }

  async #moveGroup(): Promise<void> {
    const [group, parent] = [this.#pick(this.#groups), this.#pickPlace(this.#containers)];
    this.log.push(`move ${group.rdn} to ${dnOf(parent)}`);
    await this.#move(group, parent);
  }

  async #deleteGroup(): Promise<void> {
    const group = this.#take(this.#groups);
    if (group === this.#pilot) {
      this.#groups.push(group);
      return this.#renameGroup();
    }
    this.#lostGroups.push({ node: group, deleted: await this.#company.delete(dnOf(group)) });
    this.log.push(`delete ${group.rdn}`);
  }

  async #restoreGroup(): Promise<void> {
    const { node, deleted } = this.#take(this.#lostGroups);
    await this.#company.restore({ ...deleted, dn: dnOf(node) });
    this.#groups.push(node);
    this.log.push(`restore ${node.rdn}`);
  }

  async #setManager(): Promise<void> {
    const [user, manager] = [this.#pick(this.#users), this.#pick(this.#users)];
    await this.#company.set(dnOf(user), { manager: dnOf(manager) });
    this.log.push(`manager of ${user.upn} is ${manager.upn}`);
  }

  async #clearManager(): Promise<void> {
    const user = this.#pick(this.#users);
    await this.#company.set(dnOf(user), { manager: [] });
    this.log.push(`no manager of ${user.upn}`);
  }

  async #swapNames(): Promise<void> {
    const [one, other] = [this.#pick(this.#users), this.#pick(this.#users)];
    if (one === other) return this.#setAttribute();
    await this.#company.set(dnOf(one), { userPrincipalName: `aside${++this.#count}.${this.#seed}@${UPN_SUFFIX}` });
    await this.#company.set(dnOf(other), { userPrincipalName: one.upn });
    await this.#company.set(dnOf(one), { userPrincipalName: other.upn });
    [one.upn, other.upn] = [other.upn, one.upn];
    this.log.push(`swap ${one.upn} and ${other.upn}`);
  }

  async #rename(node: Node, name: string): Promise<void> {
    await this.#company.move(dnOf(node), { name });
    node.rdn = `${node.rdn.slice(0, 3)}${escapeRdnValue(name)}`;
  }

  async #move(node: Node, parent: Node): Promise<void> {
    if (parent !== node.parent) await this.#company.move(dnOf(node), { parent: dnOf(parent) });
    node.parent = parent;
  }

  #pick<Kind>(list: readonly Kind[]): Kind {
    const found = list[this.#random.below(list.length)];
    if (found === undefined) throw new Error('there is nothing to choose from');
    return found;
  }

  /** The root of the scope more often than any other: most of the company is in scope. */
  #pickPlace(places: readonly Node[]): Node {
    const [root] = this.#containers;
    return root !== undefined && places.includes(root) && this.#random.isLikely(0.35) ? root : this.#pick(places);
  }

  #take<Kind>(list: Kind[]): Kind {
    const taken = this.#pick(list);
    list.splice(list.indexOf(taken), 1);
    return taken;
  }
}

function nodeOf(dn: string): Node {
  return { rdn: dn, parent: null };
}

function dnOf(node: Node): string {
  return node.parent === null ? node.rdn : `${node.rdn},${dnOf(node.parent)}`;
}

function isBelow(node: Node, ancestor: Node): boolean {
  for (let at: Node | null = node; at !== null; at = at.parent) if (at === ancestor) return true;
  return false;
}
