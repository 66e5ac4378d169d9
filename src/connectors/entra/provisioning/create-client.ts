import { DirbridgeError } from '../../../errors.ts';
import type { ConnectorContext } from '../../connector.ts';
import { readCredential } from '../client-credential.ts';
import { type EntraSection, endpointsOf, TIMEOUT } from '../config.ts';
import { type Pace, patienceOf } from '../pace.ts';
import { SignIn } from '../sign-in.ts';
import { identityOf } from './client-identity.ts';
import { ProvisioningClient } from './provisioning-client.ts';
import { addressOf } from './service-address.ts';

/**
 * A client of the provisioning service with a sign-in of its own: its tokens are for another resource than those for Graph.
 * Throws `config-invalid` where nobody knows the address for the cloud.
 */
export function createProvisioningClient(
  section: EntraSection,
  context: ConnectorContext,
  pace: Pace,
): ProvisioningClient {
  const { tenant, clientId, cloud, graph, provisioning } = section;
  const address = addressOf({ cloud, graph, url: provisioning?.url, resource: provisioning?.resource });
  if (address === null) {
    const message = `Nobody has published where the provisioning service of the cloud ${cloud} is.`;
    throw new DirbridgeError('config-invalid', message, {
      remedy: 'Give provisioning: { url, resource } in the target, or use Microsoft Graph alone.',
    });
  }
  const patience = patienceOf(context);
  const timeout = Math.min((section.timeout ?? TIMEOUT) * 1000, patience.timeout);
  const signIn = new SignIn({
    tenant,
    clientId,
    endpoints: { ...endpointsOf(section), scope: `${address.resource}/.default` },
    readCredential: () => readCredential(section, context.readSecret),
    pace,
    patience,
    timeout,
  });
  return new ProvisioningClient({
    url: address.url,
    tenant,
    identity: identityOf(clientId, provisioning),
    signIn,
    pace,
    patience,
    timeout,
    now: context.now,
    requireRight: context.requireRight ?? (async () => undefined),
  });
}
