import { createHash } from 'node:crypto';
import { DirbridgeError } from '../../../../errors.ts';
import { element, namespace, nilElement } from '../nbfx/xml-building.ts';
import { bytesOf, childOf, childrenOf, flagOf, textOf } from '../nbfx/xml-reading.ts';
import type { XmlElement } from '../nbfx/xml-tree.ts';
import type { ProvisioningClient } from '../provisioning-client.ts';
import { NAMESPACE } from '../wire-names.ts';

/** One page of what the service tells of the objects that it synchronizes. */
export interface ReadBackPage {
  readonly objects: readonly XmlElement[];
  /** Where to go on, in base64: after the last page it is what a later read begins with. */
  readonly cookie: string;
  readonly hasMore: boolean;
}

/** Whether the service says of our cookie that it is of no use to it. */
export function isCookieRefusal(thrown: unknown): thrown is DirbridgeError {
  return thrown instanceof DirbridgeError && thrown.code === 'provisioning-refused' && /cookie/i.test(thrown.message);
}

/** Pages from the beginning (null) or from a cookie on, the first of them asked for when it is wanted. */
export async function* readBack(client: ProvisioningClient, cookie: string | null): AsyncGenerator<ReadBackPage> {
  const isFull = cookie === null;
  const before = new Set<string>();
  for (let at = cookie; ; ) {
    const page = await readPage(client, at, isFull);
    yield page;
    if (!page.hasMore) return;
    if (at !== null) before.add(markOf(at));
    if (before.has(markOf(page.cookie))) {
      const message = 'The provisioning service leads our read in a circle: a place comes again, and the end never.';
      throw new DirbridgeError('provisioning-refused', message, { remedy: READ_AGAIN });
    }
    at = page.cookie;
  }
}

/** Cookies may be long, and there is one for each page. */
function markOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64').slice(0, 16);
}

const READ_AGAIN =
  'Nothing that was read is believed yet, and the next run reads it again. Should that end the same way, read everything anew: dirbridge sync --full.';

/** A place in the middle of a read that the service has lost. */
export function placeLost(refusal: DirbridgeError): DirbridgeError {
  const message = `The provisioning service lost the place of our read before its end. ${refusal.message}`;
  return new DirbridgeError('provisioning-refused', message, { cause: refusal, remedy: READ_AGAIN });
}

async function readPage(client: ProvisioningClient, cookie: string | null, isFull: boolean): Promise<ReadBackPage> {
  const action = 'ReadBackAzureADSyncObjects2';
  const namespaces = [namespace('i', NAMESPACE.instance)];
  const content = [
    element('includeLicenseInformation', 'false'),
    cookie === null
      ? { ...nilElement('inputCookie'), namespaces }
      : element('inputCookie', Uint8Array.from(Buffer.from(cookie, 'base64'))),
    element('isFullSync', String(isFull)),
  ];
  const result = await client.call({ action, content, isChange: false });
  const hasMore = flagOf(result, 'MoreData');
  const next = bytesOf(result, 'OutputCookie');
  if (hasMore === undefined || next === undefined) {
    throw new DirbridgeError('provisioning-refused', `The answer to ${action} does not say whether more follows.`);
  }
  const objects = childrenOf(childOf(result, 'ResultObjects'), 'AzureADSyncObject');
  return { objects, hasMore, cookie: Buffer.from(next).toString('base64') };
}

/** The anchors of an object that was read. */
export function anchorsOf(object: XmlElement): {
  readonly cloud: string | undefined;
  readonly source: string | undefined;
} {
  let cloud: string | undefined;
  let source: string | undefined;
  for (const pair of childrenOf(childOf(object, 'PropertyValues'))) {
    const key = textOf(pair, 'Key')?.toLowerCase();
    if (key === 'cloudanchor') cloud = textOf(pair, 'Value');
    if (key === 'sourceanchor') source = textOf(pair, 'Value');
  }
  return { cloud, source };
}
