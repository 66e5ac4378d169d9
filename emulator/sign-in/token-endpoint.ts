import { type Answer, answerJson, type Call } from '../http-exchange.ts';
import { type Entity, textOf } from '../tenant/entity.ts';
import { TokenSeal } from '../token-seal.ts';
import { REFUSALS } from './aadsts.ts';
import { findAudience } from './audiences.ts';
import { checkPassword } from './check-password.ts';
import { ASSERTION_TYPE, checkClientAssertion } from './client-assertion.ts';
import type { DeviceCodes } from './device-codes.ts';
import type { Registration } from './registration.ts';
import type { SignInParts } from './sign-in-parts.ts';

/** RFC 8628 section 3.4; Entra also takes the short name, which MSAL sends. */
const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const SHORT_DEVICE_GRANT = 'device_code';
/** Refresh tokens of other than single-page applications live 90 days (documented). */
const REFRESH_MILLISECONDS = 90 * 86_400_000;

/** POST /{tenant}/oauth2/v2.0/token and /devicecode, and /{tenant}/oauth2/token. */
export class TokenEndpoint {
  readonly #parts: SignInParts;
  readonly #codes: DeviceCodes;
  readonly #seenAssertions = new Set<string>();
  readonly #refreshSeal: TokenSeal;

  constructor(parts: SignInParts, codes: DeviceCodes) {
    this.#parts = parts;
    this.#codes = codes;
    this.#refreshSeal = new TokenSeal(parts.key.id);
  }

  answerDeviceCode(call: Call, tenantName: string): Answer {
    const form = readForm(call);
    const registration = this.#findRegistration(required(form, 'client_id'), tenantName);
    return answerJson(200, this.#codes.start(registration.appId, required(form, 'scope')));
  }

  /** POST /{tenant}/oauth2/token, the endpoint of version 1: it takes a resource in place of a scope. */
  answerTokenV1(call: Call, tenantName: string): Answer {
    const form = readForm(call);
    const resource = required(form, 'resource');
    form.set('scope', `${resource.replace(/\/$/, '')}/.default`);
    const { body, ...answer } = this.#answerForm(call, form, tenantName);
    const expiresIn = Number((body as Readonly<Record<string, unknown>>)['expires_in']);
    const now = Math.floor(this.#parts.tenant.clock.now() / 1000);
    const times = { expires_in: String(expiresIn), expires_on: String(now + expiresIn), not_before: String(now) };
    return { ...answer, body: { ...(body as object), ...times, resource } };
  }

  answerToken(call: Call, tenantName: string): Answer {
    return this.#answerForm(call, readForm(call), tenantName);
  }

  #answerForm(call: Call, form: URLSearchParams, tenantName: string): Answer {
    const basic = readBasic(call.headers['authorization']);
    const registration = this.#findRegistration(basic?.id ?? required(form, 'client_id'), tenantName);
    const grant = required(form, 'grant_type');
    switch (grant) {
      case 'client_credentials':
        this.#checkCredential(call, form, basic?.secret, registration, tenantName, true);
        return this.#grantApplication(registration, applicationAudience(required(form, 'scope')));
      case DEVICE_GRANT:
      case SHORT_DEVICE_GRANT: {
        const { userId, scope } = this.#codes.redeem(required(form, 'device_code'), registration.appId);
        return this.#grantUser(registration, this.#findUser(userId), scope);
      }
      case 'refresh_token':
        return this.#refresh(registration, form);
      case 'password':
        this.#checkCredential(call, form, basic?.secret, registration, tenantName, false);
        return this.#grantUser(registration, this.#checkPassword(form), required(form, 'scope'));
      default:
        throw REFUSALS.grantUnknown(grant);
    }
  }

  #findRegistration(appId: string, tenantName: string): Registration {
    const found = this.#parts.registrations.find((known) => known.appId === appId.toLowerCase());
    if (!found) throw REFUSALS.applicationUnknown(appId, tenantName);
    return found;
  }

  #checkCredential(
    call: Call,
    form: URLSearchParams,
    basicSecret: string | undefined,
    registration: Registration,
    tenantName: string,
    isNeeded: boolean,
  ): void {
    const assertion = form.get('client_assertion');
    if (assertion !== null) {
      if (form.get('client_assertion_type') !== ASSERTION_TYPE)
        throw REFUSALS.parameterMissing('client_assertion_type');
      const audiences = this.#audiences(call.origin, tenantName);
      checkClientAssertion(assertion, registration, this.#parts.tenant, audiences, this.#seenAssertions);
      return;
    }
    const secret = basicSecret ?? form.get('client_secret');
    if (secret === null) {
      if (isNeeded) throw REFUSALS.credentialMissing();
      return;
    }
    const known = registration.secrets.find((candidate) => candidate.value === secret);
    if (!known) throw REFUSALS.secretWrong(registration.appId);
    const isExpired = known.expiresAt !== undefined && known.expiresAt <= this.#parts.tenant.clock.now();
    if (isExpired) throw REFUSALS.secretExpired(registration.appId);
  }

  /** The token endpoint and the issuer, under the public name and under the one the client used, by id and by name. */
  #audiences(origin: string, tenantName: string): ReadonlySet<string> {
    const { id } = this.#parts.tenant.profile;
    const hosts = [
      origin,
      origin.replace(/^http:/, 'https:'),
      'https://login.microsoftonline.com',
      'https://login.windows.net',
    ];
    const names = [id, tenantName];
    const paths = ['oauth2/v2.0/token', 'v2.0', 'oauth2/token'];
    return new Set(
      hosts.flatMap((host) => names.flatMap((name) => paths.map((path) => `${host}/${name}/${path}`.toLowerCase()))),
    );
  }

  #grantApplication(registration: Registration, audience: string): Answer {
    const { token, expiresIn } = this.#parts.tokens.issue(registration, undefined, audience);
    return answerJson(200, {
      token_type: 'Bearer',
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      access_token: token,
    });
  }

  #grantUser(registration: Registration, user: Entity, scope: string): Answer {
    const { token, expiresIn } = this.#parts.tokens.issue(registration, user, userAudience(scope));
    const scopes = scope.split(' ').filter((part) => part !== '');
    const now = this.#parts.tenant.clock.now();
    const refresh = {
      user: user.id,
      app: registration.appId,
      scope,
      made: now,
      seq: this.#parts.tenant.seq,
      once: this.#parts.tenant.randomness.text(16),
    };
    return answerJson(200, {
      token_type: 'Bearer',
      scope: [...new Set([...registration.roles, ...scopes])].filter((part) => part !== 'offline_access').join(' '),
      expires_in: expiresIn,
      ext_expires_in: expiresIn,
      access_token: token,
      ...(scopes.includes('offline_access') ? { refresh_token: this.#refreshSeal.close(refresh) } : {}),
      ...(scopes.includes('openid')
        ? { id_token: this.#idToken(registration, user, now), client_info: this.#clientInfo(user) }
        : {}),
    });
  }

  #idToken(registration: Registration, user: Entity, now: number): string {
    const { id } = this.#parts.tenant.profile;
    const seconds = Math.floor(now / 1000);
    return this.#parts.key.signJwt({
      aud: registration.appId,
      iss: `https://login.microsoftonline.com/${id}/v2.0`,
      iat: seconds,
      nbf: seconds,
      exp: seconds + 3600,
      name: textOf(user, 'displayName'),
      oid: user.id,
      preferred_username: textOf(user, 'userPrincipalName'),
      sub: user.id,
      tid: id,
      ver: '2.0',
    });
  }

  #clientInfo(user: Entity): string {
    return Buffer.from(JSON.stringify({ uid: user.id, utid: this.#parts.tenant.profile.id })).toString('base64url');
  }

  #refresh(registration: Registration, form: URLSearchParams): Answer {
    const content = this.#refreshSeal.open(required(form, 'refresh_token'));
    if (!content || content['app'] !== registration.appId) throw REFUSALS.refreshInvalid();
    const age = this.#parts.tenant.clock.now() - Number(content['made']);
    if (age > REFRESH_MILLISECONDS) throw REFUSALS.refreshExpired();
    const user = this.#findUser(String(content['user']));
    if (isRevokedSince(user, Number(content['seq']))) throw REFUSALS.refreshRevoked();
    return this.#grantUser(registration, user, form.get('scope') ?? String(content['scope']));
  }

  #findUser(userId: string): Entity {
    const { tenant } = this.#parts;
    const user = tenant.primary.find(userId);
    if (user?.status !== 'live' || user.kind !== 'user') throw REFUSALS.userUnknown(userId, tenant.profile.id);
    if (user.values['accountEnabled'] !== true) throw REFUSALS.userDisabled();
    return user;
  }

  #checkPassword(form: URLSearchParams): Entity {
    const { tenant } = this.#parts;
    const name = required(form, 'username');
    const user = tenant.primary.findUnique('userPrincipalName', name.toLowerCase());
    if (!user) throw REFUSALS.userUnknown(name, tenant.profile.id);
    checkPassword(user, required(form, 'password'), tenant);
    return user;
  }
}

/** Whether the user's sessions were revoked after change number `seq`. */
function isRevokedSince(user: Entity, seq: number): boolean {
  return user.patches.some((patch) => patch.seq > seq && patch.names.includes('signInSessionsValidFromDateTime'));
}

function readForm(call: Call): URLSearchParams {
  return new URLSearchParams(call.body.toString('utf8'));
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw REFUSALS.parameterMissing(name);
  return value;
}

/** Client authentication in the header: both parts are form-encoded before base64 (RFC 6749 section 2.3.1). */
function readBasic(header: string | undefined): { readonly id: string; readonly secret: string } | undefined {
  const encoded = header === undefined ? undefined : /^Basic (\S+)$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const at = text.indexOf(':');
  if (at < 0) return undefined;
  return { id: decodeForm(text.slice(0, at)), secret: decodeForm(text.slice(at + 1)) };
}

function decodeForm(text: string): string {
  return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? '';
}

/** Exactly one resource and only its .default (client credentials flow). */
function applicationAudience(scope: string): string {
  if (!/^\S+\/\.default$/.test(scope)) throw REFUSALS.scopeInvalid(scope);
  const resource = scope.slice(0, -'/.default'.length).replace(/\/$/, '');
  const audience = findAudience(resource);
  if (audience === undefined) throw REFUSALS.resourceUnknown(resource);
  return audience;
}

/** What a user's token is for: the resource of the first scope that names one, or Graph. */
function userAudience(scope: string): string | undefined {
  for (const part of scope.split(' ')) {
    const audience = findAudience(part.slice(0, Math.max(0, part.lastIndexOf('/'))).replace(/\/$/, ''));
    if (audience !== undefined) return audience;
  }
  return undefined;
}
