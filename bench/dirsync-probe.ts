import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LdapConnection } from '../src/connectors/ad/ldap/ldap-connection.ts';
import { DIR_SYNC_FLAGS } from '../src/connectors/ad/ldap/ldap-controls.ts';
import { parseServerAddress } from '../src/connectors/ad/ldap/server-address.ts';
import { CHANGE_ATTRIBUTES } from '../src/connectors/ad/reading/change-stream.ts';
import { requestDirSync } from '../src/connectors/ad/reading/dirsync-request.ts';
import { readFacts } from '../src/connectors/ad/session/directory-facts.ts';
import type { Session } from '../src/connectors/ad/session/sessions.ts';
import type { SambaDomain } from '../test/lab/samba.ts';

const SILENCE_MS = 60_000;

/** What of the AD connector's watermark is needed to ask as it asks. */
const watermark = z.object({ cookie: z.string(), attributes: z.array(z.string()) });

/** Asks a domain controller by DirSync what changed, and does nothing with the answer: the controller's own time. */
export class DirSyncProbe {
  readonly #session: Session;

  private constructor(session: Session) {
    this.#session = session;
  }

  /** With the account that the connector uses: the controller checks the rights of others value by value, and spares an administrator's. */
  static async open(
    domain: SambaDomain,
    account: { readonly user: string; readonly password: string },
  ): Promise<DirSyncProbe> {
    const ca = await readFile(domain.ca, 'utf8');
    const connection = await LdapConnection.open(parseServerAddress(domain.ldapsUrl, false), {
      tls: { ca, fingerprint: null, serverName: null },
      connectTimeoutMs: SILENCE_MS,
      requestTimeoutMs: SILENCE_MS,
    });
    await connection.bind(account.user, account.password);
    return new DirSyncProbe({ connection, facts: await readFacts(connection) });
  }

  /** Milliseconds for one search from where the connector's watermark stands. */
  async measure(from: string): Promise<number> {
    const { cookie, attributes } = watermark.parse(JSON.parse(from));
    const startedAt = performance.now();
    const answer = requestDirSync(this.#session, {
      filter: '(objectClass=*)',
      attributes: [...attributes, ...CHANGE_ATTRIBUTES],
      cookie: Buffer.from(cookie, 'base64'),
      flags: DIR_SYNC_FLAGS.incrementalValues,
    });
    for await (const _ of answer);
    return performance.now() - startedAt;
  }

  close(): void {
    this.#session.connection.close();
  }
}
