import { OBJECT_STATES, type SpaceHead, type SpaceObject, type Store, TOUCH } from '../store/store.ts';
import type { EngineContext } from './context.ts';

/**
 * Domains whose objects refer to one another by objectGUID. What one of them only refers to is a placeholder in its space; here it comes to stand for
 * what the object of that GUID in another domain is joined to, as long as that is so. Everything that follows references then finds it by itself. With one
 * such source there is nothing to do, and nothing is asked.
 */
export class SiblingDomains {
  readonly #store: Store;
  readonly spaces: readonly number[];

  constructor(store: Store, spaces: readonly number[]) {
    this.#store = store;
    this.spaces = spaces.length < 2 ? [] : spaces;
  }

  static of(context: EngineContext, heads: readonly SpaceHead[]): SiblingDomains {
    const names = siblingNames(context);
    const spaces = heads.filter((head) => names.includes(head.name)).map((head) => head.id);
    return new SiblingDomains(context.store, spaces);
  }

  /** What an object is joined to has changed: so it has for the placeholders of its GUID. */
  async follow(object: SpaceObject): Promise<void> {
    for (const twin of await this.#twins(object))
      if (twin.state === OBJECT_STATES.placeholder) await this.resolve(twin);
  }

  /** Lets a placeholder stand for what the object of its GUID is joined to, or for nothing. */
  async resolve(placeholder: SpaceObject): Promise<void> {
    const { sync } = this.#store;
    const behind = (await this.#twins(placeholder)).find(isJoined);
    const mv = behind?.mv ?? null;
    if (mv === placeholder.mv) return;
    if (placeholder.mv !== null) await sync.touch(placeholder.mv, TOUCH.referred);
    await sync.touchReferencesTo(placeholder.id);
    await sync.link(placeholder.id, mv, false);
  }

  /** For people: the object of another domain that a placeholder names, whether it is joined or not; any other object is itself. */
  async lookBehind(object: SpaceObject): Promise<SpaceObject> {
    if (object.state !== OBJECT_STATES.placeholder) return object;
    return (await this.#twins(object)).find((twin) => twin.state === OBJECT_STATES.live) ?? object;
  }

  async #twins({ space, anchor }: SpaceObject): Promise<readonly SpaceObject[]> {
    if (!this.spaces.includes(space)) return [];
    const twins: SpaceObject[] = [];
    for (const other of this.spaces) {
      const twin = other === space ? null : await this.#store.spaces.objectByAnchor(other, anchor);
      if (twin !== null) twins.push(twin);
    }
    return twins;
  }
}

function isJoined({ state, mv }: SpaceObject): boolean {
  return state === OBJECT_STATES.live && mv !== null;
}

/** The sources that refer to one another; none when there is only one. */
export function siblingNames({ sources }: EngineContext): readonly string[] {
  const names = sources
    .filter(({ connector }) => connector.globalAnchors === true)
    .map(({ connector }) => connector.name);
  return names.length < 2 ? [] : names;
}
