import { DirbridgeError } from '../../../../errors.ts';
import type { ConnectorContext } from '../../../connector.ts';
import type { Graph } from '../../graph.ts';
import { factsOf, readOrganization } from '../../tenant-facts.ts';

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
