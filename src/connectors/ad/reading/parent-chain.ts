import type { ObjectPut } from '../../../model/change.ts';
import { columnNames } from '../objects/attribute-columns.ts';
import { IDENTITY_ATTRIBUTES, ObjectDecoder } from '../objects/directory-object.ts';
import { hasAnchor, toPut } from '../objects/object-changes.ts';
import { isReadByItself } from '../objects/object-type.ts';
import type { Session } from '../session/sessions.ts';
import { anchorBase, objectControls, type ReadContext } from './read-context.ts';

/**
 * Parents that a read does not deliver by itself: containers that Windows hides, and objects of other classes. An object under them has
 * no place without them, so they are read one by one.
 */
export class ParentChain {
  readonly #isKnown: (anchor: string) => boolean;
  readonly #settled = new Set<string>();
  #needed: string[] = [];

  /** `isKnown`: whether the read delivers that object anyway. */
  constructor(isKnown: (anchor: string) => boolean) {
    this.#isKnown = isKnown;
  }

  need(anchor: string | null | undefined): void {
    if (anchor === null || anchor === undefined || this.#settled.has(anchor)) return;
    this.#settled.add(anchor);
    this.#needed.push(anchor);
  }

  /** Reads the hidden ones among the needed parents, and theirs in turn. `all`: also those that a read delivers by itself. */
  async *read(session: Session, context: ReadContext, which: 'hidden' | 'all'): AsyncGenerator<ObjectPut, void, void> {
    const decoder = new ObjectDecoder(context.columns, 'positions');
    this.#needed = this.#needed.filter((anchor) => !this.#isKnown(anchor));
    for (let anchor = this.#needed.at(-1); anchor !== undefined; anchor = this.#needed.at(-1)) {
      const entry = await session.connection.readEntry({
        base: anchorBase(anchor),
        attributes: [...columnNames(context.columns), ...IDENTITY_ATTRIBUTES, 'showInAdvancedViewOnly'],
        controls: objectControls(session.facts),
      });
      // Only now, so that a broken connection leaves it to the next attempt.
      this.#needed.pop();
      const object = entry === null ? null : decoder.decode(entry);
      if (object === null || !hasAnchor(object)) continue;
      if (which === 'hidden' && isReadByItself(object.type ?? 'other', object.isHidden)) continue;
      yield toPut(object, session.facts.namingContext);
      if (object.parent !== null && !this.#isKnown(object.parent)) this.need(object.parent);
    }
  }
}
