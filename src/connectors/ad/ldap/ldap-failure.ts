/** LDAP result codes that we act upon (RFC 4511 appendix A). */
export const RESULT = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  timeLimitExceeded: 3,
  sizeLimitExceeded: 4,
  strongerAuthRequired: 8,
  referral: 10,
  unavailableCriticalExtension: 12,
  confidentialityRequired: 13,
  noSuchAttribute: 16,
  constraintViolation: 19,
  attributeOrValueExists: 20,
  noSuchObject: 32,
  invalidDnSyntax: 34,
  invalidCredentials: 49,
  insufficientAccessRights: 50,
  busy: 51,
  unavailable: 52,
  unwillingToPerform: 53,
  entryAlreadyExists: 68,
} as const;

/** The server answered, and its answer was no. */
export class LdapRefusal extends Error {
  readonly resultCode: number;
  /** The diagnostic message of the server; Active Directory puts its own error number there. */
  readonly diagnostic: string;

  constructor(resultCode: number, diagnostic: string) {
    super(`LDAP result ${resultCode}${nameResult(resultCode)}${diagnostic === '' ? '' : `: ${diagnostic.trim()}`}`);
    this.name = 'LdapRefusal';
    this.resultCode = resultCode;
    this.diagnostic = diagnostic;
  }
}

/** The server did not answer, or the connection broke: another attempt may succeed. */
export class ConnectionLost extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConnectionLost';
  }
}

const NAMES = new Map<number, string>(Object.entries(RESULT).map(([name, code]) => [code, name]));

function nameResult(code: number): string {
  const name = NAMES.get(code);
  return name === undefined ? '' : ` (${name})`;
}

/** Whether the server said that it cannot at the moment. */
export function isTransient(thrown: unknown): boolean {
  if (thrown instanceof ConnectionLost) return true;
  if (!(thrown instanceof LdapRefusal)) return false;
  return thrown.resultCode === RESULT.busy || thrown.resultCode === RESULT.unavailable;
}
