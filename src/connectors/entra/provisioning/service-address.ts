import type { Cloud } from '../config.ts';

const PATH = '/provisioningservice.svc';

/** Known is the address of the public cloud alone (facts E.13, C). Others have to be configured. */
const ADDRESSES: Readonly<Partial<Record<Cloud, { readonly url: string; readonly resource: string }>>> = {
  public: { url: `https://adminwebservice.microsoftonline.com${PATH}`, resource: 'https://graph.windows.net' },
};

/** Where the hosts of one cloud lie: a regional host that the service names has to be one of them. */
const CLOUD_SUFFIXES = ['.microsoftonline.com', '.microsoftonline.us', '.partner.microsoftonline.cn'] as const;

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export interface ServiceAddress {
  readonly url: string;
  /** Whose tokens it takes. */
  readonly resource: string;
}

export interface AddressParts {
  readonly cloud: Cloud;
  /** Graph's own URL, where the configuration gives one: then the service is taken to be on the same server. */
  readonly graph?: string | undefined;
  readonly url?: string | undefined;
  readonly resource?: string | undefined;
}

/** Where the service is; null when the configuration has to say so and does not. */
export function addressOf({ cloud, graph, url, resource }: AddressParts): ServiceAddress | null {
  const known = ADDRESSES[graph === undefined ? cloud : 'public'];
  const own = url ?? (graph === undefined ? known?.url : new URL(PATH, graph).href);
  const whose = resource ?? known?.resource;
  if (own === undefined || whose === undefined) return null;
  return { url: withPath(own), resource: whose.replace(/\/+$/, '') };
}

function withPath(text: string): string {
  const url = new URL(text);
  return url.pathname === '/' ? new URL(PATH, url).href : url.href;
}

/**
 * The URL that a redirection names, when our token may go there: a host of the same cloud by https, or, for an address on loopback, another one there.
 * Null for every other: a token must never follow a name that somebody else chose.
 */
export function followRedirect(configured: string, named: string): string | null {
  const from = new URL(configured);
  const to = URL.parse(named);
  if (to === null || to.username !== '' || to.password !== '') return null;
  if (LOOPBACK.test(from.hostname)) return isHttp(to) && LOOPBACK.test(to.hostname) ? withPath(to.href) : null;
  if (to.protocol !== 'https:' || to.port !== from.port) return null;
  return isSameCloud(from.hostname, to.hostname) ? withPath(to.href) : null;
}

function isHttp({ protocol }: URL): boolean {
  return protocol === 'https:' || protocol === 'http:';
}

function isSameCloud(from: string, to: string): boolean {
  if (from === to) return true;
  return CLOUD_SUFFIXES.some((suffix) => from.endsWith(suffix) && to.endsWith(suffix));
}
