import { splitFirstRdn } from '../../../model/dn.ts';
import { ObjectDecoder } from '../objects/directory-object.ts';
import { isSameSpelling } from '../objects/extended-dn.ts';
import type { AnchoredObject } from '../objects/object-changes.ts';
import type { Session } from '../session/sessions.ts';
import { completeAttributes } from './ranged-values.ts';
import type { ReadContext } from './read-context.ts';

/** Asks for what an entry lacks to be a whole object: values that the server cut, and a parent that it did not tell. */
export async function completeObject(session: Session, context: ReadContext, object: AnchoredObject): Promise<void> {
  if (object.rangesLeft.length > 0) await completeAttributes(session, object);
  const isRoot = isSameSpelling(object.dn, session.facts.namingContext);
  if (object.parent === null && !isRoot)
    object.parent = await findAnchor(session, context, splitFirstRdn(object.dn).parent);
}

const IDENTITY_DECODER = new ObjectDecoder(new Map(), 'positions');

/** parentGUID is a property like others: some objects (well-known foreign principals) do not show it to every account. */
async function findAnchor(session: Session, context: ReadContext, dn: string): Promise<string | null> {
  const known = context.anchors.get(dn);
  if (known !== undefined) return known;
  const entry = await session.connection.readEntry({ base: dn, attributes: ['objectGUID'] });
  const anchor = entry === null ? null : IDENTITY_DECODER.decode(entry).anchor;
  context.anchors.set(dn, anchor);
  return anchor;
}
