import type { CheckLine } from '../connector.ts';
import { failureLine } from './failure-line.ts';
import type { Graph } from './graph.ts';
import { listOf } from './graph-object.ts';
import { readOrganization } from './tenant-facts.ts';

/** So many of those that are still marked are named. */
const NAMED = 5;

/**
 * Whether Graph may go on with what the provisioning service has written. The tenant refuses edits of objects that it counts as synchronized; it counts them so
 * until directory synchronization is off, and then for up to 72 hours more (facts B.4).
 */
export async function* checkTakeover(graph: Graph): AsyncGenerator<CheckLine> {
  const isOff = yield* told('directory synchronization', () => checkSwitch(graph));
  if (isOff) yield* told('synchronized objects', () => checkMarks(graph));
}

/** Answers whether all was well. */
async function* told(what: string, look: () => Promise<Omit<CheckLine, 'what'>>): AsyncGenerator<CheckLine, boolean> {
  try {
    const line = await look();
    yield { what, ...line };
    return line.state === 'ok';
  } catch (thrown) {
    yield failureLine(what, thrown);
    return false;
  }
}

async function checkSwitch(graph: Graph): Promise<Omit<CheckLine, 'what'>> {
  const { onPremisesSyncEnabled } = await readOrganization(graph);
  if (onPremisesSyncEnabled !== true) return { state: 'ok', detail: 'switched off in the tenant' };
  return {
    state: 'error',
    detail: 'switched on in the tenant: it refuses to let Microsoft Graph edit what was synchronized',
    remedy:
      'Stop whatever else synchronizes this tenant. Then an administrator switches it off: Microsoft Graph, PATCH /organization/{id} with onPremisesSyncEnabled false. The tenant takes up to 72 hours, and it cannot be switched on again meanwhile.',
  };
}

async function checkMarks(graph: Graph): Promise<Omit<CheckLine, 'what'>> {
  const marked = [...(await readMarked(graph, 'users')), ...(await readMarked(graph, 'groups'))];
  if (marked.length === 0) return { state: 'ok', detail: 'no user and no group is marked as synchronized any more' };
  return {
    state: 'error',
    detail: `the tenant has not let go of all objects yet; still marked as synchronized, for example: ${marked.slice(0, NAMED).join(', ')}`,
    remedy: 'Wait: after directory synchronization was switched off the tenant takes up to 72 hours. Then try again.',
  };
}

async function readMarked(graph: Graph, kind: 'users' | 'groups'): Promise<readonly string[]> {
  const name = kind === 'users' ? 'userPrincipalName' : 'displayName';
  const filter = encodeURIComponent('onPremisesSyncEnabled eq true');
  const body = await graph.readBody(`/${kind}?$filter=${filter}&$select=id,${name}&$top=${NAMED}`);
  return listOf(body).map((object) => String(object[name] ?? object['id']));
}
