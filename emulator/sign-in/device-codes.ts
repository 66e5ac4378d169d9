import type { Tenant } from '../tenant/tenant.ts';
import { REFUSALS } from './aadsts.ts';

const LIFETIME_SECONDS = 900;
const INTERVAL_SECONDS = 5;
/** Letters that are not mistaken for one another. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';

interface DeviceCode {
  readonly userCode: string;
  readonly appId: string;
  readonly scope: string;
  readonly expiresAt: number;
  decision: 'pending' | 'declined' | { readonly userId: string };
}

/** The device authorization flow (RFC 8628): codes that wait for somebody to approve them. */
export class DeviceCodes {
  readonly #tenant: Tenant;
  readonly #codes = new Map<string, DeviceCode>();

  constructor(tenant: Tenant) {
    this.#tenant = tenant;
  }

  start(appId: string, scope: string): Record<string, unknown> {
    const code = this.#tenant.randomness.text(43);
    const userCode = [...this.#tenant.randomness.bytes(9)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
    const expiresAt = this.#tenant.clock.now() + LIFETIME_SECONDS * 1000;
    this.#codes.set(code, { userCode, appId, scope, expiresAt, decision: 'pending' });
    const verification = 'https://microsoft.com/devicelogin';
    return {
      user_code: userCode,
      device_code: code,
      verification_uri: verification,
      expires_in: LIFETIME_SECONDS,
      interval: INTERVAL_SECONDS,
      message: `To sign in, use a web browser to open the page ${verification} and enter the code ${userCode} to authenticate.`,
    };
  }

  /** POST /emulator/devicecode: what a person would do in a browser. Returns false for an unknown code. */
  decide(userCode: string, userId: string | undefined): boolean {
    const code = [...this.#codes.values()].find((known) => known.userCode === userCode);
    if (!code) return false;
    code.decision = userId === undefined ? 'declined' : { userId };
    return true;
  }

  /** The decision for a polling client, or the error that tells it what to do. An approved code works once. */
  redeem(deviceCode: string, appId: string): { readonly userId: string; readonly scope: string } {
    const code = this.#codes.get(deviceCode);
    if (!code || code.appId !== appId) throw REFUSALS.codeUnknown();
    if (this.#tenant.clock.now() >= code.expiresAt) throw REFUSALS.codeExpired();
    if (code.decision === 'pending') throw REFUSALS.codePending();
    if (code.decision === 'declined') throw REFUSALS.codeDeclined();
    this.#codes.delete(deviceCode);
    return { userId: code.decision.userId, scope: code.scope };
  }
}
