import type { MemoryConnector } from '../../src/connectors/memory/connector.ts';
import type { MemoryTarget } from '../../src/connectors/memory/target.ts';
import type { TargetType } from '../../src/model/change.ts';
import { SeededRandom } from '../lab/seeded-random.ts';
import { container, group, guid, PEOPLE, ROOT, user } from './memory-lab.ts';

const USERS = 24;
const GROUPS = 8;
const CONTAINERS = ['people', 'sales', 'berlin', 'outside', 'attic'] as const;

export interface RandomEditsOptions {
  readonly seed: number;
  /** Users take mail addresses and sign-in names from each other. */
  readonly contested: boolean;
}

/** Edits a directory as a careless administrator would: the same seed gives the same edits. */
export class RandomEdits {
  readonly #random: SeededRandom;
  readonly #source: MemoryConnector;
  readonly #contested: boolean;

  constructor(source: MemoryConnector, options: RandomEditsOptions) {
    this.#random = new SeededRandom(options.seed);
    this.#source = source;
    this.#contested = options.contested;
    for (const [name, parent] of [
      ['sales', PEOPLE],
      ['berlin', guid('sales')],
      ['outside', ROOT],
      ['attic', guid('outside')],
    ] as const)
      source.put(container(name, name, parent));
    source.put(group('pilot'));
  }

  chance(probability: number): boolean {
    return this.#random.isLikely(probability);
  }

  below(limit: number): number {
    return this.#random.below(limit);
  }

  /** One edit; answers what it was. */
  edit(): string {
    const isUser = this.#random.isLikely(0.65);
    const name = isUser ? `u${this.#random.below(USERS)}` : this.#groupName();
    const isThere = this.#source.directory.get(guid(name)) !== undefined;
    if (!isThere) return this.#create(name, isUser);
    if (name !== 'pilot' && this.#random.isLikely(0.08)) {
      this.#source.remove(guid(name));
      return `remove ${name}`;
    }
    if (this.#random.isLikely(0.05)) return this.#moveContainer();
    if (this.#random.isLikely(0.15)) return this.#move(name);
    return isUser ? this.#editUser(name) : this.#editGroup(name);
  }

  /** Does something to the tenant behind our back. */
  async drift(target: MemoryTarget): Promise<string> {
    const objects = [...target.tenant.directory.objects()];
    const object = objects[this.#random.below(Math.max(1, objects.length))];
    if (object === undefined) return 'nothing to drift';
    const [member] = object.references.get('member') ?? [];
    if (member !== undefined && this.#random.isLikely(0.5)) {
      target.tenant.edit(object.anchor, { references: { member: { remove: [member] } } });
      return `tenant: take ${member} out of ${object.anchor}`;
    }
    if (this.#random.isLikely(0.5)) {
      target.tenant.edit(object.anchor, { attributes: { displayName: 'changed in the tenant' } });
      return `tenant: rename ${object.anchor}`;
    }
    async function* chunks() {
      const anchor = String(objects[0]?.attributes['sourceAnchor']);
      const type = (object?.type ?? 'user') as TargetType;
      yield [{ id: '1', action: 'delete' as const, type, anchor, targetId: object?.anchor ?? '' }];
    }
    for await (const _ of target.write(chunks()));
    return `tenant: delete ${object.anchor}`;
  }

  #groupName(): string {
    const number = this.#random.below(GROUPS);
    return number === 0 ? 'pilot' : `g${number}`;
  }

  #create(name: string, isUser: boolean): string {
    const parent = this.#container();
    const entry = isUser
      ? user(
          name,
          { mailNickname: name },
          this.#random.isLikely(0.5) ? { parent, manager: this.#userName() } : { parent },
        )
      : { ...group(name, this.#members(), { mailNickname: name }), place: { parent, rdn: `CN=${name}` } };
    this.#source.put(entry);
    return `create ${name}`;
  }

  #move(name: string): string {
    this.#source.edit(guid(name), { place: { parent: this.#container(), rdn: `CN=${name}` } });
    return `move ${name}`;
  }

  #moveContainer(): string {
    const parent = this.#random.pick([PEOPLE, guid('outside'), ROOT]);
    const rdn = this.#random.pick(['OU=sales', 'OU=verkauf']);
    this.#source.edit(guid('sales'), { place: { parent, rdn } });
    return `move sales to ${rdn} in ${parent}`;
  }

  #editUser(name: string): string {
    const kind = this.#random.below(this.#contested ? 7 : 5);
    if (kind === 0) return this.#attribute(name, 'title', `title ${this.#random.below(4)}`);
    if (kind === 1)
      return this.#attribute(name, 'mailNickname', this.#random.isLikely(0.5) ? name : 'SystemMailbox{1}');
    if (kind === 2) return this.#attribute(name, 'adminDescription', this.#random.isLikely(0.5) ? 'User_not' : null);
    if (kind === 3) return this.#attribute(name, 'userAccountControl', this.#random.isLikely(0.5) ? 512n : 514n);
    if (kind === 4) return this.#changeManager(name);
    if (kind === 5)
      return this.#attribute(name, 'mail', this.#random.isLikely(0.2) ? null : `m${this.#random.below(8)}@contoso.com`);
    return this.#attribute(name, 'userPrincipalName', `${this.#userName()}@contoso.com`);
  }

  #changeManager(name: string): string {
    const remove = [...(this.#source.directory.get(guid(name))?.references.get('manager') ?? [])];
    const add = this.#random.isLikely(0.3) ? [] : [guid(this.#userName())];
    this.#source.edit(guid(name), {
      references: { manager: { add, remove: remove.filter((one) => !add.includes(one)) } },
    });
    return `manager of ${name}: ${add.join()}`;
  }

  #editGroup(name: string): string {
    const kind = this.#random.below(10);
    if (kind === 0) return this.#attribute(name, 'description', `text ${this.#random.below(4)}`);
    if (kind === 1) return this.#attribute(name, 'adminDescription', this.#random.isLikely(0.3) ? 'Group_not' : null);
    const held = this.#source.directory.get(guid(name))?.references.get('member') ?? new Set<string>();
    const add = this.#random.isLikely(0.6) ? this.#members().map(guid) : [];
    const remove = [...held].filter((one) => !add.includes(one) && this.#random.isLikely(0.3));
    this.#source.edit(guid(name), { references: { member: { add, remove } } });
    return `members of ${name}: +${add.length} -${remove.length}`;
  }

  #attribute(name: string, attribute: string, value: string | bigint | null): string {
    this.#source.edit(guid(name), { attributes: { [attribute]: value } });
    return `${attribute} of ${name}: ${value}`;
  }

  #members(): readonly string[] {
    const count = this.#random.below(4);
    return Array.from({ length: count }, () => (this.#random.isLikely(0.7) ? this.#userName() : this.#groupName()));
  }

  #userName(): string {
    return `u${this.#random.below(USERS)}`;
  }

  #container(): string {
    return guid(CONTAINERS[this.#random.below(CONTAINERS.length)] ?? 'people');
  }
}
