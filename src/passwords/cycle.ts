import type { AccountPassword, PasswordFeatures, ReadProblem } from '../connectors/connector.ts';
import { messageOf } from '../errors.ts';
import type { PasswordAccount, PasswordGiver } from '../store/password-store.ts';
import { type CycleRecord, storeCycle } from './cycle-record.ts';
import { beginToWait, type Decision, decide, failWithoutHash, lookAgainLater } from './decide.ts';
import { forgetOthers, judgeEverybody, leaveOut } from './judge-everybody.ts';
import { outgoingOf } from './outgoing.ts';
import type { NamedPasswordSource, PasswordContext } from './password-context.ts';
import { hashFinding, problemFinding, tellOf, temporaryFinding } from './password-finding.ts';
import { PasswordSender } from './password-sender.ts';
import { ResultRecorder } from './result-recorder.ts';
import { retryAt } from './retry-time.ts';

/** So many are fetched one by one at a time. When more than the second number are due, reading everybody is the shorter way. */
const DUE_PAGE = 500;
const MANY_DUE = 5000;

export interface PasswordCycleOptions {
  /** Read everybody, and send everybody's password again. */
  readonly full?: boolean;
  /** Only these accounts, again. */
  readonly accounts?: readonly { readonly space: number; readonly anchor: string }[];
}

/**
 * One password cycle: who is due by what happened to the person, then what was set in the directories since the last time. Passwords and what is made of them
 * are in memory only, and only until they are sent. The watermark is stored when all before it were answered, or stand in the store as waiting; so whenever we are
 * killed, or the tenant is away, what was not confirmed is sent by the next cycle. To send twice is harmless.
 */
export async function runPasswordCycle(
  context: PasswordContext,
  options: PasswordCycleOptions = {},
): Promise<CycleRecord> {
  const startedAt = context.now().toISOString();
  const cycle = new PasswordCycle(context, options.full === true);
  let failure: unknown = null;
  try {
    cycle.judged = await judgeEverybody(context);
    await (options.accounts === undefined ? cycle.run() : cycle.sendAgain(options.accounts));
  } catch (error) {
    failure = error;
    await cycle.settle();
  }
  const record: CycleRecord = {
    startedAt,
    endedAt: context.now().toISOString(),
    mode: options.accounts === undefined ? cycle.mode : 'accounts',
    outcome: failure === null ? 'done' : 'failed',
    message: failure === null ? null : messageOf(failure),
    read: cycle.read,
    ...cycle.counts,
  };
  await storeCycle(context.store, record);
  context.log.info({ ...record }, 'password cycle');
  if (failure !== null) throw failure;
  return record;
}

class PasswordCycle {
  readonly #context: PasswordContext;
  readonly #isFull: boolean;
  readonly #recorder: ResultRecorder;
  readonly #sender: PasswordSender;
  #features: PasswordFeatures | null = null;
  /** By what accounts are judged now. */
  judged = '';
  read = 0;
  mode: 'full' | 'delta' = 'delta';

  constructor(context: PasswordContext, isFull: boolean) {
    this.#context = context;
    this.#isFull = isFull;
    this.#recorder = new ResultRecorder(context);
    this.#sender = new PasswordSender(context, this.#recorder);
  }

  get counts(): ResultRecorder['counts'] {
    return this.#recorder.counts;
  }

  /** A directory that cannot be read holds up none of the others; what it failed with is thrown afterwards. */
  async run(): Promise<void> {
    const spaces = await this.#context.store.spaces.spaces();
    const failures: unknown[] = [];
    for (const source of this.#context.sources) {
      const space = spaces.find(({ name }) => name === source.name);
      // Before the first import nobody is known whose password could be sent.
      if (space?.importedAt == null) continue;
      try {
        await this.#synchronize(source, space.id);
      } catch (error) {
        failures.push(error);
        await this.settle();
        if (this.#sender.hasFailed) break;
        this.#context.log.warn(
          { source: source.name, reason: messageOf(error) },
          'passwords of a source were not read',
        );
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** After a failure: what was read before is sent, or stands in the store as waiting. Nothing goes on when the cycle is over: the next one may send a newer password. */
  async settle(): Promise<void> {
    await this.#sender.flush().catch((error: unknown) => {
      this.#context.log.debug({ reason: messageOf(error) }, 'what was underway was not sent');
    });
  }

  async #synchronize(source: NamedPasswordSource, space: number): Promise<void> {
    const { store } = this.#context;
    const stored = await store.meta(this.#watermarkKey(source.name));
    await this.#noteWhatTimeBrings(space);
    const isWhole = this.#isFull || stored === null || stored === '' || (await this.#areManyDue(space));
    if (!isWhole) await this.#sendDue(source, space);
    await this.#readSource(source, space, isWhole ? null : stored);
    if (isWhole) await this.#sendDue(source, space);
  }

  /** Only these, whatever was sent before. */
  async sendAgain(accounts: readonly { readonly space: number; readonly anchor: string }[]): Promise<void> {
    for (const { name, id } of await this.#context.store.spaces.spaces()) {
      const source = this.#context.sources.find((one) => one.name === name);
      const named = accounts.filter(({ space }) => space === id).map(({ anchor }) => anchor);
      const anchors = await this.#withoutLeftOut(id, named);
      if (source !== undefined && anchors.length > 0) await this.#fetch(source, id, anchors, true);
    }
    await this.#sender.flush();
  }

  /** Whom configuration or rules leave out is not even read, and stays left out for that reason. */
  async #withoutLeftOut(space: number, anchors: readonly string[]): Promise<readonly string[]> {
    const givers = await this.#context.store.passwords.givers(space, anchors);
    const leftOut = givers.filter(({ account }) => account?.reason === 'not-selected' || account?.reason === 'rules');
    const names = new Set(leftOut.map(({ anchor }) => anchor));
    return anchors.filter((anchor) => !names.has(anchor));
  }

  // ------------------------------------------------------------ who is due

  async #areManyDue(space: number): Promise<boolean> {
    const at = this.#context.now().toISOString();
    return (await this.#context.store.passwords.due(space, at, MANY_DUE + 1)).length > MANY_DUE;
  }

  /** Accounts that have expired since, and temporary passwords that the tenant takes by now. */
  async #noteWhatTimeBrings(space: number): Promise<void> {
    const { store, now, expiredAccounts } = this.#context;
    const expired =
      expiredAccounts === 'block' ? await store.passwords.expired(space, now().toISOString(), DUE_PAGE) : [];
    const temporary = await store.passwords.waiting(space, 'temporary', DUE_PAGE);
    const isTaken = temporary.length > 0 && (await this.#mayForce()) === true;
    const due = [...expired, ...(isTaken ? temporary : [])];
    if (due.length === 0) return;
    await store.transaction(() => store.passwords.save(due.map((one) => beginToWait(one, 'to-send', now()))));
  }

  async #sendDue(source: NamedPasswordSource, space: number): Promise<void> {
    const { store, now } = this.#context;
    const at = now().toISOString();
    const asked = new Set<string>();
    while (!this.#sender.hasFailed) {
      const due = await store.passwords.due(space, at, DUE_PAGE);
      // Once they were asked for none of them is due any more; should one be all the same, it has to wait for the next cycle.
      if (due.every(({ anchor }) => asked.has(anchor))) return;
      for (const { anchor } of due) asked.add(anchor);
      // The tenant is asked before passwords are read that it would not take.
      await this.#mayForce();
      if (this.#sender.hasFailed) break;
      const anchors = due.map(({ anchor }) => anchor);
      await this.#fetch(source, space, anchors, false);
      await this.#sender.flush();
    }
  }

  async #fetch(
    source: NamedPasswordSource,
    space: number,
    anchors: readonly string[],
    isAgain: boolean,
  ): Promise<void> {
    const missing = new Set(anchors);
    for await (const page of source.passwords.fetch(anchors)) {
      for (const { anchor } of page) missing.delete(anchor);
      await this.#take(space, page, isAgain);
    }
    if (missing.size > 0) await this.#context.store.transaction(() => this.#noteMissing(space, [...missing]));
  }

  async #noteMissing(space: number, anchors: readonly string[]): Promise<void> {
    const { store, now } = this.#context;
    const givers = await store.passwords.givers(space, anchors);
    const accounts = givers.flatMap(({ account, targetId }) =>
      account === null ? [] : [withoutPassword(account, targetId, now())],
    );
    await store.passwords.save(accounts);
    // What still fails keeps what is told of it.
    for (const account of accounts) if (account.state !== 'failing') await tellOf(this.#context, account, []);
    // A sync cycle beside this one has taken the others away.
    if (givers.length < anchors.length) await forgetOthers(this.#context);
  }

  // ------------------------------------------------------------ what was set

  async #readSource({ name, passwords }: NamedPasswordSource, space: number, watermark: string | null): Promise<void> {
    for await (const event of passwords.read({ watermark })) {
      if (event.kind === 'begin') {
        if (event.mode === 'full') this.mode = 'full';
        if (event.reason !== null)
          this.#context.log.info({ source: name, reason: event.reason }, 'passwords of everybody');
      } else if (event.kind === 'page') {
        await this.#take(space, event.passwords, this.#isFull);
        await this.#report(space, event.problems ?? []);
        // Of a few changes the store is told all the same; everybody is read again when the tenant is back.
        if (this.#sender.hasFailed && this.mode === 'full') break;
      } else {
        await this.#end(name, event.watermark);
      }
    }
    await this.#sender.flush();
  }

  /** Also when the tenant is away: whoever was not sent stands in the store as waiting. Of everybody the reading broke off before. */
  async #end(name: string, watermark: string): Promise<void> {
    if (!this.#sender.hasFailed) await this.#sender.flush().catch(() => undefined);
    await this.#sender.storeUnsent();
    const { store } = this.#context;
    await store.transaction(() => store.setMeta(this.#watermarkKey(name), watermark));
  }

  /** Decides about a page of passwords, stores what is known of those that are not sent, and hands over the others. Overwrites what is not sent. */
  async #take(space: number, page: readonly AccountPassword[], isAgain: boolean): Promise<void> {
    this.read += page.length;
    const mayForce = page.some(({ mustChange }) => mustChange) ? await this.#mayForce() : null;
    const latest = new Map(page.map((one) => [one.anchor, one]));
    const decided = await this.#context.store
      .transaction(() => this.#decide(space, latest, mayForce, isAgain))
      .catch((error: unknown) => {
        for (const { ntHash } of page) ntHash?.fill(0);
        throw error;
      });
    const sendings = new Map(decided.map((one) => [one.password, one]));
    for (const one of page) if (!sendings.has(one)) one.ntHash?.fill(0);
    if (decided.length > 0) await this.#mayForce();
    decided.sort((a, b) => (a.password.changedAt < b.password.changedAt ? -1 : 1));
    for (const { giver, password, decision } of decided) {
      const { sending, account } = decision;
      const outgoing = sending === null ? null : outgoingOf(giver, account, sending, password);
      if (outgoing === null || password.ntHash === null) password.ntHash?.fill(0);
      else await this.#sender.add(outgoing, password.ntHash);
    }
  }

  async #decide(
    space: number,
    page: ReadonlyMap<string, AccountPassword>,
    mayForce: boolean | null,
    isAgain: boolean,
  ): Promise<{ giver: PasswordGiver; password: AccountPassword; decision: Decision }[]> {
    const { store, judge, now, expiredAccounts, isCaptured = false } = this.#context;
    const behaviour = { expiredAccounts, mayForce, isAgain, isOlderMeant: this.#isFull, isCaptured };
    const circumstances = { now: now(), ...behaviour, judged: this.judged };
    const sendings: { giver: PasswordGiver; password: AccountPassword; decision: Decision }[] = [];
    const changed: PasswordAccount[] = [];
    for (const giver of await store.passwords.givers(space, [...page.keys()])) {
      const password = page.get(giver.anchor);
      // Asked again only of whom something can have happened to since it was asked.
      const isKnown = giver.account?.judged === this.judged;
      const why = isKnown ? null : await judge.whyNot(giver);
      if (why !== null) changed.push(...(await this.#leaveOut(giver, why)));
      if (password === undefined || why !== null) continue;
      const decision = decide(giver, password, circumstances);
      // What is sent is stored when it was answered.
      if (decision.sending === null && !isSame(decision.account, giver.account)) changed.push(decision.account);
      if (decision.sending !== null) sendings.push({ giver, password, decision });
      await this.#tellState(decision.account);
    }
    await store.passwords.save(changed);
    return sendings;
  }

  /** Whoever a sync cycle beside this one has made one to be left out is due no more. */
  async #leaveOut({ account }: PasswordGiver, why: 'not-selected' | 'rules'): Promise<readonly PasswordAccount[]> {
    if (account === null) return [];
    const left = leaveOut(account, why);
    if (left === account) return [];
    await tellOf(this.#context, left, []);
    return [left];
  }

  /** What fails or is on its way keeps what is told of it until it is answered. */
  async #tellState(account: PasswordAccount): Promise<void> {
    const { judge, isCaptured = false } = this.#context;
    if (account.reason === 'temporary')
      await tellOf(this.#context, account, [
        temporaryFinding(await judge.nameOf(account.space, account.anchor), isCaptured),
      ]);
    else if (account.reason === 'no-hash')
      await tellOf(this.#context, account, [hashFinding(await judge.nameOf(account.space, account.anchor))]);
    else if (account.state === 'synchronized' || account.state === 'excluded') await tellOf(this.#context, account, []);
  }

  async #report(space: number, problems: readonly ReadProblem[]): Promise<void> {
    await this.#context.store.transaction(async () => {
      for (const problem of problems) {
        const anchor = problem.anchor ?? problem.name;
        const known = problem.anchor === null ? null : await this.#context.judge.nameOf(space, problem.anchor);
        const name = known ?? { space: '', anchor, type: 'record', name: problem.name };
        await tellOf(this.#context, { space, anchor }, [problemFinding(name, problem)]);
      }
    });
  }

  /** What a directory tells of hashes and what it tells of times goes on from places of its own. */
  #watermarkKey(source: string): string {
    return `passwords ${this.#context.isCaptured === true ? 'looked at' : 'read'} ${source}`;
  }

  /** Whether users can be made to change their password; null when the tenant does not answer, and then nothing is sent. */
  async #mayForce(): Promise<boolean | null> {
    if (this.#sender.hasFailed) return null;
    try {
      this.#features ??= await this.#context.target.readFeatures();
      return this.#features.mayForceChange;
    } catch (error) {
      this.#sender.fail(error);
      return null;
    }
  }
}

/**
 * It has none, or the domain controller has not heard of the account yet: what tells of changes need not tell of it again, so that it is asked for later and later. A password that was told of before,
 * and waits, goes on waiting.
 */
function withoutPassword(account: PasswordAccount, targetId: string | null, now: Date): PasswordAccount {
  if (account.reason === 'no-hash' && account.sent !== null && account.sent.target === targetId)
    return failWithoutHash(account, now);
  if (account.version !== null && account.state === 'waiting') return lookAgainLater(account, now);
  const attempts = account.reason === 'no-password' ? account.attempts + 1 : 1;
  return {
    ...account,
    state: 'excluded',
    reason: 'no-password',
    waitingSince: null,
    attempts,
    nextAt: retryAt(attempts, now),
    failure: null,
  };
}

function isSame(a: PasswordAccount, b: PasswordAccount | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
