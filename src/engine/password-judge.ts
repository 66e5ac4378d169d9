import { DirbridgeError } from '../errors.ts';
import type { ObjectName } from '../model/finding.ts';
import { type MetaverseObject, OBJECT_STATES, type SpaceObject, type Store } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { findByName, searchAll } from './explain.ts';
import { objectName } from './object-name.ts';
import { ruleSource, runParameters } from './rule-source.ts';
import { findByDn } from './scope.ts';

/** Whose passwords are sent besides what the rules say: DNs of containers, groups (their direct members) and accounts. Empty `only`: everybody's. */
export interface PasswordChoice {
  readonly only: readonly string[];
  readonly except: readonly string[];
}

/** An account of which the rules say that it gives the password of a person. */
export interface JudgedAccount {
  readonly mv: number;
  readonly object: number;
  readonly parent: number | null;
}

const REMEMBERED = 'passwords choice ';
const KEYS = ['only', 'except'] as const;

/** Says whose password is synchronized, and by what name people know an account. */
export class PasswordJudge {
  readonly #context: EngineContext;
  readonly #only: readonly SpaceObject[];
  readonly #except: readonly SpaceObject[];
  readonly #containers = new Map<number, ReadonlySet<number>>();
  readonly #parameters: Readonly<Record<string, string>>;

  private constructor(context: EngineContext, only: readonly SpaceObject[], except: readonly SpaceObject[]) {
    this.#context = context;
    this.#only = only;
    this.#except = except;
    this.#parameters = runParameters(context.now());
  }

  /**
   * What the DNs stand for is found once; from then on a container, group or account that is renamed or moved stays what it was. Throws `scope-not-found` for one
   * that never was in a directory: a name misspelled in `except` would send what must not be sent.
   */
  static async open(context: EngineContext, choice: PasswordChoice): Promise<PasswordJudge> {
    const found: Record<(typeof KEYS)[number], SpaceObject[]> = { only: [], except: [] };
    for (const key of KEYS)
      for (const [index, dn] of choice[key].entries())
        found[key].push(...(await resolve(context, dn, `passwords.${key}[${index}]`)));
    return new PasswordJudge(context, found.only, found.except);
  }

  /** Memberships or places decide: somebody may be left out although nothing happened to the person. */
  get looksAtEverybody(): boolean {
    return this.#only.length + this.#except.length > 0;
  }

  /** Why the password of an account is not sent; null: it is. */
  async whyNot(account: JudgedAccount): Promise<'not-selected' | 'rules' | null> {
    if (!(await this.#isSelected(account))) return 'not-selected';
    const person = await this.#context.store.sync.metaverse(account.mv);
    return person !== null && this.#takesPassword(person) ? null : 'rules';
  }

  nameOf(space: number, anchor: string): Promise<ObjectName> {
    return nameOfAccount(this.#context.store, space, anchor);
  }

  /** An outbound rule of the person has the flag, too. */
  #takesPassword(person: MetaverseObject): boolean {
    const { rules } = this.#context;
    const source = ruleSource(person.attributes, {}, this.#parameters, null, `metaverse/${person.anchor ?? ''}`);
    return rules.outbound(person.type).some((rule) => rule.enablePasswordSync && rule.isInScope(source));
  }

  async #isSelected(account: JudgedAccount): Promise<boolean> {
    if (await this.#isAmong(this.#except, account)) return false;
    return this.#only.length === 0 || (await this.#isAmong(this.#only, account));
  }

  async #isAmong(list: readonly SpaceObject[], account: JudgedAccount): Promise<boolean> {
    for (const one of list) {
      if (one.id === account.object) return true;
      const holds =
        one.type === 'group'
          ? await this.#context.store.sync.isReferenced(one.id, 'member', account.object)
          : account.parent !== null && (await this.#above(account.parent)).has(one.id);
      if (holds) return true;
    }
    return false;
  }

  /** A container and all that it lies in. */
  async #above(container: number): Promise<ReadonlySet<number>> {
    const known = this.#containers.get(container);
    if (known !== undefined) return known;
    const above = new Set<number>();
    for (let at: number | null = container; at !== null && !above.has(at); ) {
      above.add(at);
      at = (await this.#context.store.sync.parentOf(at))?.parent ?? null;
    }
    this.#containers.set(container, above);
    return above;
  }
}

/** How people know an account of a source. */
export async function nameOfAccount(store: Store, space: number, anchor: string): Promise<ObjectName> {
  const name = (await store.spaces.spaces()).find(({ id }) => id === space)?.name ?? '';
  const object = await store.spaces.objectByAnchor(space, anchor);
  if (object === null) return { space: name, anchor, type: 'user', name: anchor };
  return objectName(object, name, await store.sync.dnOf(object.id));
}

async function resolve({ store, sources }: EngineContext, dn: string, key: string): Promise<readonly SpaceObject[]> {
  const known = await store.meta(`${REMEMBERED}${dn}`);
  const before = known === null || known === '' ? null : await store.spaces.objectById(Number(known));
  if (before?.state === OBJECT_STATES.live) return [before];
  const found = await findLive(
    store,
    sources.map(({ connector }) => connector.name),
    dn,
  );
  if (found !== null) {
    await store.transaction(() => store.setMeta(`${REMEMBERED}${dn}`, String(found.id)));
    return [found];
  }
  // What has been there and is gone holds nobody any more.
  if (known !== null && known !== '') return before === null ? [] : [before];
  throw unknownChoice(key, dn);
}

async function findLive(store: Store, sources: readonly string[], dn: string): Promise<SpaceObject | null> {
  for (const space of await store.spaces.spaces()) {
    const found = sources.includes(space.name) ? await findByDn(store, space.id, dn) : null;
    if (found?.state === OBJECT_STATES.live) return found;
  }
  return null;
}

function unknownChoice(key: string, dn: string): DirbridgeError {
  return new DirbridgeError('scope-not-found', `${key} names "${dn}", which is in no directory that was read`, {
    remedy: 'Correct the DN in the configuration, or read the directory first: dirbridge plan.',
  });
}

/** What of the choice `PasswordJudge.open` would throw for, without writing anything; nothing before all sources were read once. */
export async function findUnknownChoices(
  store: Store,
  sources: readonly string[],
  choice: PasswordChoice,
): Promise<readonly DirbridgeError[]> {
  const spaces = await store.spaces.spaces();
  if (!sources.every((name) => spaces.some((space) => space.name === name && space.importedAt !== null))) return [];
  const unknown: DirbridgeError[] = [];
  for (const key of KEYS)
    for (const [index, dn] of choice[key].entries()) {
      const known = await store.meta(`${REMEMBERED}${dn}`);
      const wasThere = known !== null && known !== '';
      if (!wasThere && (await findLive(store, sources, dn)) === null)
        unknown.push(unknownChoice(`passwords.${key}[${index}]`, dn));
    }
  return unknown;
}

/** The person that somebody names, by UPN, DN, GUID, mail address or name, with the account that gives its password. Throws `object-not-found`. */
export async function findPasswordAccount(
  context: EngineContext,
  name: string,
): Promise<{ readonly space: number; readonly anchor: string }> {
  const { store } = context;
  const spaces = await store.spaces.spaces();
  const named = await findByName(context, spaces, name);
  const found = named.length > 0 ? named : await searchAll(context, name);
  const persons = new Set(found.flatMap(({ mv }) => (mv === null ? [] : [mv])));
  if (persons.size > 1)
    throw new DirbridgeError('object-not-found', `${persons.size} persons go by the name "${name}"`, {
      remedy: 'Name the person by DN or GUID.',
    });
  const tenant = spaces.find((space) => space.name === TENANT)?.id;
  for (const mv of persons) {
    const joined = (await store.sync.objectsOf(mv)).filter(({ space }) => space !== tenant);
    for (const { space, anchor } of joined)
      if ((await store.passwords.givers(space, [anchor])).length > 0) return { space, anchor };
    throw new DirbridgeError('object-not-found', `no rule lets an account give the password of "${name}"`, {
      remedy: `See which rules apply: dirbridge explain ${JSON.stringify(name)}. A disabled account gives none.`,
    });
  }
  throw new DirbridgeError('object-not-found', `no synchronized person goes by the name "${name}"`);
}
