import { readFileSync } from 'node:fs';
import { DirbridgeError, messageOf } from '../../errors.ts';
import type { ObjectChange } from '../../model/change.ts';
import type { CheckLine, Connector, ConnectorContext, ReadEvent, ReadRequest, SourceDefinition } from '../connector.ts';
import { type AdSection, adSection, normalizeFingerprint, parseDuration } from './config.ts';
import { checkDirectory } from './directory-check.ts';
import { parseServerAddress, type ServerAddress } from './ldap/server-address.ts';
import { fetchObjects } from './reading/fetch-objects.ts';
import { PasswordMarks } from './reading/password-marks.ts';
import { fetchPlainObjects } from './reading/plain-read.ts';
import { type ReadContext, readAskedColumns } from './reading/read-context.ts';
import { readDirectory } from './reading/read-directory.ts';
import { adFacts } from './section-facts.ts';
import { asDirectoryError } from './session/directory-failure.ts';
import { Attempts, type Session, Sessions } from './session/sessions.ts';

/** The source of kind `ad`: one domain of an Active Directory. */
export const adSource: SourceDefinition<AdSection> = {
  kind: 'ad',
  section: adSection,
  facts: adFacts,
  create: (section, context) => new AdConnector(section, context),
};

class AdConnector implements Connector {
  readonly name: string;
  readonly kind = 'ad';
  readonly globalAnchors = true;
  readonly passwordMarks: PasswordMarks;
  readonly #section: AdSection;
  readonly #context: ConnectorContext;
  #sessions: Sessions | null = null;

  constructor(section: AdSection, context: ConnectorContext) {
    this.name = context.name;
    this.#section = section;
    this.#context = context;
    this.passwordMarks = new PasswordMarks(context.name, () => this.#openSessions(), section.pageSize);
  }

  async *check(): AsyncIterable<CheckLine> {
    let sessions: Sessions;
    try {
      sessions = this.#openSessions();
    } catch (error) {
      const remedy = error instanceof DirbridgeError ? { remedy: error.remedy, code: error.code } : {};
      yield { what: `source ${this.name}`, state: 'error', detail: messageOf(error), ...remedy };
      return;
    }
    yield* checkDirectory(this.name, sessions, this.#section.delta, this.#context.now);
  }

  async *read(request: ReadRequest): AsyncIterable<ReadEvent> {
    try {
      const describe = (session: Session): Promise<ReadContext> => this.#readContext(request, session);
      yield* readDirectory(describe, this.#openSessions(), this.#context.log);
    } catch (error) {
      throw asDirectoryError(error, this.name, 'reading');
    }
  }

  async *fetch(anchors: readonly string[], request: ReadRequest): AsyncIterable<readonly ObjectChange[]> {
    const sessions = this.#openSessions();
    const attempts = new Attempts();
    try {
      for (;;) {
        try {
          const session = await sessions.current();
          const context = await this.#readContext(request, session);
          if (session.facts.kind === 'ldap') yield* fetchPlainObjects(context, anchors);
          else yield* fetchObjects(session, context, anchors);
          return;
        } catch (error) {
          // What was handed over already comes again: each of these changes may be applied twice.
          await attempts.fail(error, this.#context.log);
        }
      }
    } catch (error) {
      throw asDirectoryError(error, this.name, 'reading single objects');
    }
  }

  async close(): Promise<void> {
    this.#sessions?.close();
    this.#sessions = null;
  }

  async #readContext(request: ReadRequest, session: Session): Promise<ReadContext> {
    return {
      source: this.name,
      sessions: this.#openSessions(),
      request,
      columns: await readAskedColumns(session, request),
      pageSize: this.#section.pageSize,
      delta: this.#section.delta,
      log: this.#context.log,
      now: this.#context.now,
      anchors: new Map(),
    };
  }

  #openSessions(): Sessions {
    if (this.#sessions) return this.#sessions;
    const { servers, startTls, tls, timeouts, user, password } = this.#section;
    const sessions = new Sessions(
      {
        servers: servers.map((server) => readAddress(server, startTls)),
        connection: {
          tls: {
            ca: tls.ca === undefined ? null : readCertificates(this.#context.resolvePath(tls.ca)),
            fingerprint: tls.fingerprint === undefined ? null : normalizeFingerprint(tls.fingerprint),
            serverName: tls.serverName ?? null,
          },
          connectTimeoutMs: parseDuration(timeouts.connect),
          requestTimeoutMs: parseDuration(timeouts.request),
        },
        user,
        readPassword: () => this.#context.readSecret(password),
      },
      this.#context.log,
    );
    sessions.refuseClearBind();
    this.#sessions = sessions;
    return sessions;
  }
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
