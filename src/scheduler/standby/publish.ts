import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Operation, PlanHead } from '../../model/plan.ts';
import { RUN_OUTCOMES } from '../../model/run.ts';
import { DEPARTURES, type NumberedChange, type Store } from '../../store/store.ts';
import type { ServerPair } from './server-pair.ts';
import { changesFolder, configurationFolder, decisionsFile, pendingFile } from './server-records.ts';

const CHANGES_PER_FILE = 5000;
const OPERATIONS_PER_PAGE = 500;
const ID_DIGITS = 12;
const DAY = 86_400_000;
/** As long as the tenant keeps deleted users: until then the history of an object matters to what is done with it. */
const KEPT_DAYS = 30;
/** Tells one store from another that has its numbers begin anew. */
const PUBLISHED_AS = 'standby publishes as';

const departureSchema = z.object({
  kind: z.enum(DEPARTURES),
  type: z.enum(['user', 'group', 'contact', 'device']),
  anchor: z.string(),
  at: z.string(),
  count: z.number(),
});

/** What was decided on one server and has to hold on the other as well. */
export const decisionsSchema = z.object({
  handLinks: z.array(z.object({ anchor: z.string(), target: z.string().nullable(), who: z.string(), at: z.string() })),
  leaving: z.array(z.object({ anchor: z.string(), since: z.string(), isSettled: z.boolean() })),
  departures: z.array(departureSchema),
  licences: z.array(
    z.object({
      targetId: z.string(),
      licence: z.string(),
      anchor: z.string(),
      name: z.string(),
      body: z.string(),
      heldAt: z.string(),
      sentAt: z.string().nullable(),
      givenAt: z.string().nullable(),
    }),
  ),
});

export const runLineSchema = z.object({
  run: z.string(),
  command: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  outcome: z.enum(RUN_OUTCOMES).nullable().catch(null),
  message: z.string().nullable(),
  done: z.record(z.string(), z.number()),
  failed: z.number(),
});

export const changeLineSchema = z.object({
  id: z.number(),
  run: z.string(),
  at: z.string(),
  type: z.enum(['user', 'group', 'contact', 'device']),
  anchor: z.string(),
  name: z.string(),
  targetId: z.string(),
  action: z.string(),
  body: z.string(),
});

/** An operation that the server that writes has planned and not carried out. */
export const pendingLineSchema = z.object({
  anchor: z.string(),
  action: z.string(),
  state: z.string(),
  changes: z.array(z.object({ attribute: z.string(), to: z.unknown() })),
  members: z.object({ add: z.number(), remove: z.number() }),
});

export const pendingHeadSchema = z.object({ plan: z.string(), state: z.string(), guards: z.array(z.string()) });

export interface PublishedFile {
  readonly name: string;
  readonly text: string;
}

/** Writes the configuration for the others to take over. Versions lie side by side, so that nobody ever reads half of one. */
export async function publishConfiguration(pair: ServerPair, files: readonly PublishedFile[]): Promise<void> {
  const before = await pair.presenceOf(pair.server);
  const hash = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  await pair.folder.createFolder(configurationFolder(pair.server, hash), files);
  pair.noteConfiguration(hash);
  await pair.sign();
  const others = (await pair.folder.list(configurationFolder(pair.server))).filter(
    (one) => one !== hash && one !== before?.configuration,
  );
  // The one that was told last may just be read.
  for (const old of others) await pair.folder.remove(configurationFolder(pair.server, old));
}

/** Publishes what this server itself has written to the tenant and not published yet, and forgets what is older than 30 days. Safe to repeat. */
export async function publishChanges(pair: ServerPair, store: Store, now: Date): Promise<void> {
  const folder = `${changesFolder(pair.server)}/${await publishedAs(store)}`;
  const files = await pair.folder.list(folder);
  let after = Number(files.at(-1)?.split('-')[1]?.split('.')[0] ?? 0);
  const since = new Date(now.getTime() - KEPT_DAYS * DAY).toISOString();
  for (;;) {
    const changes = await store.transaction(() => store.peers.ownChanges(after, since, CHANGES_PER_FILE));
    const [first, last] = [changes.at(0), changes.at(-1)];
    if (first === undefined || last === undefined) break;
    await pair.folder.writeText(
      `${folder}/${number(first.id)}-${number(last.id)}.ndjson`,
      await linesOf(store, changes),
    );
    after = last.id;
  }
  await forgetOld(pair, folder, files, since);
}

async function publishedAs(store: Store): Promise<string> {
  const known = (await store.meta(PUBLISHED_AS)) ?? '';
  if (known !== '') return known;
  const name = randomUUID();
  await store.setMeta(PUBLISHED_AS, name);
  return name;
}

/** After a store was put back from a backup: its numbers begin anew, and the other servers have to be able to tell. */
export async function forgetPublication(store: Store): Promise<void> {
  await store.setMeta(PUBLISHED_AS, '');
}

async function linesOf(store: Store, changes: readonly NumberedChange[]): Promise<string> {
  const lines: string[] = [];
  let told = '';
  for (const change of changes) {
    if (change.run !== told) {
      const run = await store.peers.ownRun(change.run);
      if (run !== null) lines.push(JSON.stringify(run satisfies z.infer<typeof runLineSchema>));
      told = change.run;
    }
    const { id, run, at, type, anchor, name, targetId, action, body } = change;
    lines.push(JSON.stringify({ id, run, at, type, anchor, name, targetId, action, body }));
  }
  return `${lines.join('\n')}\n`;
}

async function forgetOld(pair: ServerPair, folder: string, files: readonly string[], since: string): Promise<void> {
  for (const file of files.slice(0, -1)) {
    const text = (await pair.folder.readText(`${folder}/${file}`)) ?? '';
    const last = text.trimEnd().split('\n').at(-1) ?? '{}';
    if ((JSON.parse(last) as { readonly at?: string }).at?.localeCompare(since) !== -1) return;
    await pair.folder.remove(`${folder}/${file}`);
  }
}

/** Publishes what is remembered here and nowhere else. */
export async function publishDecisions(pair: ServerPair, store: Store, now: Date): Promise<void> {
  const yesterday = new Date(now.getTime() - DAY).toISOString();
  const decisions: z.infer<typeof decisionsSchema> = {
    handLinks: [...(await store.matches.handLinks())],
    leaving: [...(await store.peers.leaving())],
    departures: [...(await store.peers.departures(yesterday))],
    licences: [...(await store.peers.licences())],
  };
  await pair.folder.writeJson(decisionsFile(pair.server), decisions);
}

/** Publishes what the newest plan has left undone: because a guard stopped it, or the tenant refused it. */
export async function publishPending(pair: ServerPair, store: Store): Promise<void> {
  await pair.folder.writeLines(pendingFile(pair.server), pendingLines(store, await store.apply.plan()));
}

async function* pendingLines(store: Store, head: PlanHead | null): AsyncIterable<string> {
  if (head === null) return;
  yield JSON.stringify(pendingHead(head));
  for (let after = 0; ; ) {
    const page = await store.apply.operations(head.id, after, OPERATIONS_PER_PAGE);
    const last = page.at(-1);
    if (last === undefined) return;
    after = Number(last.id);
    for (const operation of page) if (operation.state !== 'done') yield JSON.stringify(pendingLine(operation));
  }
}

function pendingHead({ id, state, guards }: PlanHead): z.infer<typeof pendingHeadSchema> {
  return { plan: id, state, guards: guards.filter((guard) => guard.blocked).map((guard) => guard.name) };
}

function pendingLine({ anchor, action, state, changes, members }: Operation): z.infer<typeof pendingLineSchema> {
  return { anchor, action, state, changes: changes.map(({ attribute, to }) => ({ attribute, to })), members };
}

function number(id: number): string {
  return String(id).padStart(ID_DIGITS, '0');
}
