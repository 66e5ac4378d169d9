import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { LdapConnection } from '../src/connectors/ad/ldap/ldap-connection.ts';
import { DIR_SYNC_FLAGS, dirSyncControl } from '../src/connectors/ad/ldap/ldap-controls.ts';
import { parseServerAddress } from '../src/connectors/ad/ldap/server-address.ts';
import type { SambaDomain } from '../test/lab/samba.ts';

const SILENCE_MS = 60_000;
const MOST_BYTES = 4 * 1024 * 1024;

/** What of the AD connector's watermark is needed to ask as it asks. */
const watermark = z.object({ cookie: z.string(), attributes: z.array(z.string()) });

/** Asks a domain controller by DirSync what changed, and does nothing with the answer: the controller's own time. */
export class DirSyncProbe {
  readonly #connection: LdapConnection;
  readonly #baseDn: string;

  private constructor(connection: LdapConnection, baseDn: string) {
    this.#connection = connection;
    this.#baseDn = baseDn;
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
    return new DirSyncProbe(connection, domain.baseDn);
  }

  /** Milliseconds for one search from where the connector's watermark stands. */
  async measure(from: string): Promise<number> {
    const { cookie, attributes } = watermark.parse(JSON.parse(from));
    const startedAt = performance.now();
    await this.#connection.searchAll({
      base: this.#baseDn,
      scope: 'sub',
      filter: '(objectClass=*)',
      attributes,
      controls: [dirSyncControl(DIR_SYNC_FLAGS.incrementalValues, MOST_BYTES, Buffer.from(cookie, 'base64'))],
    });
    return performance.now() - startedAt;
  }

  close(): void {
    this.#connection.close();
  }
}
