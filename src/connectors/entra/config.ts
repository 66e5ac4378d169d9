import { z } from 'zod';
import { secretSource } from '../connector.ts';
import { identitySection } from './provisioning/client-identity.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const serviceUrl = z.string().refine(isServiceUrl, {
  error: 'must be an https:// URL (http:// only on loopback: 127.0.0.1, ::1, localhost)',
});

function isServiceUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}

/** The national clouds and where each has sign-in and Graph (Microsoft Graph, "National cloud deployments"). */
export const CLOUDS = ['public', 'usgov', 'china'] as const;
export type Cloud = (typeof CLOUDS)[number];

const CLOUD_URLS: Readonly<Record<Cloud, { readonly authority: string; readonly graph: string }>> = {
  public: { authority: 'https://login.microsoftonline.com', graph: 'https://graph.microsoft.com' },
  usgov: { authority: 'https://login.microsoftonline.us', graph: 'https://graph.microsoft.us' },
  china: { authority: 'https://login.chinacloudapi.cn', graph: 'https://microsoftgraph.chinacloudapi.cn' },
};

/** The ways in which objects go to a tenant: values of `via`. */
export const WAYS = ['graph', 'provisioning'] as const;

/** Seconds for one request: a batch of 20 creations may take half a minute in a busy tenant. */
export const TIMEOUT = 90;
export const CONCURRENCY = 8;

/** The section `target:` of the configuration when its kind is `entra`. */
export const entraSection = z
  .strictObject({
    tenant: z
      .string()
      .regex(/^[A-Za-z0-9.-]+$/, { error: 'must be a domain of the tenant (contoso.onmicrosoft.com) or its id' }),
    clientId: z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'must be the application (client) id' }),
    clientSecret: secretSource.optional(),
    /** A PEM file with the private key and the certificate; `passphrase` when the key is encrypted. */
    certificate: z.strictObject({ file: z.string().min(1), passphrase: secretSource.optional() }).optional(),
    /** `provisioning` is experimental: a service that Microsoft documents for nobody (docs/guide/provisioning-service.md). */
    via: z.enum(WAYS).default('graph'),
    cloud: z.enum(CLOUDS).default('public'),
    graph: serviceUrl.optional(),
    authority: serviceUrl.optional(),
    /** The directory-synchronization provisioning service: where it is, whose tokens it takes, and what we say of ourselves. */
    provisioning: z
      .strictObject({ url: serviceUrl.optional(), resource: z.url().optional(), ...identitySection })
      .optional(),
    /** Most requests on their way at the same time; each carries up to 20 writes. */
    concurrency: z.int().min(1).max(32).optional(),
    /** Seconds after which a request that is not answered counts as lost. */
    timeout: z.number().min(0.1).max(600).optional(),
  })
  .check((context) => {
    const { clientSecret, certificate, graph, authority } = context.value;
    if ((clientSecret === undefined) === (certificate === undefined)) {
      const message = 'give either clientSecret or certificate';
      context.issues.push({ code: 'custom', input: context.value, path: ['clientSecret'], message });
    }
    if ((graph === undefined) !== (authority === undefined)) {
      const path = [graph === undefined ? 'graph' : 'authority'];
      const message = 'graph and authority belong together: give both URLs, or cloud instead';
      context.issues.push({ code: 'custom', input: context.value, path, message });
    }
  });
export type EntraSection = z.infer<typeof entraSection>;

export interface Endpoints {
  /** Graph with its version, without a slash at the end: `https://graph.microsoft.com/v1.0`. */
  readonly graph: string;
  /** Sign-in with the tenant, without a slash at the end. */
  readonly authority: string;
  readonly scope: string;
  /** Whether sign-in is somewhere MSAL has never heard of. */
  readonly isCustom: boolean;
}

/** Where sign-in and Graph are. A custom URL may, but need not, name the version and the tenant. */
export function endpointsOf(section: EntraSection): Endpoints {
  const cloud = CLOUD_URLS[section.cloud];
  const isCustom = section.graph !== undefined && section.authority !== undefined;
  const graph = withoutSlash(section.graph ?? cloud.graph);
  const authority = withoutSlash(section.authority ?? cloud.authority);
  return {
    graph: graph.endsWith('/v1.0') ? graph : `${graph}/v1.0`,
    authority: new URL(authority).pathname === '/' ? `${authority}/${section.tenant}` : authority,
    // The audience of Graph is the same for an emulated one.
    scope: `${isCustom ? CLOUD_URLS.public.graph : cloud.graph}/.default`,
    isCustom,
  };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
