import { DirbridgeError } from '../../../../errors.ts';
import type { ConnectorContext, RoleHolders } from '../../../connector.ts';
import type { Graph } from '../../graph.ts';
import type { Pace } from '../../pace.ts';
import { readRoleHolders } from '../../role-holders.ts';
import { factsOf, readOrganization } from '../../tenant-facts.ts';
import { SYNC_TYPES } from '../cloud-anchor.ts';

/**
 * The domains of the tenant, which only Graph tells. Without them no user principal name is judged before it is sent: the service then puts one at the initial
 * domain in the place of what it does not take, and each run would see another name than it sent.
 */
export async function readDomainFacts(
  graph: Graph,
  log: ConnectorContext['log'],
): Promise<Readonly<Record<string, string>>> {
  try {
    return factsOf(await readOrganization(graph));
  } catch (thrown) {
    if (!(thrown instanceof DirbridgeError) || thrown.code !== 'tenant-refused') throw thrown;
    log.warn({}, `the verified domains are not known, because Microsoft Graph refused us: ${thrown.message}`);
    return {};
  }
}

/** Who holds an administrator role, as Graph tells it, by the anchors of this path. Graph does not say of a holder whether it is a user or a group. */
export async function readHolders(graph: Graph, pace: Pace): Promise<RoleHolders> {
  const known = await readRoleHolders(graph, pace);
  if (!known.isKnown) return known;
  const kinds = [SYNC_TYPES.user, SYNC_TYPES.group];
  const holders = known.holders.flatMap(({ id, roles }) =>
    kinds.map((kind) => ({ id: `${kind}_${id.toLowerCase()}`, roles })),
  );
  return { isKnown: true, holders };
}
