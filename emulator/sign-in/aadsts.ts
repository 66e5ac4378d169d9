import { type Answer, answerJson } from '../http-exchange.ts';
import type { Tenant } from '../tenant/tenant.ts';

/** A refusal of the sign-in service: AADSTS number, OAuth error, HTTP status. */
export class SignInError extends Error {
  readonly number: number;
  readonly error: string;
  readonly status: number;

  constructor(number: number, error: string, status: number, message: string) {
    super(message);
    this.number = number;
    this.error = error;
    this.status = status;
  }
}

export const REFUSALS = {
  tenantUnknown: (tenant: string) =>
    new SignInError(
      90002,
      'invalid_request',
      400,
      `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
    ),
  applicationUnknown: (appId: string, tenant: string) =>
    new SignInError(
      700016,
      'unauthorized_client',
      400,
      `Application with identifier '${appId}' was not found in the directory '${tenant}'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant.`,
    ),
  parameterMissing: (name: string) =>
    new SignInError(
      900144,
      'invalid_request',
      400,
      `The request body must contain the following parameter: '${name}'.`,
    ),
  grantUnknown: (grant: string) =>
    new SignInError(70003, 'unsupported_grant_type', 400, `The app requested an unsupported grant type '${grant}'.`),
  scopeInvalid: (scope: string) =>
    new SignInError(
      70011,
      'invalid_scope',
      400,
      `The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope ${scope} is not valid.`,
    ),
  resourceUnknown: (resource: string) =>
    new SignInError(
      500011,
      'invalid_resource',
      400,
      `The resource principal named ${resource} was not found in the tenant.`,
    ),
  secretWrong: (appId: string) =>
    new SignInError(
      7000215,
      'invalid_client',
      401,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${appId}'.`,
    ),
  secretExpired: (appId: string) =>
    new SignInError(
      7000222,
      'invalid_client',
      401,
      `The provided client secret keys for app '${appId}' are expired. Visit the Azure portal to create new keys for your app.`,
    ),
  credentialMissing: () =>
    new SignInError(
      7000218,
      'invalid_client',
      401,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
  assertionMalformed: (detail: string) =>
    new SignInError(50027, 'invalid_request', 400, `JWT token is invalid or malformed. ${detail}`),
  assertionUnsigned: (detail: string) =>
    new SignInError(
      700027,
      'invalid_client',
      401,
      `The certificate with identifier used to sign the client assertion is not registered on application. ${detail}`,
    ),
  assertionOutOfTime: (detail: string) =>
    new SignInError(700024, 'invalid_client', 401, `Client assertion is not within its valid time range. ${detail}`),
  assertionAudience: (found: string) =>
    new SignInError(
      700023,
      'invalid_client',
      401,
      `Client assertion audience claim does not match Realm issuer. Found '${found}'.`,
    ),
  assertionSubject: () =>
    new SignInError(
      700021,
      'invalid_client',
      401,
      "Client assertion application identifier doesn't match 'client_id' parameter.",
    ),
  assertionReplayed: () =>
    new SignInError(
      700030,
      'invalid_client',
      401,
      'The client assertion was used before: its jti must be new in each request.',
    ),
  certificateOutOfTime: () =>
    new SignInError(
      1000502,
      'invalid_client',
      401,
      'The provided certificate is not within its specified validity window.',
    ),
  codePending: () =>
    new SignInError(
      70016,
      'authorization_pending',
      400,
      'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
    ),
  codeDeclined: () =>
    new SignInError(70018, 'authorization_declined', 400, 'Invalid verification code: the user declined.'),
  codeUnknown: () => new SignInError(70000, 'bad_verification_code', 400, 'The device code is not known.'),
  codeExpired: () =>
    new SignInError(70020, 'expired_token', 400, 'The provided value for the input parameter device_code is expired.'),
  refreshInvalid: () =>
    new SignInError(
      70000,
      'invalid_grant',
      400,
      'The provided value for the input parameter refresh_token is not valid.',
    ),
  refreshExpired: () =>
    new SignInError(700082, 'invalid_grant', 400, 'The refresh token has expired due to inactivity.'),
  refreshRevoked: () =>
    new SignInError(
      50173,
      'invalid_grant',
      400,
      'The provided grant has expired due to it being revoked, a fresh auth token is needed.',
    ),
  userUnknown: (user: string, tenant: string) =>
    new SignInError(
      50034,
      'invalid_grant',
      400,
      `The user account ${user} does not exist in the ${tenant} directory. To sign into this application, the account must be added to the directory.`,
    ),
  passwordWrong: () =>
    new SignInError(50126, 'invalid_grant', 400, 'Error validating credentials due to invalid username or password.'),
  userLocked: () =>
    new SignInError(
      50053,
      'invalid_grant',
      400,
      "The account is locked, you've tried to sign in too many times with an incorrect user ID or password.",
    ),
  userDisabled: () => new SignInError(50057, 'invalid_grant', 400, 'The user account is disabled.'),
  passwordExpired: () => new SignInError(50055, 'invalid_grant', 400, 'The password is expired.'),
} as const;

/** The error document of the token endpoint: AADSTS number, trace and correlation id, time. */
export function answerSignInError(error: SignInError, tenant: Tenant, correlationId: string | undefined): Answer {
  const trace = tenant.randomness.guid();
  const correlation = correlationId ?? tenant.randomness.guid();
  const timestamp = `${new Date(tenant.clock.now()).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return answerJson(error.status, {
    error: error.error,
    error_description: `AADSTS${error.number}: ${error.message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
    error_codes: [error.number],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${error.number}`,
  });
}
