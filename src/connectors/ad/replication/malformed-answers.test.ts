import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DRSUAPI, readBind } from './drsuapi/bind.ts';
import { readChangesReply } from './drsuapi/changes-reply.ts';
import { readCrackedName } from './drsuapi/crack-names.ts';
import { readControllers } from './drsuapi/domain-controllers.ts';
import { DrsRefusal } from './drsuapi/drs-refusal.ts';
import { MalformedAnswer } from './malformed-answer.ts';
import { drawEntropy, NtlmClient } from './ntlm/ntlm-client.ts';
import { readBindAnswer } from './rpc/bind-answer.ts';
import { readMapAnswer } from './rpc/endpoint-mapper.ts';
import { FragmentReader } from './rpc/fragment-reader.ts';
import { type Pdu, parsePdu } from './rpc/pdu.ts';
import { RpcRefusal } from './rpc/rpc-refusal.ts';
import { mutated } from './trial/mutated-bytes.ts';
import { type AnswerName, sambaAnswer } from './trial/samba-answers.ts';

function parseWhole(fragment: Buffer): Pdu {
  const [whole] = new FragmentReader().take(fragment);
  if (!whole) throw new MalformedAnswer('not whole');
  return parsePdu(whole);
}

function answerChallenge(fragment: Buffer): unknown {
  const { authValue } = readBindAnswer(parseWhole(fragment), 'test');
  if (authValue === null) throw new MalformedAnswer('no challenge');
  const account = { user: 'ann', domain: '', readPassword: () => 'password', targetName: 'ldap/dc1' };
  return new NtlmClient(account, drawEntropy(new Date(0))).authenticate(authValue);
}

const READERS: readonly (readonly [AnswerName, (bytes: Buffer) => unknown])[] = [
  ['mapperBindAck', (bytes) => readBindAnswer(parseWhole(bytes), 'test')],
  ['bindAck', answerChallenge],
  ['mapAnswer', (bytes) => readMapAnswer(bytes, DRSUAPI)],
  ['drsBind', readBind],
  ['domainControllers', (bytes) => readControllers(bytes, 2)],
  ['crackedName', readCrackedName],
  ['changes', (bytes) => readChangesReply(bytes, 'reading')],
];

function isOurs(thrown: unknown): boolean {
  return thrown instanceof MalformedAnswer || thrown instanceof RpcRefusal || thrown instanceof DrsRefusal;
}

test.each(READERS)('%s is read when it is whole', (name, read) => {
  expect(read(sambaAnswer(name))).toBeTruthy();
});

test.each(READERS)('%s ends in our own error at each byte where it may end', (name, read) => {
  const whole = sambaAnswer(name);
  for (let length = 0; length < whole.length; length++) {
    // Memory of its own: nothing may be read behind its end.
    const cut = Buffer.from(whole.subarray(0, length));
    try {
      read(cut);
    } catch (error) {
      expect(isOurs(error), `${length}: ${error}`).toBe(true);
    }
  }
});

test.each(READERS)('%s is read or refused with our own error, whatever was done to it', (name, read) => {
  let refused = 0;
  fc.assert(
    fc.property(mutated(sambaAnswer(name)), (bytes) => {
      try {
        read(bytes);
      } catch (error) {
        if (!isOurs(error)) throw error;
        refused += 1;
      }
    }),
    { numRuns: 2000 },
  );
  // Were all of them taken, nothing would be looked at.
  expect(refused).toBeGreaterThan(200);
});

test.each(READERS)('%s takes memory in proportion to its length only, whatever it announces', (name, read) => {
  const whole = sambaAnswer(name);
  const before = process.memoryUsage();
  for (let start = 0; start + 4 <= whole.length; start += 4) {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(0x00ffffff, start);
    try {
      read(bytes);
    } catch (error) {
      expect(isOurs(error)).toBe(true);
    }
  }
  const after = process.memoryUsage();
  // One array of that many elements would be 128 MB.
  expect(after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers).toBeLessThan(64 << 20);
});
