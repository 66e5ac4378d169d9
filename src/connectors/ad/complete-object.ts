import { guidToText } from '../../model/anchor.ts';
import { splitFirstRdn } from '../../model/dn.ts';
import type { DirectoryObject } from './directory-object.ts';
import { readBytes } from './ldap/ldap-entry.ts';
import { isSameSpelling } from './object-changes.ts';
import { completeAttributes } from './ranged-values.ts';
import type { ReadContext } from './read-context.ts';
import type { Session } from './sessions.ts';

type AnchoredObject = DirectoryObject & { readonly anchor: string };

/** Asks for what an entry lacks to be a whole object: values that the server cut, and a parent that it did not tell. */
export async function completeObject(session: Session, context: ReadContext, object: AnchoredObject): Promise<void> {
  if (object.rangesLeft.length > 0) await completeAttributes(session, object);
  const isRoot = isSameSpelling(object.dn, session.facts.namingContext);
  if (object.parent === null && !isRoot) object.parent = await findContainer(session, context, object.dn);
}

/** parentGUID is a property like others: some objects (well-known foreign principals) do not show it to every account. */
async function findContainer(session: Session, context: ReadContext, dn: string): Promise<string | null> {
  const { parent } = splitFirstRdn(dn);
  const known = context.containers.get(parent);
  if (known !== undefined) return known;
  const entry = await session.connection.readEntry({ base: parent, attributes: ['objectGUID'] });
  const guid = entry === null ? undefined : readBytes(entry, 'objectGUID');
  const anchor = guid === undefined ? null : guidToText(guid);
  context.containers.set(parent, anchor);
  return anchor;
}
