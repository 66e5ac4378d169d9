import { DirbridgeError } from '../../../errors.ts';
import type { CheckLine } from '../../connector.ts';
import { checkChanges } from '../directory-check.ts';
import { createSessions } from '../session/create-sessions.ts';
import type { Session } from '../session/sessions.ts';
import type { AccountSetup } from './account-setup.ts';

/**
 * Signs in as the account, with the password of the secret file, and tries what it was given. Only at the server where it was made: others may not know of it yet.
 */
export async function* verifyAccount(
  { connection }: Session,
  { section, context }: AccountSetup,
): AsyncGenerator<CheckLine> {
  const what = `source ${context.name}`;
  const sessions = createSessions({ ...section, servers: [connection.server.url] }, context);
  try {
    const session = await sessions.current();
    yield { what, state: 'ok', detail: `signed in as ${section.user} to ${connection.server.url}` };
    yield await checkChanges(what, session, section.delta);
  } catch (error) {
    if (!(error instanceof DirbridgeError)) throw error;
    yield { what, state: 'error', detail: error.message, remedy: error.remedy, code: error.code };
  } finally {
    sessions.close();
  }
}
