import { type Clock, parseDuration } from './clock.ts';
import { EMULATOR_PATH } from './emulator-path.ts';
import { type FaultList, readFaults } from './faults.ts';
import { type Answer, answerEmpty, answerJson, type Call } from './http-exchange.ts';
import { isRecord } from './json-value.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import type { Stats } from './stats.ts';
import { dumpTenant } from './tenant/dump.ts';
import { plantSeed } from './tenant/seed.ts';
import type { Tenant } from './tenant/tenant.ts';

export interface ControlParts {
  readonly tenant: Tenant;
  readonly clock: Clock;
  readonly faults: FaultList;
  readonly stats: Stats;
  readonly signIn: SignIn;
  /** Moves the emulator's clock forward, and lets what is due happen. */
  readonly advance: (milliseconds: number) => void;
  /** Writes the state file, when there is one. */
  readonly save: () => void;
  /** Puts the tenant back to how it was started. */
  readonly reset: () => void;
}

/** The endpoints below /emulator, for tests: no sign-in, no throttling, no delay. */
export function answerControl(call: Call, parts: ControlParts): Answer {
  const operation = `${call.method} ${call.path.slice(EMULATOR_PATH.length)}`;
  switch (operation) {
    case 'GET /stats':
      return answerJson(200, parts.stats.describe());
    case 'POST /stats/clear':
      parts.stats.clear();
      return answerEmpty(204);
    case 'GET /dump':
      parts.tenant.settle();
      return { status: 200, headers: { 'content-type': 'application/json' }, pieces: dumpTenant(parts.tenant) };
    case 'GET /faults':
      return answerJson(200, { faults: parts.faults.list() });
    case 'DELETE /faults':
      parts.faults.clear();
      return answerEmpty(204);
    case 'POST /reset':
      parts.reset();
      return answerEmpty(204);
    default:
      return answerWithBody(operation, call, parts);
  }
}

function answerWithBody(operation: string, call: Call, parts: ControlParts): Answer {
  let body: unknown;
  try {
    body = call.body.length === 0 ? undefined : (JSON.parse(call.body.toString('utf8')) as unknown);
  } catch {
    return refuse('The body is not JSON.');
  }
  switch (operation) {
    case 'POST /faults': {
      const faults = readFaults(body);
      if (typeof faults === 'string') return refuse(faults);
      parts.faults.add(faults);
      return answerEmpty(204);
    }
    case 'POST /clock':
      return advanceClock(body, parts);
    case 'POST /devicecode':
      return decideDeviceCode(body, parts);
    case 'POST /seed':
      return seed(body, parts);
    default:
      return answerJson(404, { error: `There is no ${call.method} ${call.path}.` });
  }
}

function refuse(message: string): Answer {
  return answerJson(400, { error: message });
}

function advanceClock(body: unknown, parts: ControlParts): Answer {
  const advance = isRecord(body) ? body['advance'] : undefined;
  const milliseconds =
    typeof advance === 'number' || typeof advance === 'string' ? parseDuration(String(advance)) : undefined;
  if (milliseconds === undefined)
    return refuse('"advance" must be a duration such as "31d", "90m", "30s" or milliseconds.');
  parts.advance(milliseconds);
  return answerJson(200, { now: new Date(parts.clock.now()).toISOString() });
}

/** What a person does in a browser: `{user_code, approve, user}`; user is an id or a UPN. */
function decideDeviceCode(body: unknown, parts: ControlParts): Answer {
  if (!isRecord(body) || typeof body['user_code'] !== 'string') return refuse('"user_code" is missing.');
  if (body['approve'] === false) {
    return parts.signIn.deviceCodes.decide(body['user_code'], undefined)
      ? answerEmpty(204)
      : refuse('Unknown user_code.');
  }
  const name = String(body['user'] ?? '');
  const { primary } = parts.tenant;
  const user = primary.find(name) ?? primary.findUnique('userPrincipalName', name.toLowerCase());
  if (user?.kind !== 'user') return refuse(`"user" must be the id or userPrincipalName of a user, found '${name}'.`);
  return parts.signIn.deviceCodes.decide(body['user_code'], user.id) ? answerEmpty(204) : refuse('Unknown user_code.');
}

function seed(body: unknown, parts: ControlParts): Answer {
  try {
    const counts = plantSeed(body, parts.tenant);
    parts.save();
    return answerJson(200, counts);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
