import { CONTROL, type DirSyncAnswer, decodeDirSync, dirSyncControl } from '../ldap/ldap-controls.ts';
import type { LdapEntry } from '../ldap/ldap-entry.ts';
import { ConnectionLost } from '../ldap/ldap-failure.ts';
import type { Session } from '../session/sessions.ts';
import { objectControls } from './read-context.ts';

export interface DirSyncRequest {
  readonly filter: string;
  readonly attributes: readonly string[];
  readonly cookie: Buffer;
  readonly flags: number;
}

/** Of one answer; Windows cuts there and tells that there is more, Samba answers everything at once. */
const MOST_BYTES = 4 * 1024 * 1024;

/** One request with the DirSync control on the whole naming context: [MS-ADTS] 3.1.1.3.4.1.3 allows no other base. */
export async function* requestDirSync(
  session: Session,
  request: DirSyncRequest,
): AsyncGenerator<readonly LdapEntry[], DirSyncAnswer, void> {
  const { connection, facts } = session;
  const controls = yield* connection.search({
    base: facts.namingContext,
    scope: 'sub',
    filter: request.filter,
    attributes: request.attributes,
    controls: [dirSyncControl(request.flags, MOST_BYTES, request.cookie), ...objectControls(facts)],
  });
  const answer = controls.get(CONTROL.dirSync);
  if (!answer) throw new ConnectionLost(`${connection.server.url}: the answer to DirSync came without a cookie`);
  return decodeDirSync(answer);
}
