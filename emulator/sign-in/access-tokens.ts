import type { Caller } from '../caller.ts';
import { GraphError } from '../graph-error.ts';
import { type Entity, textOf, textsOf } from '../tenant/entity.ts';
import type { Tenant } from '../tenant/tenant.ts';
import { GRAPH_RESOURCE, OLD_GRAPH_RESOURCE, SYNCHRONIZATION_RESOURCE } from './audiences.ts';
import type { Registration } from './registration.ts';
import type { SigningKey } from './signing-key.ts';

const MOST_REMEMBERED = 200;
const SYNCHRONIZATION_AUDIENCES: readonly string[] = [
  OLD_GRAPH_RESOURCE,
  `${OLD_GRAPH_RESOURCE}/`,
  SYNCHRONIZATION_RESOURCE,
];

/** Makes access tokens for Graph and reads them again. */
export class AccessTokens {
  readonly #tenant: Tenant;
  readonly #key: SigningKey;
  readonly #registrations: readonly Registration[];
  /** Signatures checked before: a check costs more than most operations. */
  readonly #verified = new Map<string, Readonly<Record<string, unknown>>>();
  /** Seconds; undefined: as documented. */
  readonly #lifetime: number | undefined;
  /** Tokens that are taken for expired before their time. */
  readonly #expired = new Set<string>();
  /** Milliseconds by which the next token begins later than now. */
  #postponed = 0;

  constructor(tenant: Tenant, key: SigningKey, registrations: readonly Registration[], lifetime?: number) {
    this.#tenant = tenant;
    this.#key = key;
    this.#registrations = registrations;
    this.#lifetime = lifetime;
  }

  /** The token of this Authorization header is refused from now on. */
  expire(header: string | undefined): void {
    if (header !== undefined) this.#expired.add(header);
  }

  /** The next token is valid only so many milliseconds later: the clocks of sign-in and Graph differ. */
  postpone(milliseconds: number): void {
    this.#postponed = milliseconds;
  }

  /** Lives 60 to 90 minutes (documented as random). `user`: the one who signed in, for delegated access. */
  issue(
    registration: Registration,
    user: Entity | undefined,
    audience: string = GRAPH_RESOURCE,
  ): { readonly token: string; readonly expiresIn: number } {
    const expiresIn = this.#lifetime ?? 3599 + this.#tenant.randomness.below(1801);
    const now = Math.floor((this.#tenant.clock.now() + this.#postponed) / 1000);
    this.#postponed = 0;
    const token = this.#key.signJwt({
      aud: audience,
      iss: `https://sts.windows.net/${this.#tenant.profile.id}/`,
      iat: now,
      nbf: now,
      exp: now + expiresIn,
      app_displayname: registration.displayName,
      appid: registration.appId,
      appidacr: registration.certificates.length > 0 ? '2' : '1',
      idp: `https://sts.windows.net/${this.#tenant.profile.id}/`,
      ...(user ? describeUser(user, registration) : describeApplication(registration)),
      tid: this.#tenant.profile.id,
      uti: this.#tenant.randomness.text(22),
      ver: '1.0',
    });
    return { token, expiresIn };
  }

  /** The caller that the Authorization header names, or 401 as Graph says it. */
  authenticate(header: string | undefined): Caller {
    const token = header === undefined ? undefined : /^Bearer (\S+)$/i.exec(header)?.[1];
    if (token === undefined) throw refuse('Access token is empty.');
    const claims = this.#read(token);
    if (!claims) throw refuse('CompactToken validation failed: signature is invalid.');
    const now = this.#tenant.clock.now() / 1000;
    if (this.#expired.has(header ?? '')) throw refuse('Lifetime validation failed, the token is expired.');
    if (now >= Number(claims['exp'])) throw refuse('Lifetime validation failed, the token is expired.');
    if (now + 300 < Number(claims['nbf'])) throw refuse('Access token has expired or is not yet valid.');
    if (claims['aud'] !== GRAPH_RESOURCE) throw refuse('Access token validation failure. Invalid audience.');
    const caller = this.#callerOf(claims);
    if (!caller) throw refuse('The application of the access token is not known.');
    return caller;
  }

  /** The caller of the provisioning service, or the words in which it refuses the token. */
  authenticateSynchronization(token: string): Caller | string {
    const claims = this.#read(token);
    if (!claims) return 'CompactToken validation failed: signature is invalid.';
    const now = this.#tenant.clock.now() / 1000;
    if (this.#expired.has(`Bearer ${token}`) || now >= Number(claims['exp'])) {
      return 'Lifetime validation failed, the token is expired.';
    }
    if (now + 300 < Number(claims['nbf'])) return 'Access token has expired or is not yet valid.';
    if (!SYNCHRONIZATION_AUDIENCES.includes(String(claims['aud']))) return 'Audience validation failed.';
    if (claims['tid'] !== this.#tenant.profile.id) return 'The token is of another tenant.';
    return this.#callerOf(claims) ?? 'The application of the access token is not known.';
  }

  #callerOf(claims: Readonly<Record<string, unknown>>): Caller | undefined {
    const registration = this.#registrations.find((known) => known.appId === claims['appid']);
    if (!registration) return undefined;
    const roles = Array.isArray(claims['roles']) ? claims['roles'].map(String) : String(claims['scp'] ?? '').split(' ');
    const isUser = claims['idtyp'] === 'user';
    const user = isUser ? this.#tenant.primary.find(String(claims['oid'])) : undefined;
    return {
      appId: registration.appId,
      permissions: new Set(roles),
      directoryRoles: registration.directoryRoles,
      ...(user ? { user: { id: user.id, directoryRoles: textsOf(user, 'adminRoles') } } : {}),
    };
  }

  #read(token: string): Readonly<Record<string, unknown>> | undefined {
    const known = this.#verified.get(token);
    if (known) return known;
    const claims = this.#key.readJwt(token);
    if (!claims) return undefined;
    if (this.#verified.size >= MOST_REMEMBERED) this.#verified.clear();
    this.#verified.set(token, claims);
    return claims;
  }
}

function describeApplication(registration: Registration): Record<string, unknown> {
  return { idtyp: 'app', oid: registration.principalId, sub: registration.principalId, roles: registration.roles };
}

function describeUser(user: Entity, registration: Registration): Record<string, unknown> {
  const upn = textOf(user, 'userPrincipalName');
  return {
    idtyp: 'user',
    oid: user.id,
    sub: user.id,
    name: textOf(user, 'displayName'),
    upn,
    unique_name: upn,
    scp: registration.roles.join(' '),
  };
}

function refuse(message: string): GraphError {
  return new GraphError(401, 'InvalidAuthenticationToken', message, {
    headers: {
      'www-authenticate':
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"',
    },
  });
}
