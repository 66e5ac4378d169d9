import type { Tenant } from '../tenant/tenant.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { Registration } from './registration.ts';
import type { SigningKey } from './signing-key.ts';

export interface SignInParts {
  readonly tenant: Tenant;
  readonly registrations: readonly Registration[];
  readonly key: SigningKey;
  readonly tokens: AccessTokens;
}
