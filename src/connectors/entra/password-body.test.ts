import fc from 'fast-check';
import { expect, test } from 'vitest';
import { composePasswordBody } from './password-body.ts';

const POLICIES = fc.constantFrom(null, 'None', 'DisablePasswordExpiration, DisableStrongPassword');

test('the body is the JSON that would be written of the text, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 100 }), fc.boolean(), POLICIES, (password, force, policies) => {
      const body = composePasswordBody(Buffer.from(password), force, policies).toString('utf8');
      expect(JSON.parse(body)).toEqual({
        passwordProfile: { password, forceChangePasswordNextSignIn: force },
        ...(policies === null ? {} : { passwordPolicies: policies }),
      });
    }),
  );
});
