import { answerInstead, spoil } from '../fault-answers.ts';
import type { ArmedFault, FaultList } from '../faults.ts';
import { type Answer, answerEmpty, type Call } from '../http-exchange.ts';
import type { AccessTokens } from '../sign-in/access-tokens.ts';
import type { Stats } from '../stats.ts';
import type { Tenant } from '../tenant/tenant.ts';
import type { TokenSeal } from '../token-seal.ts';
import { isOlderBuild } from './build-number.ts';
import { decodeMessage } from './nbfx/decode-message.ts';
import { MalformedMessage, type XmlElement } from './nbfx/xml-element.ts';
import { OPERATIONS } from './operations.ts';
import { checkHttpHeaders, type Envelope, readEnvelope } from './read-envelope.ts';
import {
  accessDenied,
  actionUnknown,
  clientTooOld,
  redirectTo,
  ServiceFault,
  serverBusy,
  tokenRefused,
} from './service-fault.ts';
import { CONTENT_TYPE, SERVICE_PATH } from './wire-names.ts';
import { answerFault, answerResult } from './write-envelope.ts';

export interface ServiceParts {
  readonly tenant: Tenant;
  readonly tokens: AccessTokens;
  readonly faults: FaultList;
  readonly stats: Stats;
  /** Clients with a lower build number are refused. */
  readonly minimumBuild: string | undefined;
  readonly seal: TokenSeal;
  readonly generation: number;
  readonly log: (line: string) => void;
}

/** Directory roles that may synchronize (facts D.5). */
const SYNCHRONIZING_ROLES: readonly string[] = [
  'Directory Synchronization Accounts',
  'Hybrid Identity Administrator',
  'Global Administrator',
];

export function isProvisioningPath(path: string): boolean {
  return path.toLowerCase() === SERVICE_PATH;
}

/** The directory-synchronization provisioning service: SOAP in binary XML, on the data of the tenant. */
export class ProvisioningService {
  readonly #parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** Answers a request whose path is that of the service. Never throws for what a client did. */
  answer(call: Call): Answer {
    const { faults, stats, tenant } = this.#parts;
    tenant.settle();
    const operation = call.headers['x-ms-aadmsods-apiaction'] ?? '';
    const named = `${SERVICE_PATH}#${operation}`;
    const fault = faults.strike(call.method, [SERVICE_PATH, named]);
    if (fault) stats.countFault(fault.fault);
    const answer = this.#withDate((fault && this.#suffer(fault, call)) ?? this.#judge(call, operation));
    stats.count(call.method, OPERATIONS.has(operation) ? named : SERVICE_PATH, answer.status);
    if (answer.status >= 400) this.#parts.log(`${named} answered ${answer.status}`);
    return fault ? spoil(answer, fault, { origin: call.origin, path: call.path, query: call.query }) : answer;
  }

  #withDate(answer: Answer): Answer {
    const date = new Date(this.#parts.tenant.clock.now()).toUTCString();
    return { ...answer, headers: { date, ...answer.headers } };
  }

  /** What a fault answers in place of the service; undefined: the service answers, and the fault spoils it. */
  #suffer(fault: ArmedFault, call: Call): Answer | undefined {
    const trackingId = this.#parts.tenant.randomness.guid();
    switch (fault.fault) {
      case 'busy':
        return answerFault(serverBusy(trackingId), undefined);
      case 'bindingRedirect':
        return answerFault(redirectTo(fault.url ?? `${call.origin}${SERVICE_PATH}`), undefined);
      case 'tokenExpired':
        return answerFault(tokenRefused('Lifetime validation failed, the token is expired.'), undefined);
      case '429':
      case '503':
      case '504':
      case '409':
        return refuseByStatus(Number(fault.fault), fault.retryAfter);
      default:
        return answerInstead(fault);
    }
  }

  #judge(call: Call, operation: string): Answer {
    if (call.method !== 'POST') return answerEmpty(405, { allow: 'POST' });
    const type = call.headers['content-type'] ?? '';
    if (type !== CONTENT_TYPE) {
      return {
        status: 415,
        headers: {},
        text: `The content type '${type}' was not the expected type '${CONTENT_TYPE}'.`,
      };
    }
    let root: XmlElement;
    try {
      root = decodeMessage(call.body);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#parts.log(`provisioning service: ${error.message}`);
      return answerEmpty(400);
    }
    return this.#perform(call, operation, root);
  }

  #perform(call: Call, operation: string, root: XmlElement): Answer {
    let envelope: Envelope | undefined;
    try {
      const perform = OPERATIONS.get(operation);
      if (!perform) throw actionUnknown(operation);
      envelope = readEnvelope(root, call, operation);
      this.#authorize(call, envelope);
      const { tenant, stats, seal, generation } = this.#parts;
      const { body, trackingId, clientVersion } = envelope;
      const before = tenant.seq;
      const result = perform({ tenant, body, trackingId, clientVersion, seal, generation });
      if (tenant.seq > before) stats.countWrite();
      return answerResult(operation, result, envelope.messageId);
    } catch (error) {
      if (!(error instanceof ServiceFault)) throw error;
      this.#parts.log(`provisioning service, ${operation}: ${error.message}`);
      return answerFault(error, envelope?.messageId);
    }
  }

  #authorize(call: Call, { token, buildNumber, trackingId }: Envelope): void {
    const { tenant, tokens, minimumBuild } = this.#parts;
    checkHttpHeaders(call, tenant.profile.id);
    if (minimumBuild !== undefined && isOlderBuild(buildNumber, minimumBuild)) {
      throw clientTooOld(buildNumber, minimumBuild, trackingId);
    }
    const caller = tokens.authenticateSynchronization(token);
    if (typeof caller === 'string') throw tokenRefused(caller);
    const { directoryRoles } = caller.user ?? caller;
    if (!directoryRoles.some((role) => SYNCHRONIZING_ROLES.includes(role))) throw accessDenied(trackingId);
  }
}

function refuseByStatus(status: number, retryAfter: number | undefined): Answer {
  return {
    status,
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    text: 'The service is unavailable.',
  };
}
