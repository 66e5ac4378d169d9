import { readFileSync } from 'node:fs';
import { DirbridgeError, messageOf } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { type AdSection, normalizeFingerprint, parseDuration } from '../config.ts';
import { parseServerAddress, type ServerAddress } from '../ldap/server-address.ts';
import { type SessionSettings, Sessions } from './sessions.ts';

/** How long a server may say nothing to somebody who waits to be told of it: what is asked then is a handful of single entries. */
const IMPATIENT_MS = 10_000;

type Account = Pick<SessionSettings, 'user' | 'readPassword'>;

/** Sessions to the servers of the section. `account`: who signs in, when it is not that of the section. Throws `config-invalid`, `directory-clear-bind`. */
export function createSessions(section: AdSection, context: ConnectorContext, account?: Account): Sessions {
  const sessions = new Sessions(describeSessions(section, context, account), context.log);
  sessions.refuseClearBind();
  return sessions;
}

/** What the section says of its servers and of how to sign in there. Throws `config-invalid`. */
export function describeSessions(
  section: AdSection,
  context: ConnectorContext,
  account: Account = accountOfSection(section, context),
): SessionSettings {
  const { servers, startTls, tls, timeouts } = section;
  const longest = context.isImpatient ? IMPATIENT_MS : Number.POSITIVE_INFINITY;
  const connection = {
    tls: {
      ca: tls.ca === undefined ? null : readCertificates(context.resolvePath(tls.ca)),
      fingerprint: tls.fingerprint === undefined ? null : normalizeFingerprint(tls.fingerprint),
      serverName: tls.serverName ?? null,
    },
    connectTimeoutMs: Math.min(parseDuration(timeouts.connect), longest),
    requestTimeoutMs: Math.min(parseDuration(timeouts.request), longest),
  };
  return { servers: servers.map((server) => readAddress(server, startTls)), connection, ...account };
}

function accountOfSection({ user, password }: AdSection, { readSecret }: ConnectorContext): Account {
  return { user, readPassword: () => readSecret(password) };
}

/** [MS-ADTS] 3.1.1.3.1.10. */
const GLOBAL_CATALOG_PORTS: readonly number[] = [3268, 3269];

function readAddress(server: string, startTls: boolean): ServerAddress {
  try {
    const address = parseServerAddress(server, startTls);
    if (GLOBAL_CATALOG_PORTS.includes(address.port))
      throw new TypeError('a global catalog holds only some attributes of each object');
    return address;
  } catch (error) {
    throw new DirbridgeError('config-invalid', `servers: ${server} cannot be used: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Write ldaps://HOST or ldaps://HOST:PORT.',
    });
  }
}

function readCertificates(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new DirbridgeError('config-invalid', `tls.ca: ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
      remedy: 'Correct tls.ca, or let this account read the file.',
    });
  }
  if (text.includes(PEM_START)) return text;
  throw new DirbridgeError('config-invalid', `tls.ca: ${path} holds no certificate in PEM form (${PEM_START})`, {
    remedy:
      'Write the certificate of the certification authority there in PEM form; "openssl x509 -inform der -in FILE" prints one that is in DER form.',
  });
}

const PEM_START = '-----BEGIN CERTIFICATE-----';
