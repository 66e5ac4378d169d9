import type { PasswordAccount, PasswordGiver } from '../store/password-store.ts';
import type { Store } from '../store/store.ts';
import { beginToWait, newAccount } from './decide.ts';
import type { PasswordContext } from './password-context.ts';
import { subjectOf, tellOf } from './password-finding.ts';

const PAGE = 1000;
const JUDGED = 'passwords judged';
const TERM = 'passwords term';

/**
 * Finds whose password is due or is not sent any more because of something else than the password: who is in the tenant now, is chosen anew, has got another object there or
 * is left out. It follows from what is stored, and is looked at when that, the rules or the configuration have changed since the last time. Answers by what accounts are judged now.
 */
export async function judgeEverybody(context: PasswordContext): Promise<string> {
  const { store, fingerprint } = context;
  const [state = '', judgedBy = ''] = ((await store.meta(JUDGED)) ?? '').split(' ');
  // In a transaction: a sync cycle that runs beside this one may yet take back what it has written.
  const current = await store.transaction(() => store.passwords.stateOfPersons());
  const judged = `${current} ${fingerprint}`;
  if (state === current && judgedBy === fingerprint) return judged;
  const giving = await spacesOf(context);
  let after = 0;
  for (;;) {
    const last = await store.transaction(() => judgePage(context, giving, after, judgedBy === fingerprint, judged));
    if (last === null) break;
    after = last;
  }
  await store.transaction(async () => {
    await forgetOthers(context);
    await store.setMeta(JUDGED, judged);
  });
  return judged;
}

/** Of servers that share a tenant: what another one has sent is not known here, so that everybody's password is sent again once this one writes anew. */
export async function noteTerm(store: Store, term: number): Promise<void> {
  const known = await store.meta(TERM);
  if (known === String(term)) return;
  await store.transaction(async () => {
    if (known !== null) {
      await store.passwords.distrustSent();
      await store.setMeta(JUDGED, '');
    }
    await store.setMeta(TERM, String(term));
  });
}

/** Answers the last metaverse object of the page; null: there is none. `isSameJudge`: whom nothing happened to need not be looked at. */
async function judgePage(
  context: PasswordContext,
  giving: ReadonlySet<number>,
  after: number,
  isSameJudge: boolean,
  judged: string,
): Promise<number | null> {
  const { passwords } = context.store;
  const isOpen = isSameJudge && !context.judge.looksAtEverybody;
  const page = await passwords.giversAfter(after, PAGE, isOpen);
  const changed: PasswordAccount[] = [];
  for (const giver of page) {
    const account = await judge(context, giving, giver);
    if (account === giver.account) continue;
    changed.push({ ...account, judged: account.state === 'excluded' ? null : judged });
    // What was told before of who is on the way to the tenant stays until the tenant has answered.
    if (giver.account !== null && account.reason !== 'to-send') await tellOf(context, account, []);
  }
  await passwords.save(changed);
  return page.at(-1)?.mv ?? null;
}

/** The spaces of the directories that give passwords. */
async function spacesOf({ store, sources }: PasswordContext): Promise<ReadonlySet<number>> {
  const names = new Set(sources.map(({ name }) => name));
  return new Set((await store.spaces.spaces()).filter(({ name }) => names.has(name)).map(({ id }) => id));
}

async function judge(
  context: PasswordContext,
  giving: ReadonlySet<number>,
  giver: PasswordGiver,
): Promise<PasswordAccount> {
  const { account } = giver;
  const why = giving.has(giver.space) ? await context.judge.whyNot(giver) : 'no-source';
  if (why !== null) return leaveOut(account ?? newAccount(giver), why);
  const now = context.now();
  if (giver.targetId === null) {
    const isWaiting = account?.state === 'waiting' && account.reason === 'not-in-tenant';
    return isWaiting ? account : beginToWait(account ?? newAccount(giver), 'not-in-tenant', now);
  }
  if (account === null) return beginToWait(newAccount(giver), 'to-send', now);
  return isDueNow(context, giver, account) ? beginToWait({ ...account, attempts: 0 }, 'to-send', now) : account;
}

/** Of an account that rules or configuration leave out. */
export function leaveOut(account: PasswordAccount, reason: 'not-selected' | 'rules' | 'no-source'): PasswordAccount {
  if (account.state === 'excluded' && account.reason === reason) return account;
  return {
    ...account,
    state: 'excluded',
    reason,
    waitingSince: null,
    attempts: 0,
    nextAt: null,
    failure: null,
    sent: null,
  };
}

/** Of an account that is in the tenant and that nobody leaves out. What fails or is due already stays so. */
function isDueNow(context: PasswordContext, { targetId, since }: PasswordGiver, account: PasswordAccount): boolean {
  const { state, reason, sent } = account;
  if (reason === 'not-in-tenant' || reason === 'not-selected' || reason === 'rules' || reason === 'no-source')
    return true;
  // Where hashes are read nobody has to hand a password over: it waited for that when it was captured.
  if (reason === 'next-change' && context.isCaptured !== true) return true;
  if (reason === 'expired' && context.expiredAccounts === 'send') return true;
  const isOther = sent === null || sent.target !== targetId || sent.since !== since;
  return isOther && (state === 'synchronized' || reason === 'expired' || reason === 'temporary');
}

/** Accounts whose password is nobody's any more, with what was told of them. */
export async function forgetOthers(context: PasswordContext): Promise<void> {
  if ((await context.store.passwords.forgetOthers()) > 0) await withdrawFindings(context);
}

async function withdrawFindings(context: PasswordContext): Promise<void> {
  const { store } = context;
  for (const subject of await store.runs.subjects('passwords')) {
    const account = accountOf(subject);
    if (account === null || (await store.passwords.givers(account.space, [account.anchor])).length > 0) continue;
    await tellOf(context, account, []);
  }
}

/** The account that `subjectOf` named. */
function accountOf(subject: string): { readonly space: number; readonly anchor: string } | null {
  const [, space, anchor] = /^p(\d+):(.*)$/s.exec(subject) ?? [];
  if (space === undefined || anchor === undefined) return null;
  const account = { space: Number(space), anchor };
  return subjectOf(account) === subject ? account : null;
}
