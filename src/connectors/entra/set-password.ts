import { DirbridgeError } from '../../errors.ts';
import type {
  CheckLine,
  ClearPasswordTarget,
  ClearPasswordWrite,
  PasswordResult,
  UndecidedPassword,
  WriteFailure,
} from '../connector.ts';
import { type Graph, type GraphAnswer, type GraphRequest, NoAnswer, refused } from './graph.ts';
import {
  type GraphRefusal,
  isAbsenceRefusal,
  isConcurrencyRefusal,
  isTransientStatus,
  readRefusal,
} from './graph-refusal.ts';
import { backOff, type Pace } from './pace.ts';
import { composePasswordBody } from './password-body.ts';

export interface PasswordSetterParts {
  readonly graph: Graph;
  readonly pace: Pace;
  readonly requireRight: () => Promise<void>;
  /** What of the application is granted; null where the tenant does not tell. */
  readonly readPermissions: () => Promise<ReadonlySet<string> | null>;
}

/** Graph, "Update user": the least that lets an application set passwords. It needs a directory role besides. */
export const PASSWORD_PERMISSION = 'User-PasswordProfile.ReadWrite.All';
const ROLE = 'User Administrator';

/** Whoever calls tries again later, so this is for a moment of weakness only. */
const MOST_TRIES = 4;

/** "The specified password does not comply with password complexity requirements. Please provide a different password." */
const WEAK = /password.*(complexity|does not comply|banned|too weak)/i;

/** Sets passwords by PATCH /users/{id} (Graph, "Update user", passwordProfile). */
export class PasswordSetter implements ClearPasswordTarget {
  readonly #parts: PasswordSetterParts;

  constructor(parts: PasswordSetterParts) {
    this.#parts = parts;
  }

  async *check(): AsyncGenerator<CheckLine> {
    const what = 'setting passwords';
    const remedy = `Add the application permission ${PASSWORD_PERMISSION} for Microsoft Graph, grant admin consent, and give the application the directory role ${ROLE}.`;
    try {
      const granted = await this.#parts.readPermissions();
      if (granted === null)
        yield { what, state: 'warning', detail: 'the tenant does not tell which permissions are granted', remedy };
      else if (!granted.has(PASSWORD_PERMISSION))
        yield { what, state: 'error', detail: `${PASSWORD_PERMISSION} is missing: no password can be set`, remedy };
      else
        yield { what, state: 'ok', detail: `${PASSWORD_PERMISSION}; the role ${ROLE} shows with the first password` };
    } catch (thrown) {
      const told =
        thrown instanceof DirbridgeError ? thrown : new DirbridgeError('bug', String(thrown), { cause: thrown });
      yield { what, state: 'error', detail: told.message, remedy: told.remedy, code: told.code };
    }
  }

  async set(write: ClearPasswordWrite): Promise<PasswordResult | UndecidedPassword> {
    const url = `/users/${encodeURIComponent(write.targetId)}`;
    const held = await this.#send({ method: 'GET', url: `${url}?$select=passwordPolicies` });
    if (held instanceof Undecided) return held.resultOf(write);
    if (held.status !== 200) return resultOf(write, held);
    const bytes = composePasswordBody(write.password, write.forceChange, changePolicies(held.body, write.expires));
    try {
      const answer = await this.#send({ method: 'PATCH', url, bytes });
      return answer instanceof Undecided ? answer.resultOf(write) : resultOf(write, answer);
    } finally {
      bytes.fill(0);
    }
  }

  /** The answer that is no transient one, if there is any. Throws `tenant-unreachable` when the tenant wants to be left alone. */
  async #send(request: GraphRequest): Promise<GraphAnswer | Undecided> {
    const { graph, pace, requireRight } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      await requireRight();
      const outcome = await this.#try(request);
      if (!(outcome instanceof NoAnswer) && !isTransient(outcome)) return outcome;
      if (attempt === MOST_TRIES) return giveUp(outcome);
      const retryAfter = outcome instanceof NoAnswer ? null : graph.retryAfter(outcome.headers);
      await pace.delay(backOff(attempt, retryAfter, pace));
    }
  }

  async #try(request: GraphRequest): Promise<GraphAnswer | NoAnswer> {
    try {
      return await this.#parts.graph.send(request);
    } catch (thrown) {
      if (thrown instanceof NoAnswer) return thrown;
      throw thrown;
    }
  }
}

const NEVER = 'DisablePasswordExpiration';

/**
 * What `passwordPolicies` is to be, null where it stays: the exemption from expiry, as the tenant sets it by itself with each password hash. What else an administrator has put there
 * (DisableStrongPassword) is kept.
 */
function changePolicies(user: unknown, expires: boolean): string | null {
  const held = String((user as { readonly passwordPolicies?: unknown } | null)?.passwordPolicies ?? 'None');
  const others = held.split(',').map((one) => one.trim());
  if (others.includes(NEVER) !== expires) return null;
  const kept = others.filter((one) => one !== NEVER && one !== 'None');
  return [...(expires ? [] : [NEVER]), ...kept].join(', ') || 'None';
}

function isTransient({ status, body }: GraphAnswer): boolean {
  return isTransientStatus(status) || isConcurrencyRefusal(readRefusal(status, body));
}

/** The last answer of several that left it open whether the password is set, or that there was none. */
class Undecided {
  readonly #last: GraphAnswer | NoAnswer;

  constructor(last: GraphAnswer | NoAnswer) {
    this.#last = last;
  }

  resultOf({ anchor }: ClearPasswordWrite): UndecidedPassword {
    const failure = { ...this.#words(), cause: CAUSE_OF_TROUBLE, remedy: REMEDY_OF_TROUBLE };
    return { anchor, outcome: 'undecided', failure, error: unreachable(this.#last) };
  }

  #words(): Pick<WriteFailure, 'code' | 'message'> {
    if (this.#last instanceof NoAnswer) return { code: 'no-answer', message: this.#last.message };
    const { code, message } = readRefusal(this.#last.status, this.#last.body);
    return { code, message };
  }
}

const CAUSE_OF_TROUBLE = 'Microsoft Graph kept failing over this user, though it answers for others';
const REMEDY_OF_TROUBLE =
  'Nothing at first: it is tried again by itself, after two minutes and less often later, for as long as it is held (passwords.hold). If it stays so, look at the service health of the tenant, then set the password of this user in the tenant by hand, or have the user choose another one.';

/** TooManyRequests and "bandwidth limit exceeded" are said to the application, whomever it asks about. */
function giveUp(last: GraphAnswer | NoAnswer): Undecided {
  if (!(last instanceof NoAnswer) && (last.status === 429 || last.status === 509)) throw unreachable(last);
  return new Undecided(last);
}

function unreachable(outcome: GraphAnswer | NoAnswer): DirbridgeError {
  if (outcome instanceof NoAnswer)
    return new DirbridgeError('tenant-unreachable', `Microsoft Graph did not answer: ${outcome.message}.`, {
      cause: outcome,
    });
  const { code } = readRefusal(outcome.status, outcome.body);
  return new DirbridgeError(
    'tenant-unreachable',
    `Microsoft Graph kept answering ${outcome.status} ${code} to a new password.`,
  );
}

function resultOf({ anchor }: ClearPasswordWrite, answer: GraphAnswer): PasswordResult {
  const { status } = answer;
  if (status === 204 || status === 200) return { anchor, outcome: 'done' };
  // A token that is refused, or an answer that leads elsewhere, has nothing to do with this user.
  if (status === 401 || (status >= 300 && status < 400)) throw refused('/users', answer);
  const refusal = readRefusal(status, answer.body);
  return { anchor, outcome: isAbsenceRefusal(refusal) ? 'gone' : 'failed', failure: describe(refusal) };
}

/** What the words of the tenant mean; they are told besides. */
function describe({ code, message, status }: GraphRefusal): WriteFailure {
  if (status === 400 && WEAK.test(message))
    return {
      code,
      message,
      cause: "the tenant's own rules for passwords do not allow it, though those of the domain do",
      remedy:
        'Have the user choose another password: 8 to 256 characters of the English keyboard, of three kinds (lower case, upper case, digits, others), and none that the tenant bans. Best make the rules of the domain as strict.',
    };
  if (status === 403)
    return {
      code,
      message,
      cause: 'the application may not set the password of this user',
      remedy: `If it is so with everybody, grant ${PASSWORD_PERMISSION} and give the application the directory role ${ROLE}. If it is so with this user alone, the user holds an administrator role: such passwords are set in the tenant by hand.`,
    };
  return { code, message };
}
