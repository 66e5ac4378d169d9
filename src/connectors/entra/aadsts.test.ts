import { expect, test } from 'vitest';
import { explainSignInRefusal } from './aadsts.ts';

test('a known number comes with its meaning, the words of the tenant and a remedy', () => {
  const refusal = explainSignInRefusal(
    'Error(s): 7000222 - Timestamp: 2026-11-22 10:00:00Z - Description: AADSTS7000222: The provided client secret keys are expired. Trace ID: 0a Correlation ID: 0b Timestamp: 2026-11-22 10:00:00Z',
  );
  expect(refusal).toEqual({
    number: 'AADSTS7000222',
    message: 'AADSTS7000222: the client secret has expired: The provided client secret keys are expired.',
    remedy: expect.stringContaining('new client secret'),
  });
});

test('an unknown number is given in the words of the tenant', () => {
  expect(explainSignInRefusal('AADSTS999: Something else. Trace ID: x')).toEqual({
    number: 'AADSTS999',
    message: 'AADSTS999: Something else.',
    remedy: null,
  });
});

test('an answer without a number is given as it is', () => {
  expect(explainSignInRefusal('nothing to see')).toEqual({ number: null, message: 'nothing to see', remedy: null });
});
