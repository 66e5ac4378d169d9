import { EmulatorError } from './emulator-error.ts';
import { isRecord } from './json-value.ts';
import type { EmulatorOptions } from './options.ts';
import type { Randomness } from './randomness.ts';

/** What stays the same as long as the tenant exists: over resets, and over starts when a state file keeps it. */
export interface Identity {
  readonly tenantId: string;
  readonly initialDomain: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly principalId: string;
  readonly graphPrincipalId: string;
  readonly sealKey: string;
  /** PKCS#8 PEM; undefined until the first start made it. */
  readonly signingKey: string | undefined;
}

const DEFAULT_TENANT = 'contoso.onmicrosoft.com';

/** The identity from the options, completed with new values. */
export function createIdentity(options: EmulatorOptions, randomness: Randomness): Identity {
  const initialDomain = (options.tenant ?? DEFAULT_TENANT).toLowerCase();
  if (!/^[a-z0-9-]+\.onmicrosoft\.com$/.test(initialDomain)) {
    throw new EmulatorError(`The tenant must be named like contoso.onmicrosoft.com, found '${initialDomain}'.`);
  }
  return {
    tenantId: (options.tenantId ?? randomness.guid()).toLowerCase(),
    initialDomain,
    clientId: (options.clientId ?? randomness.guid()).toLowerCase(),
    clientSecret: options.clientSecret ?? randomness.text(40),
    principalId: randomness.guid(),
    graphPrincipalId: randomness.guid(),
    sealKey: randomness.text(32),
    signingKey: undefined,
  };
}

/** Reads the identity of a state file and judges it against the options of this start. */
export function readIdentity(stored: unknown, options: EmulatorOptions, file: string): Identity {
  if (!isRecord(stored) || typeof stored['tenantId'] !== 'string')
    throw new EmulatorError(`${file}: the identity of the tenant is missing.`);
  const identity = stored as unknown as Identity;
  const given = {
    initialDomain: options.tenant,
    tenantId: options.tenantId,
    clientId: options.clientId,
    clientSecret: options.clientSecret,
  };
  for (const [name, value] of Object.entries(given)) {
    const kept = identity[name as keyof typeof given];
    if (value !== undefined && value.toLowerCase() !== kept.toLowerCase()) {
      throw new EmulatorError(
        `${file} keeps a tenant whose ${name} is '${kept}', this start asks for '${value}'. Use another state file or leave the option out.`,
      );
    }
  }
  return identity;
}
