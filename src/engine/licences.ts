import type { HeldLicences, TargetConnector, TargetWrite, WriteFailure, WriteResult } from '../connectors/connector.ts';
import { DirbridgeError } from '../errors.ts';
import { type Finding, finding } from '../model/finding.ts';
import { type Licence, licenceName } from '../model/licence.ts';
import type { PlanHead } from '../model/plan.ts';
import type { OwedLicences, Store } from '../store/store.ts';
import { type EngineContext, TENANT } from './context.ts';
import { tenantSpace } from './tenant-space.ts';
import { encodeWrite } from './writes.ts';

const PAGE = 200;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** So long a replica of the tenant may show what was before: what was known to be held within this time counts as held. */
const LAG = HOUR;
/** So long we try to give back what a user is owed. By then somebody has helped him in another way. */
const TRIED = 30 * DAY;
/** The tenant keeps a deleted user for 30 days; a clock may be some days wrong. */
const KEPT = 35 * DAY;

/** The times of the contract of `LicenceStore`. */
export function licenceTimes(now: Date): { readonly at: string; readonly heldSince: string } {
  return { at: now.toISOString(), heldSince: ago(now, LAG) };
}

function ago(now: Date, milliseconds: number): string {
  return new Date(now.getTime() - milliseconds).toISOString();
}

/** What users hold who are about to be deleted, by their ids. Empty for a target that knows no licences. */
export async function readBeforeDeletion(
  target: TargetConnector,
  writes: readonly TargetWrite[],
): Promise<ReadonlyMap<string, HeldLicences>> {
  const ids = writes.flatMap((write) => (write.action === 'delete' && write.type === 'user' ? [write.targetId] : []));
  if (ids.length === 0 || target.readLicences === undefined) return new Map();
  return target.readLicences(ids);
}

/** What the restoration of an object of the tenant gives back, for its plan. */
export async function licencesToReturn(
  { store, now }: EngineContext,
  targetId: string,
): Promise<{ readonly licences?: readonly Licence[] }> {
  const licences = await store.licences.kept(targetId, licenceTimes(now()).heldSince);
  return licences.length === 0 ? {} : { licences };
}

interface Assignment {
  readonly user: OwedLicences;
  readonly write: TargetWrite & { readonly action: 'license' };
  readonly intent: number;
}

/**
 * Gives users who are back what they are owed: those whom this plan has restored, and those of earlier runs that were killed or refused. What is
 * owed is in the store before the user is deleted, so that nothing is forgotten whenever we are killed; to give it twice is to give it once.
 */
export class LicenceReturn {
  readonly #context: EngineContext;
  readonly #plan: PlanHead;
  readonly #run: string;
  /** Users who still lack something, by the subject of their findings. */
  readonly #lacking = new Set<string>();
  given = 0;
  failed = 0;

  constructor(context: EngineContext, plan: PlanHead, run: string) {
    this.#context = context;
    this.#plan = plan;
    this.#run = run;
  }

  async carryOut(): Promise<void> {
    const { store, target, now } = this.#context;
    if (target.readLicences === undefined) return;
    const at = now();
    await store.licences.forgetBefore({ held: ago(at, KEPT), returned: ago(at, TRIED), given: ago(at, LAG) });
    const tenant = await tenantSpace(this.#context);
    let after = '';
    for (;;) {
      const owed = await store.licences.owed(tenant.id, after, PAGE);
      const last = owed.at(-1);
      if (last === undefined) break;
      after = last.targetId;
      await this.#give(await this.#open(owed));
    }
    await this.#withdrawOthers();
  }

  /** What of it is still missing. What a user holds in another form was given by somebody else, who knows better. */
  async #open(owed: readonly OwedLicences[]): Promise<readonly OwedLicences[]> {
    const held = (await this.#context.target.readLicences?.(owed.map(({ targetId }) => targetId))) ?? new Map();
    const open: OwedLicences[] = [];
    for (const user of owed) {
      const { decided, missing } = compare(user, held.get(user.targetId));
      if (decided.length > 0) await this.#context.store.licences.forget(user.targetId, decided);
      if (missing.length > 0) open.push({ ...user, licences: missing });
    }
    return open;
  }

  async #give(users: readonly OwedLicences[]): Promise<void> {
    const underway = new Map<string, Assignment>();
    for await (const results of this.#context.target.write(this.#chunks(users, underway))) {
      await this.#context.store.transaction(async () => {
        for (const result of results) await this.#settle(underway, result);
      });
    }
    if (underway.size > 0) throw new DirbridgeError('bug', `the target left ${underway.size} licences unanswered`);
  }

  async *#chunks(
    users: readonly OwedLicences[],
    underway: Map<string, Assignment>,
  ): AsyncIterable<readonly TargetWrite[]> {
    const { target } = this.#context;
    for (let from = 0; from < users.length; from += target.chunkSize) {
      const chunk = users.slice(from, from + target.chunkSize).map((user) => ({ user, write: assignmentOf(user) }));
      const at = this.#at();
      const intents = await this.#context.store.transaction(() =>
        this.#context.store.apply.addIntents(
          chunk.map(({ write }) => ({
            plan: this.#plan.id,
            operation: 0,
            step: write.action,
            payload: encodeWrite(write),
            at,
          })),
        ),
      );
      for (const [index, one] of chunk.entries()) underway.set(one.write.id, { ...one, intent: intents[index] ?? 0 });
      yield chunk.map(({ write }) => write);
    }
  }

  async #settle(underway: Map<string, Assignment>, result: WriteResult): Promise<void> {
    const sent = underway.get(result.id);
    if (sent === undefined)
      throw new DirbridgeError('bug', `the target answered a licence that was not sent (${result.id})`);
    underway.delete(result.id);
    const { store } = this.#context;
    await store.apply.removeIntents([sent.intent]);
    const refused = refusedOf(sent.user, result);
    const given = sent.user.licences.filter(({ id }) => result.outcome === 'done' && !refused.has(id));
    await store.licences.noteGiven(
      sent.user.targetId,
      given.map(({ id }) => id),
      this.#at(),
    );
    this.given += given.length;
    if (given.length > 0) await this.#log(sent.user, given);
    await this.#report(sent.user, refused);
  }

  async #log({ targetId, anchor, name, mv }: OwedLicences, given: readonly Licence[]): Promise<void> {
    const body = JSON.stringify(
      given.map((licence) => ({ attribute: 'licence', adds: true, name: licenceName(licence) })),
    );
    const what = { run: this.#run, plan: this.#plan.id, at: this.#at(), action: 'license', body };
    await this.#context.store.apply.log([{ ...what, mv: mv ?? 0, type: 'user', anchor, name, targetId }]);
  }

  async #report(user: OwedLicences, refused: ReadonlyMap<string, WriteFailure>): Promise<void> {
    const findings = user.licences.flatMap((licence) => {
      const failure = refused.get(licence.id);
      return failure === undefined ? [] : [lackFinding(user, licence, failure)];
    });
    this.failed += findings.length;
    await this.#replace(subjectOf(user.targetId), findings);
    if (findings.length > 0) this.#lacking.add(subjectOf(user.targetId));
  }

  /** Of users who lack nothing any more: given by somebody else, deleted again, or tried for long enough. */
  async #withdrawOthers(): Promise<void> {
    for (const subject of await this.#context.store.runs.subjects('apply', 'licence-not-returned'))
      if (!this.#lacking.has(subject)) await this.#replace(subject, []);
  }

  async #replace(subject: string, findings: readonly Finding[]): Promise<void> {
    await this.#context.store.runs.replaceFindings('apply', subject, findings, this.#run, this.#at());
  }

  #at(): string {
    return this.#context.now().toISOString();
  }
}

/** Of what the findings about licences are. */
export function subjectOf(targetId: string): string {
  return `l${targetId}`;
}

function assignmentOf({ targetId, anchor, licences }: OwedLicences): TargetWrite & { readonly action: 'license' } {
  return { id: targetId, action: 'license', type: 'user', anchor, targetId, licences };
}

/**
 * What a user holds exactly as before is sent all the same, which changes nothing: a replica that lags behind may show what was there before the
 * deletion. A user whom it does not show yet is written to all the same, too.
 */
function compare(
  { licences }: OwedLicences,
  held: HeldLicences | undefined,
): { readonly decided: readonly string[]; readonly missing: readonly Licence[] } {
  const now = held?.outcome === 'read' ? held.licences : [];
  const isOther = (licence: Licence): boolean =>
    now.some((one) => one.id === licence.id && !isSame(one.disabledParts, licence.disabledParts));
  return {
    decided: licences.filter(isOther).map(({ id }) => id),
    missing: licences.filter((licence) => !isOther(licence)),
  };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

function refusedOf(user: OwedLicences, result: WriteResult): ReadonlyMap<string, WriteFailure> {
  if (result.outcome !== 'done') {
    // Whom the tenant does not show is gone again, or not to be seen yet: the next run knows.
    const refused = result.outcome === 'gone' ? [] : user.licences;
    return new Map(refused.map(({ id }) => [id, result.failure]));
  }
  return new Map((result.failedLicences ?? []).map(({ licence, failure }) => [licence, failure]));
}

function lackFinding(user: OwedLicences, licence: Licence, { code, message, cause, remedy }: WriteFailure): Finding {
  const until = new Date(Date.parse(user.since) + TRIED).toISOString().slice(0, 10);
  const why = cause === undefined ? `${message} (${code})` : `${cause}. The tenant: ${message}`;
  const known = licence.name === null ? '' : ` (${licence.id})`;
  return finding('licence-not-returned', 'apply', {
    object: { space: TENANT, anchor: user.anchor, type: 'user', name: user.name },
    attribute: 'licence',
    value: `${licenceName(licence)}${known}`,
    cause: `${user.name} was restored without the licence ${licenceName(licence)}, which was assigned directly before the deletion: ${why}`,
    remedy: `${remedy ?? 'Read the answer of the tenant.'} Each run tries again until ${until}; if it is assigned by hand, the finding goes.`,
  });
}

/** What users are owed whom earlier runs restored, for people who read a plan. */
export async function readOwedLicences(store: Store, after: string, limit: number): Promise<readonly OwedLicences[]> {
  const space = (await store.spaces.spaces()).find(({ name }) => name === TENANT);
  return space === undefined ? [] : store.licences.owed(space.id, after, limit);
}
