import { createMemoryConnector, type MemoryConnector } from '../../src/connectors/memory/connector.ts';
import type { MemoryEntry, MemoryObject } from '../../src/connectors/memory/directory.ts';
import type { Value } from '../../src/model/value.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import { container, group, guid, PEOPLE, ROOT, ROOT_DN, user } from '../memory/memory-lab.ts';

const MOST_USERS = 40;
const MOST_GROUPS = 12;
const CONTAINERS = ['people', 'sales', 'berlin', 'outside', 'attic'] as const;
const TITLES = ['Analyst', 'Engineer', 'Müller', '部長'] as const;
/** Small, so that a read is many pages and can break between any two of them. */
const PAGES = { objects: 7, targets: 20 };

/** A directory in memory that is changed at random, the same way for the same seed. People's container is in scope, `outside` is not. */
export class RandomDirectory {
  readonly #random: SeededRandom;
  #source: MemoryConnector;
  #count = 0;
  /** Deleted ones, as they lie in the recycle bin, with the groups that held them. */
  readonly #bin = new Map<string, { readonly entry: MemoryEntry; readonly groups: readonly string[] }>();
  #backup: readonly MemoryEntry[] | null = null;
  #away: string[] = [];
  /** What was done, for the message of a failure. */
  readonly log: string[] = [];

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 3);
    this.#source = createSource();
    this.#source.put({ anchor: ROOT, type: 'domain', place: { parent: null, rdn: ROOT_DN } });
    for (const [name, parent] of [
      ['people', ROOT],
      ['sales', PEOPLE],
      ['berlin', guid('sales')],
      ['outside', ROOT],
      ['attic', guid('outside')],
    ] as const)
      this.#source.put(container(name, name, parent));
    for (let made = 0; made < 16; made++) this.#create('user');
    for (let made = 0; made < 5; made++) this.#create('group');
  }

  get source(): MemoryConnector {
    return this.#source;
  }

  /** Where people are, as an administrator writes it into a configuration today. */
  get scope(): string {
    return this.#dnOf(PEOPLE);
  }

  change(): void {
    const acts: readonly (readonly [number, () => string])[] = [
      [6, () => this.#create(this.#random.isLikely(0.7) ? 'user' : 'group')],
      [10, () => this.#setAttribute()],
      [6, () => this.#move()],
      [3, () => this.#renameContainer()],
      [3, () => this.#moveContainer()],
      [4, () => this.#disable()],
      [5, () => this.#delete()],
      [5, () => this.#restore()],
      [14, () => this.#changeMembers()],
      [6, () => this.#changeManager()],
      [5, () => this.#swapNames()],
      [4, () => this.#moveMail()],
    ];
    let chance = this.#random.below(acts.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, act] of acts) {
      chance -= weight;
      if (chance >= 0) continue;
      this.log.push(act());
      return;
    }
  }

  /** Moves back who went by the last call, and so many others out of the scope: people who leave and return within days. */
  commute(random: SeededRandom, leavers: number): void {
    for (const anchor of this.#away) this.#place(anchor, PEOPLE);
    this.#away = [];
    const here = [...this.#objects('user')];
    for (let left = leavers; left > 0 && here.length > 0; left--) {
      const [one] = here.splice(random.below(here.length), 1);
      if (one === undefined) return;
      this.#away.push(one.anchor);
      this.#place(one.anchor, guid('outside'));
    }
  }

  #place(anchor: string, parent: string): void {
    const one = this.#source.directory.get(anchor);
    if (one === undefined) return;
    this.#source.edit(anchor, { place: { parent, rdn: one.place?.rdn ?? '' } });
    this.log.push(`move ${nameOf(one)} to ${this.#dnOf(parent)}`);
  }

  /** Keeps everything as it is now. */
  backUp(): void {
    this.#backup = [...this.#source.directory.objects()].map(copyOf);
  }

  /** Puts the directory back to where it was backed up, as another database: nothing tells what was lost. False without a backup. */
  restoreBackup(): boolean {
    if (this.#backup === null) return false;
    this.#source = createSource();
    for (const entry of this.#backup) this.#source.put(entry);
    this.#source.refuseWatermarks('the directory was put back from a backup');
    this.#bin.clear();
    this.log.push('put back from a backup');
    return true;
  }

  /** Everybody, wherever they are. */
  users(): readonly { readonly anchor: string; readonly name: string }[] {
    return this.#objects('user').map((one) => ({ anchor: one.anchor, name: nameOf(one) }));
  }

  /** The anchors that the tenant knows the objects in scope by. */
  anchorsInScope(): ReadonlySet<string> {
    const found = [...this.#objects('user'), ...this.#objects('group')].filter((one) => this.#isInScope(one));
    return new Set(found.map((one) => Buffer.from(one.attributes['objectGUID'] as Uint8Array).toString('base64')));
  }

  #isInScope(object: MemoryObject): boolean {
    for (let parent = object.place?.parent; parent; parent = this.#source.directory.get(parent)?.place?.parent)
      if (parent === PEOPLE) return true;
    return false;
  }

  #create(type: 'user' | 'group'): string {
    if (this.#objects(type).length >= (type === 'user' ? MOST_USERS : MOST_GROUPS)) return this.#setAttribute();
    const name = `${type === 'user' ? 'u' : 'g'}${++this.#count}`;
    const parent = this.#pickContainer();
    const mail: Record<string, Value> =
      type === 'user' && this.#random.isLikely(0.5) ? { mail: `${name}@contoso.com` } : {};
    const made = type === 'user' ? user(name, mail) : group(name, []);
    this.#source.put({ ...made, place: { parent, rdn: `CN=${name}` } });
    return `create ${name}`;
  }

  #setAttribute(): string {
    const one = this.#pick([...this.#objects('user'), ...this.#objects('group')]);
    const [name, value] =
      one.type === 'user' ? this.#userValue() : (['description', `text ${this.#random.below(5)}`] as const);
    this.#source.edit(one.anchor, { attributes: { [name]: value } });
    return `${name} of ${nameOf(one)}: ${value}`;
  }

  #userValue(): readonly [string, string | null] {
    const name = this.#random.pick(['title', 'department', 'mobile', 'givenName', 'displayName']);
    if (name === 'displayName') return [name, `Person ${this.#random.below(100)}`];
    return [name, this.#random.isLikely(0.2) ? null : `${this.#random.pick(TITLES)} ${this.#random.below(5)}`];
  }

  #move(): string {
    const one = this.#pick([...this.#objects('user'), ...this.#objects('group')]);
    const parent = this.#pickContainer();
    this.#source.edit(one.anchor, { place: { parent, rdn: one.place?.rdn ?? '' } });
    return `move ${nameOf(one)} to ${this.#dnOf(parent)}`;
  }

  #renameContainer(): string {
    const name = this.#random.pick(['people', 'sales', 'berlin']);
    const rdn = `OU=${name} ${++this.#count}`;
    const parent = this.#source.directory.get(guid(name))?.place?.parent ?? ROOT;
    this.#source.edit(guid(name), { place: { parent, rdn } });
    return `rename ${name} to ${rdn}`;
  }

  #moveContainer(): string {
    const parent = this.#random.pick([PEOPLE, guid('outside'), PEOPLE]);
    const rdn = this.#source.directory.get(guid('sales'))?.place?.rdn ?? 'OU=sales';
    this.#source.edit(guid('sales'), { place: { parent, rdn } });
    return `move sales to ${this.#dnOf(parent)}`;
  }

  #disable(): string {
    const one = this.#pick(this.#objects('user'));
    const isEnabled = one.attributes['userAccountControl'] === 512n;
    this.#source.edit(one.anchor, { attributes: { userAccountControl: isEnabled ? 514n : 512n } });
    return `${isEnabled ? 'disable' : 'enable'} ${nameOf(one)}`;
  }

  #delete(): string {
    const type = this.#random.isLikely(0.7) ? 'user' : 'group';
    if (this.#objects(type).length < 4) return this.#setAttribute();
    const one = this.#pick(this.#objects(type));
    const groups = this.#objects('group').filter((each) => each.references.get('member')?.has(one.anchor));
    this.#bin.set(one.anchor, { entry: copyOf(one), groups: groups.map((each) => each.anchor) });
    this.#source.remove(one.anchor);
    return `delete ${nameOf(one)}`;
  }

  /** From the recycle bin, with the memberships; not while somebody else has a name of it. */
  #restore(): string {
    const [found] = [...this.#bin.values()].slice(this.#random.below(Math.max(1, this.#bin.size)));
    if (found === undefined) return this.#setAttribute();
    const { entry, groups } = found;
    this.#bin.delete(entry.anchor);
    const isTaken = (name: string): boolean =>
      entry.attributes?.[name] !== undefined &&
      this.#objects('user').some((one) => one.attributes[name] === entry.attributes?.[name]);
    if (isTaken('userPrincipalName') || isTaken('mail')) return this.#setAttribute();
    const references = Object.fromEntries(
      Object.entries(entry.references ?? {}).map(([name, targets]) => [
        name,
        [...targets].filter((target) => this.#source.directory.get(target) !== undefined),
      ]),
    );
    const isParentThere = this.#source.directory.get(entry.place?.parent ?? '') !== undefined;
    const parent = isParentThere ? entry.place?.parent : PEOPLE;
    this.#source.put({ ...entry, references, place: { parent: parent ?? PEOPLE, rdn: entry.place?.rdn ?? '' } });
    for (const one of groups)
      if (this.#source.directory.get(one)) this.#source.edit(one, { references: { member: { add: [entry.anchor] } } });
    return `restore ${nameOf(entry)}`;
  }

  #changeMembers(): string {
    const one = this.#pick(this.#objects('group'));
    const held = [...(one.references.get('member') ?? [])];
    const pool = this.#random.isLikely(0.3) ? this.#objects('group') : this.#objects('user');
    const wanted = Array.from({ length: this.#random.below(5) }, () => this.#pick(pool).anchor);
    const add = [...new Set(wanted)].filter((target) => target !== one.anchor && !held.includes(target));
    const remove = held.filter(() => this.#random.isLikely(0.3));
    this.#source.edit(one.anchor, { references: { member: { add, remove } } });
    return `members of ${nameOf(one)}: +${add.length} -${remove.length}`;
  }

  #changeManager(): string {
    const [one, manager] = [this.#pick(this.#objects('user')), this.#pick(this.#objects('user'))];
    const add = manager === one || this.#random.isLikely(0.3) ? [] : [manager.anchor];
    const remove = [...(one.references.get('manager') ?? [])].filter((each) => !add.includes(each));
    this.#source.edit(one.anchor, { references: { manager: { add, remove } } });
    return `manager of ${nameOf(one)}: ${add.length === 0 ? 'nobody' : nameOf(manager)}`;
  }

  #swapNames(): string {
    const [one, other] = [this.#pick(this.#objects('user')), this.#pick(this.#objects('user'))];
    const [first, second] = [one.attributes['userPrincipalName'], other.attributes['userPrincipalName']];
    if (one === other || first === undefined || second === undefined) return this.#setAttribute();
    this.#source.edit(one.anchor, { attributes: { userPrincipalName: second } });
    this.#source.edit(other.anchor, { attributes: { userPrincipalName: first } });
    return `swap ${first} and ${second}`;
  }

  #moveMail(): string {
    const [one, other] = [this.#pick(this.#objects('user')), this.#pick(this.#objects('user'))];
    const mail = one.attributes['mail'];
    if (one === other || mail === undefined || other.attributes['mail'] !== undefined) return this.#setAttribute();
    this.#source.edit(one.anchor, { attributes: { mail: null } });
    this.#source.edit(other.anchor, { attributes: { mail } });
    return `mail ${mail} goes from ${nameOf(one)} to ${nameOf(other)}`;
  }

  #objects(type: string): readonly MemoryObject[] {
    return [...this.#source.directory.objects()].filter((one) => one.type === type);
  }

  #pick<Kind>(list: readonly Kind[]): Kind {
    const found = list[this.#random.below(list.length)];
    if (found === undefined) throw new Error('there is nothing to choose from');
    return found;
  }

  #pickContainer(): string {
    return guid(this.#random.isLikely(0.4) ? 'people' : this.#random.pick(CONTAINERS));
  }

  #dnOf(anchor: string): string {
    const place = this.#source.directory.get(anchor)?.place;
    if (!place) throw new Error(`${anchor} is nowhere`);
    return place.parent === null ? place.rdn : `${place.rdn},${this.#dnOf(place.parent)}`;
  }
}

function createSource(): MemoryConnector {
  const parameters = { 'Domain.FQDN': 'contoso.com', 'Domain.Netbios': 'CORP' };
  return createMemoryConnector('corp', { parameters, bounds: PAGES });
}

function copyOf({ anchor, type, place, attributes, references }: MemoryObject): MemoryEntry {
  const copied = [...references].map(([name, targets]) => [name, [...targets]] as const);
  return { anchor, type, place, attributes: { ...attributes }, references: Object.fromEntries(copied) };
}

function nameOf(entry: MemoryEntry | MemoryObject): string {
  return String(entry.attributes?.['sAMAccountName']);
}
