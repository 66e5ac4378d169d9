import { expect, test } from 'vitest';
import { refusedFinding } from './password-finding.ts';

const ANN = { space: 'corp', anchor: '1', type: 'user', name: 'ann@contoso.com' } as const;

test('a refusal reads like sentences, whether its cause is one or not', () => {
  const causeOf = (cause: string): string =>
    refusedFinding(ANN, { code: '114', message: 'Not this one.', cause }).cause;
  const told =
    'The tenant did not take the password of ann@contoso.com: it is not ours. The tenant: Not this one. (114)';
  expect(causeOf('it is not ours.')).toBe(told);
  expect(causeOf('it is not ours')).toBe(told);
});
