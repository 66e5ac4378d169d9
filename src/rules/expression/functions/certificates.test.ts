import { expect, test } from 'vitest';
import { createRuleSource } from '../../rule-source.ts';
import { evaluateExpression } from '../evaluate.ts';

/** CN=Jane, self-signed, serial number 0x1234, valid from 2024-01-01 to 2034-01-01. */
const CERTIFICATE = [
  'MIIBBzCBrQICEjQwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwESmFuZTAeFw0yNDAxMDEwMDAwMDBaFw0zNDAxMDEwMDAwMDBaMA8xDTALBgNVBAMMBEph',
  'bmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASpwZZorMTUBY6U6xF/NOYJqN0880mkjc/dI+trkqkwa4UqEJvTnQRt5mb31X06AuWUzwQD3UaAsBEb',
  '6cs3A1nFMAoGCCqGSM49BAMCA0kAMEYCIQC2X5x/wRWJR8xX106LylATDemJzTIE9dSsWFnZjtl7VwIhALjqWYsRHsSWphX1ApKXg0rah5hjvE8dSDGb',
  '8bZnBoWI',
].join('');

function evaluate(text: string, startedAt: string): unknown {
  const der = new Uint8Array(Buffer.from(CERTIFICATE, 'base64'));
  const result = evaluateExpression(
    text,
    createRuleSource({
      attributes: { userCertificate: [der], text: CERTIFICATE },
      parameters: { 'Run.StartedAt': startedAt },
    }),
  );
  return result.kind === 'value' ? result.value : result.kind;
}

test.each<[string, unknown]>([
  ['CertNotBefore([text])', '20240101000000.0Z'],
  ['CertNotAfter([text])', '20340101000000.0Z'],
  ['CertSerialNumber([text])', '1234'],
  ['CertThumbprint([text])', 'ED3B270D1BFD30AD9842EED7AEBED4D91A35A282'],
  ['CertHashString(Item([userCertificate], 1))', 'ED3B270D1BFD30AD9842EED7AEBED4D91A35A282'],
  ['IsCert([userCertificate])', [true]],
])('%s reads the certificate', (text, result) => {
  expect(evaluate(text, '2026-01-01T00:00:00Z')).toEqual(result);
});

test('certificates that have run out can be left behind', () => {
  const text = 'Count(Where($item, [userCertificate], CertNotAfter($item) > Now()))';
  expect(evaluate(text, '2033-12-31T23:59:59Z')).toBe(1n);
  expect(evaluate(text, '2034-01-01T00:00:00Z')).toBe(0n);
});
