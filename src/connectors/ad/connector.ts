import { DirbridgeError, messageOf } from '../../errors.ts';
import type { ObjectChange } from '../../model/change.ts';
import type {
  CheckLine,
  Connector,
  ConnectorContext,
  PasswordSource,
  ReadEvent,
  ReadRequest,
  SourceDefinition,
} from '../connector.ts';
import { accountOf } from './account/source-account.ts';
import { type AdSection, adSection } from './config.ts';
import { checkDirectory } from './directory-check.ts';
import { fetchObjects } from './reading/fetch-objects.ts';
import { PasswordMarks } from './reading/password-marks.ts';
import { fetchPlainObjects } from './reading/plain-read.ts';
import { type ReadContext, readAskedColumns } from './reading/read-context.ts';
import { readDirectory } from './reading/read-directory.ts';
import { ReplicatedPasswords } from './replication/replicated-passwords.ts';
import { describeReplication } from './replication/replication-settings.ts';
import { adFacts } from './section-facts.ts';
import { createSessions, describeSessions } from './session/create-sessions.ts';
import { asDirectoryError } from './session/directory-failure.ts';
import { Attempts, type Session, type Sessions } from './session/sessions.ts';

/** The source of kind `ad`: one domain of an Active Directory. */
export const adSource: SourceDefinition<AdSection> = {
  kind: 'ad',
  section: adSection,
  facts: adFacts,
  create: (section, context) => new AdConnector(section, context),
  account: accountOf,
};

class AdConnector implements Connector {
  readonly name: string;
  readonly kind = 'ad';
  readonly globalAnchors = true;
  readonly passwords: PasswordSource;
  readonly passwordMarks: PasswordMarks;
  readonly #section: AdSection;
  readonly #context: ConnectorContext;
  #sessions: Sessions | null = null;

  constructor(section: AdSection, context: ConnectorContext) {
    this.name = context.name;
    this.#section = section;
    this.#context = context;
    const settings = () => describeReplication(section, describeSessions(section, context), context);
    this.passwords = new ReplicatedPasswords(settings, context.log, context.now);
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
    this.#sessions ??= createSessions(this.#section, this.#context);
    return this.#sessions;
  }
}
