import { z } from 'zod';
import type { ObjectChange } from '../../../../model/change.ts';
import { type ReadEvent, type ReadProblem, type ReadRequest, TENANT_FACTS } from '../../../connector.ts';
import { readCloudAnchor, typeOfSync } from '../cloud-anchor.ts';
import type { CompanyConfiguration } from '../company-configuration.ts';
import { textOf } from '../nbfx/xml-reading.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { AnchorIndex } from './anchor-index.ts';
import { anchorsOf, isCookieRefusal, placeLost, type ReadBackPage, readBack } from './read-back.ts';
import { toChange } from './read-change.ts';

export interface ReadObjectsParts {
  readonly client: ProvisioningClient;
  readonly now: () => Date;
  readonly readCompany: () => Promise<CompanyConfiguration>;
  /** What the service does not tell: the domains of the tenant. */
  readonly readFacts: () => Promise<Readonly<Record<string, string>>>;
}

const watermark = z.strictObject({ version: z.literal('provisioning-1'), tenant: z.string(), cookie: z.string() });

interface Round {
  readonly mode: 'full' | 'delta';
  readonly reason: string | null;
  readonly pages: AsyncIterable<ReadBackPage>;
}

/** The read of the contract, by ReadBackAzureADSyncObjects2. */
export async function* readObjects(parts: ReadObjectsParts, request: ReadRequest): AsyncGenerator<ReadEvent> {
  const company = await parts.readCompany();
  const round = await openRound(parts.client, request.watermark, company.tenantId);
  const facts = await parts.readFacts();
  const parameters = { ...facts, [TENANT_FACTS.tenantId]: company.tenantId };
  yield {
    kind: 'begin',
    mode: round.mode,
    method: 'provisioning service',
    reason: round.reason,
    parameters,
    hidesDeleted: ['user'],
  };
  const index = new AnchorIndex(parts.client);
  let done = 0;
  let cookie = '';
  for await (const page of toTheEnd(round.pages)) {
    const changes = await toChanges(page, index, parts.now());
    const problems = page.objects.flatMap((object) => problemOf(object) ?? []);
    if (problems.length > 0) yield { kind: 'page', changes, problems };
    else if (changes.length > 0) yield { kind: 'page', changes };
    done += changes.length;
    cookie = page.cookie;
    request.onProgress?.(done, null);
  }
  yield { kind: 'end', watermark: JSON.stringify({ version: 'provisioning-1', tenant: company.tenantId, cookie }) };
}

/** What the first page is asked with may be refused; after it a read has begun, and cannot become another one. */
async function* toTheEnd(pages: AsyncIterable<ReadBackPage>): AsyncGenerator<ReadBackPage> {
  try {
    yield* pages;
  } catch (thrown) {
    throw isCookieRefusal(thrown) ? placeLost(thrown) : thrown;
  }
}

async function toChanges(page: ReadBackPage, index: AnchorIndex, now: Date): Promise<readonly ObjectChange[]> {
  const changes: ObjectChange[] = [];
  for (const object of page.objects) {
    const change = await toChange(object, index, now);
    if (change !== null) changes.push(change);
  }
  return changes;
}

/** An object of a kind that we know, without an id that we know: nobody can say which one it is, so none may be taken as deleted. */
function problemOf(object: XmlElement): ReadProblem | null {
  const { cloud = '', source } = anchorsOf(object);
  if (readCloudAnchor(cloud) !== null || typeOfSync(textOf(object, 'SyncObjectType')) === null) return null;
  const name = source ?? (cloud === '' ? 'an object without anchors' : cloud);
  const cause = `The provisioning service gave an object (${name}) whose CloudAnchor is ${cloud === '' ? 'missing' : `"${cloud}"`}, so it is not known which one it is.`;
  const remedy = 'Tell us: the service seems to name objects in a way that this version does not know.';
  return {
    code: 'source-record-unreadable',
    anchor: null,
    name,
    attribute: 'CloudAnchor',
    value: cloud,
    cause,
    remedy,
  };
}

/** Asks for the first page before anything is told: a refused cookie makes the whole read a full one. */
async function openRound(client: ProvisioningClient, text: string | null, tenant: string): Promise<Round> {
  if (text === null) return { mode: 'full', reason: null, pages: readBack(client, null) };
  const held = readWatermark(text, tenant);
  if ('reason' in held) return { mode: 'full', reason: held.reason, pages: readBack(client, null) };
  const pages = readBack(client, held.cookie);
  try {
    const first = await pages.next();
    return { mode: 'delta', reason: null, pages: goOn(first, pages) };
  } catch (thrown) {
    if (!isCookieRefusal(thrown)) throw thrown;
    return {
      mode: 'full',
      reason: `the service refused its cookie (${thrown.message})`,
      pages: readBack(client, null),
    };
  }
}

async function* goOn<Item>(first: IteratorResult<Item>, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

function readWatermark(text: string, tenant: string): { readonly cookie: string } | { readonly reason: string } {
  const parsed = watermark.safeParse(parseJson(text));
  if (!parsed.success) return { reason: 'the tenant was last read by other means than the provisioning service' };
  return parsed.data.tenant === tenant ? parsed.data : { reason: 'the stored cookie belongs to another tenant' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The service reads no single objects: all are read, and those that were asked for are told. What is not among them is gone. */
export async function* fetchObjects(
  { client, now }: Pick<ReadObjectsParts, 'client' | 'now'>,
  anchors: readonly string[],
): AsyncGenerator<readonly ObjectChange[]> {
  const open = new Set(anchors);
  if (open.size === 0) return;
  const index = new AnchorIndex(client);
  for await (const page of readBack(client, null)) {
    const found = (await toChanges(page, index, now())).filter((change) => open.delete(change.anchor));
    if (found.length > 0) yield found;
  }
  yield [...open].map((anchor) => toAbsence(anchor, now()));
}

/** Of what kind it was nobody tells. One that cannot come back is found out when it is to. */
function toAbsence(anchor: string, now: Date): ObjectChange {
  return { kind: 'delete', anchor, restorable: true, deletedAt: now.toISOString() };
}
