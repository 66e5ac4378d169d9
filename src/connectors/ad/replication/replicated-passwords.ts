import type {
  AccountPassword,
  CheckLine,
  ConnectorContext,
  PasswordReadEvent,
  PasswordReadRequest,
  PasswordSource,
} from '../../connector.ts';
import { type AccountPage, discardPage } from './account-reader.ts';
import { checkReplication } from './check-replication.ts';
import { FROM_THE_START } from './drsuapi/replication-state.ts';
import { formatWatermark, parseWatermark } from './password-watermark.ts';
import { ReadWork } from './read-work.ts';
import { ASKED, type ReplicaDomain } from './replica.ts';
import { type Preference, Replicas } from './replicas.ts';
import { HistoryLost, ReplicationCycle } from './replication-cycle.ts';
import { asReplicationError } from './replication-failure.ts';
import type { ReplicationSettings } from './replication-settings.ts';

/** Single accounts that are handed over together. */
const ACCOUNTS_PER_PAGE = 100;

/**
 * Passwords as domain controllers hand them to each other ([MS-DRSR]). Each read has a connection of its own, which is closed at its end: in the minutes between
 * two cycles nothing is held.
 */
export class ReplicatedPasswords implements PasswordSource {
  readonly #readSettings: () => ReplicationSettings;
  readonly #log: ConnectorContext['log'];
  readonly #now: () => Date;
  /** One that is away is waited for once, not by each read and each account that is asked for. */
  readonly #preference: Preference = { at: 0 };

  /** `readSettings` may throw: a source is made before anybody looks at its files. */
  constructor(readSettings: () => ReplicationSettings, log: ConnectorContext['log'], now: () => Date) {
    this.#readSettings = readSettings;
    this.#log = log;
    this.#now = now;
  }

  async *check(): AsyncGenerator<CheckLine, void, void> {
    let settings: ReplicationSettings;
    try {
      settings = this.#readSettings();
    } catch (error) {
      const { message, remedy, code } = asReplicationError(error, 'passwords', 'reading the settings');
      yield { what: 'passwords', state: 'error', detail: message, remedy, code };
      return;
    }
    yield* checkReplication(new Replicas(settings, this.#log), this.#now);
  }

  async *read(request: PasswordReadRequest): AsyncGenerator<PasswordReadEvent, void, void> {
    const settings = this.#readSettings();
    const work = new ReadWork(settings, this.#log, this.#preference);
    try {
      const domain = await work.connect();
      const start = chooseStart(request.watermark, domain);
      yield* readCycle(work, start, domain);
    } catch (error) {
      throw asReplicationError(error, settings.source, 'reading passwords');
    } finally {
      await work.close();
    }
  }

  async *fetch(anchors: readonly string[]): AsyncGenerator<readonly AccountPassword[], void, void> {
    const settings = this.#readSettings();
    const work = new ReadWork(settings, this.#log, this.#preference);
    try {
      const wanted = [...new Set(anchors)];
      for (let start = 0; start < wanted.length; start += ACCOUNTS_PER_PAGE) {
        const { passwords, problems } = await work.readSingle(wanted.slice(start, start + ACCOUNTS_PER_PAGE));
        for (const { name, cause } of problems) this.#log.warn({ account: name, cause }, 'a password cannot be read');
        const found = passwords.filter(({ ntHash }) => ntHash !== null);
        if (found.length > 0) yield found;
      }
    } catch (error) {
      throw asReplicationError(error, settings.source, 'reading single passwords');
    } finally {
      await work.close();
    }
  }
}

interface Start {
  readonly cycle: ReplicationCycle;
  readonly reason: string | null;
}

function chooseStart(watermark: string | null, domain: ReplicaDomain): Start {
  const fromTheStart = (reason: string | null): Start => ({ cycle: new ReplicationCycle(FROM_THE_START), reason });
  if (watermark === null) return fromTheStart(null);
  if (watermark === HISTORY_LOST) return fromTheStart(new HistoryLost().message);
  const known = parseWatermark(watermark);
  if (known === null) return fromTheStart('what was remembered of the last read cannot be understood');
  if (known.domain !== domain.guid) return fromTheStart('the last read was of another domain');
  if (known.attributes.join() !== ASKED.join())
    return fromTheStart('more is asked of an account than in the last read');
  return { cycle: new ReplicationCycle(known.state), reason: null };
}

async function* readCycle(
  work: ReadWork,
  start: Start,
  domain: ReplicaDomain,
): AsyncGenerator<PasswordReadEvent, void, void> {
  // The first part tells whether the history is the one that we know.
  const { cycle, reason, page } = await beginCycle(work, start);
  let isTaken = false;
  try {
    yield { kind: 'begin', mode: cycle.isFull ? 'full' : 'delta', reason };
    isTaken = true;
  } finally {
    // Whoever leaves at the beginning never sees it.
    if (!isTaken) discardPage(page);
  }
  let watermark = HISTORY_LOST;
  try {
    yield* readPages(work, cycle, page);
    watermark = formatWatermark({ domain: domain.guid, state: cycle.end, attributes: ASKED });
  } catch (error) {
    // Seen only with the last part: what came is right, and what has not come is not known. Every other read from there would end like this one.
    if (!(error instanceof HistoryLost)) throw error;
  }
  yield { kind: 'end', watermark };
}

/** A watermark that says to begin anew, and why. */
const HISTORY_LOST = '"history lost"';

/** While a page is worked on, the domain controller makes the next one: that takes it about as long as deriving takes us. */
async function* readPages(
  work: ReadWork,
  cycle: ReplicationCycle,
  first: AccountPage,
): AsyncGenerator<PasswordReadEvent, void, void> {
  let page = first;
  let ahead: Promise<AccountPage> | null = null;
  try {
    for (;;) {
      ahead = cycle.isDone ? null : work.next(cycle);
      // Its failure is told when its turn comes.
      ahead?.catch(() => undefined);
      if (hasContent(page)) yield { kind: 'page', ...page };
      if (ahead === null) return;
      page = await ahead;
      ahead = null;
    }
  } finally {
    // Nobody will take it.
    ahead?.then(discardPage, () => undefined);
  }
}

async function beginCycle(work: ReadWork, start: Start): Promise<Start & { readonly page: AccountPage }> {
  try {
    return { ...start, page: await work.next(start.cycle) };
  } catch (error) {
    if (!(error instanceof HistoryLost)) throw error;
    const cycle = new ReplicationCycle(FROM_THE_START);
    return { cycle, reason: error.message, page: await work.next(cycle) };
  }
}

function hasContent({ passwords, problems }: AccountPage): boolean {
  return passwords.length > 0 || problems.length > 0;
}
