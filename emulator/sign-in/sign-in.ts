import { type Answer, answerJson, type Call } from '../http-exchange.ts';
import { answerSignInError, REFUSALS, SignInError } from './aadsts.ts';
import { DeviceCodes } from './device-codes.ts';
import type { SignInParts } from './sign-in-parts.ts';
import { TokenEndpoint } from './token-endpoint.ts';

const LOGIN_HOSTS = ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'];

/** The sign-in service: discovery documents, keys, device codes and tokens. */
export class SignIn {
  readonly #parts: SignInParts;
  readonly #endpoint: TokenEndpoint;
  readonly deviceCodes: DeviceCodes;

  constructor(parts: SignInParts) {
    this.#parts = parts;
    this.deviceCodes = new DeviceCodes(parts.tenant);
    this.#endpoint = new TokenEndpoint(parts, this.deviceCodes);
  }

  /** Answers what belongs to sign-in; undefined for every other path. */
  answer(call: Call): Answer | undefined {
    const [first = '', ...rest] = call.path.split('/').slice(1).map(decodePart);
    const operation = `${call.method} ${rest.join('/')}`;
    try {
      switch (operation) {
        case 'GET discovery/instance':
          return this.#describeInstance(call);
        case 'GET v2.0/.well-known/openid-configuration':
          return this.#describeOpenId(call, first);
        case 'GET discovery/v2.0/keys':
        case 'GET discovery/keys':
          return answerJson(200, { keys: [this.#parts.key.exportJwk()] });
        case 'POST oauth2/v2.0/token':
          return this.#endpoint.answerToken(call, this.#checkTenant(first));
        case 'POST oauth2/token':
          return this.#endpoint.answerTokenV1(call, this.#checkTenant(first));
        case 'POST oauth2/v2.0/devicecode':
          return this.#endpoint.answerDeviceCode(call, this.#checkTenant(first));
        default:
          return rest[0] === 'userrealm' && call.method === 'GET' ? describeRealm(rest[1] ?? '') : undefined;
      }
    } catch (error) {
      if (!(error instanceof SignInError)) throw error;
      return answerSignInError(error, this.#parts.tenant, call.headers['client-request-id']);
    }
  }

  /** The tenant's id, any of its verified domains, or a word that leaves the tenant to the user. */
  #checkTenant(name: string): string {
    const { tenant } = this.#parts;
    const lower = name.toLowerCase();
    const isKnown =
      lower === tenant.profile.id || tenant.domains.some((domain) => domain.isVerified && domain.id === lower);
    if (!isKnown && lower !== 'common' && lower !== 'organizations') throw REFUSALS.tenantUnknown(name);
    return lower;
  }

  #describeOpenId(call: Call, name: string): Answer {
    const { id } = this.#parts.tenant.profile;
    const known = this.#checkTenantForDiscovery(name);
    if (known instanceof SignInError) {
      return answerJson(400, { error: 'invalid_tenant', error_description: `AADSTS${known.number}: ${known.message}` });
    }
    const base = `${call.origin}/${known === 'common' || known === 'organizations' ? known : id}`;
    return answerJson(200, {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      jwks_uri: `${base}/discovery/v2.0/keys`,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
      response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
      scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
      issuer: `https://login.microsoftonline.com/${known === 'common' || known === 'organizations' ? '{tenantid}' : id}/v2.0`,
      request_uri_parameter_supported: false,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      tenant_region_scope: null,
      cloud_instance_name: 'microsoftonline.com',
      cloud_graph_host_name: 'graph.windows.net',
      msgraph_host: 'graph.microsoft.com',
    });
  }

  #checkTenantForDiscovery(name: string): string | SignInError {
    try {
      return this.#checkTenant(name);
    } catch (error) {
      if (error instanceof SignInError) return error;
      throw error;
    }
  }

  /** Which hosts are one sign-in service: the public ones and the one this client used. */
  #describeInstance(call: Call): Answer {
    const host = new URL(call.origin).host;
    return answerJson(200, {
      tenant_discovery_endpoint: `${call.origin}/${this.#parts.tenant.profile.id}/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [
        {
          preferred_network: host,
          preferred_cache: host,
          aliases: [host, ...LOGIN_HOSTS.filter((name) => name !== host)],
        },
      ],
    });
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Asked by MSAL before a sign-in with user name and password. */
function describeRealm(user: string): Answer {
  return answerJson(200, {
    ver: '1.0',
    account_type: 'Managed',
    domain_name: user.slice(user.lastIndexOf('@') + 1),
    cloud_instance_name: 'microsoftonline.com',
    cloud_audience_urn: 'urn:federation:MicrosoftOnline',
  });
}
