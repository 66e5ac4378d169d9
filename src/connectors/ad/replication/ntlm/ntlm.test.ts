import { describe, expect, test } from 'vitest';
import { ntHash } from '../ciphers/md4.ts';
import { Rc4, rc4 } from '../ciphers/rc4.ts';
import { AV_ID, avText, findAvPair, formatAvPairs, parseAvPairs } from './av-pairs.ts';
import { NtlmClient } from './ntlm-client.ts';
import { MIC_AT, NEEDED_FLAGS } from './ntlm-messages.ts';
import { SealedDirection } from './ntlm-sealing.ts';
import { computeLmV2, computeNtlmV2, hmacMd5, ntlmV2Key, toDirectoryUpperCase } from './ntlmv2.ts';

/** The example of [MS-NLMP] 4.2: User, Password and Domain, with challenges and keys of repeated bytes. */
const SERVER_CHALLENGE = Buffer.from('0123456789abcdef', 'hex');
const CLIENT_CHALLENGE = Buffer.alloc(8, 0xaa);
const SESSION_KEY = Buffer.alloc(16, 0x55);
const TARGET_INFO = Buffer.from(
  '02000c0044006f006d00610069006e0001000c005300650072007600650072000000000000000000',
  'hex',
).subarray(0, 36);

const text = (value: string): Buffer => Buffer.from(value, 'utf16le');

test('a name is written in capitals as directories do, not as languages do', () => {
  // Tried against Samba 4.17: with any other capital the sign-in is refused.
  expect(toDirectoryUpperCase('größe-Éa-ÿ-ς')).toBe('GRÖßE-ÉA-Ÿ-Σ');
  for (const same of ['\u00b5', '\u0131', '\u017f', '\u0390', '\ufb01', '\u{10428}'])
    expect(toDirectoryUpperCase(same)).toBe(same);
});

describe('the example of the specification (4.2.4)', () => {
  const key = ntlmV2Key(ntHash('Password'), 'User', 'Domain');
  const input = {
    key,
    serverChallenge: SERVER_CHALLENGE,
    clientChallenge: CLIENT_CHALLENGE,
    time: 0n,
    targetInfo: TARGET_INFO,
  };

  test('gives the same keys and responses', () => {
    expect(key.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
    const { ntResponse, sessionBaseKey } = computeNtlmV2(input);
    expect(ntResponse.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
    expect(computeLmV2(input).toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
    expect(rc4(sessionBaseKey, SESSION_KEY).toString('hex')).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  });

  test('is sealed and signed the same', () => {
    const message = text('Plaintext');
    const signature = new SealedDirection(SESSION_KEY, 'client-to-server').seal(message, message);
    expect(message.toString('hex')).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
    expect(signature.toString('hex')).toBe('010000007fb38ec5c55d497600000000');
  });
});

describe('sealed messages', () => {
  const pair = () => ({
    ours: new SealedDirection(SESSION_KEY, 'client-to-server'),
    theirs: new SealedDirection(SESSION_KEY, 'client-to-server'),
  });

  test('come out as they went in, one after the other, with headers that are signed and not sealed', () => {
    const { ours, theirs } = pair();
    for (let index = 0; index < 5; index++) {
      const whole = Buffer.from(`head${index}: message number ${index}`);
      const before = Buffer.from(whole);
      const signature = ours.seal(whole, whole.subarray(4));
      expect(whole.subarray(0, 4)).toEqual(before.subarray(0, 4));
      expect(whole.subarray(4)).not.toEqual(before.subarray(4));
      theirs.unseal(whole, whole.subarray(4), signature);
      expect(whole).toEqual(before);
    }
  });

  test.each([
    ['a changed header', (whole: Buffer) => whole.writeUInt8((whole[0] ?? 0) ^ 1, 0)],
    ['a changed text', (whole: Buffer) => whole.writeUInt8((whole[9] ?? 0) ^ 1, 9)],
  ])('are refused with %s', (_what, change) => {
    const { ours, theirs } = pair();
    const whole = Buffer.from('head: and a message');
    const signature = ours.seal(whole, whole.subarray(4));
    change(whole);
    expect(() => theirs.unseal(whole, whole.subarray(4), signature)).toThrow(/signature/);
  });

  test('are refused when one is left out, comes twice, or carries no signature', () => {
    const { ours, theirs } = pair();
    const first = Buffer.from('first');
    ours.seal(first, first);
    const second = Buffer.from('second');
    const signature = ours.seal(second, second);
    expect(() => theirs.unseal(second, second, signature)).toThrow(/signature/);
    const fresh = pair();
    expect(() => fresh.theirs.unseal(Buffer.from('a'), Buffer.from('a'), Buffer.alloc(0))).toThrow(/signature/);
  });
});

/** A challenge as a server sends it. */
function challenge(flags: number, targetInfo: Buffer): Buffer {
  const message = Buffer.alloc(56);
  message.write('NTLMSSP\0', 'latin1');
  message.writeUInt32LE(2, 8);
  message.writeUInt32LE(56, 16);
  message.writeUInt32LE(flags, 20);
  SERVER_CHALLENGE.copy(message, 24);
  message.writeUInt16LE(targetInfo.length, 40);
  message.writeUInt16LE(targetInfo.length, 42);
  message.writeUInt32LE(56, 44);
  return Buffer.concat([message, targetInfo]);
}

function field(message: Buffer, at: number): Buffer {
  const start = message.readUInt32LE(at + 4);
  return message.subarray(start, start + message.readUInt16LE(at));
}

describe('a client', () => {
  const account = { user: 'User', domain: 'Domain', readPassword: () => 'Password', targetName: 'ldap/dc1' };
  const entropy = { clientChallenge: CLIENT_CHALLENGE, sessionKey: Buffer.from(SESSION_KEY), time: 42n };
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(133_000_000_000_000_000n);
  const info = formatAvPairs([
    { id: AV_ID.netbiosDomain, value: text('CORP') },
    { id: AV_ID.dnsComputer, value: text('dc1.corp.example.com') },
    { id: AV_ID.timestamp, value: time },
  ]);

  test('answers with the time of the server, its facts and its own additions, and proves the three messages', () => {
    const client = new NtlmClient(account, entropy);
    const received = challenge(NEEDED_FLAGS, info);
    const { message, session } = client.authenticate(received);
    const ntResponse = field(message, 20);
    expect(ntResponse.readBigUInt64LE(24)).toBe(133_000_000_000_000_000n);
    const pairs = parseAvPairs(ntResponse.subarray(44));
    expect(avText(pairs, AV_ID.netbiosDomain)).toBe('CORP');
    expect(avText(pairs, AV_ID.targetName)).toBe('ldap/dc1');
    expect(findAvPair(pairs, AV_ID.flags)?.readUInt32LE()).toBe(2);
    expect(findAvPair(pairs, AV_ID.channelBindings)).toEqual(Buffer.alloc(16));
    // [MS-NLMP] 3.1.5.1.2: no LM response beside a time.
    expect(field(message, 12)).toEqual(Buffer.alloc(24));
    const unsigned = Buffer.from(message);
    unsigned.fill(0, MIC_AT, MIC_AT + 16);
    const mic = hmacMd5(SESSION_KEY, client.negotiate(), received, unsigned);
    expect(message.subarray(MIC_AT, MIC_AT + 16)).toEqual(mic);
    expect(session.server).toMatchObject({ netbiosDomain: 'CORP', dnsComputer: 'dc1.corp.example.com' });
  });

  test('sends the session key encrypted with what only both of them can compute', () => {
    const { message } = new NtlmClient(account, entropy).authenticate(challenge(NEEDED_FLAGS, info));
    const ntResponse = field(message, 20);
    const key = ntlmV2Key(ntHash('Password'), 'User', 'Domain');
    const proof = hmacMd5(key, SERVER_CHALLENGE, ntResponse.subarray(16));
    expect(ntResponse.subarray(0, 16)).toEqual(proof);
    const sent = field(message, 52);
    new Rc4(hmacMd5(key, proof)).apply(sent);
    expect(sent).toEqual(SESSION_KEY);
  });

  test('refuses a server that would not seal with long keys, or says nothing about itself', () => {
    const client = new NtlmClient(account, entropy);
    for (let bit = 0; bit < 31; bit++) {
      const flag = 1 << bit;
      if ((NEEDED_FLAGS & flag) === 0) continue;
      expect(() => client.authenticate(challenge(NEEDED_FLAGS & ~flag, info))).toThrow(/128 bits/);
    }
    expect(() => client.authenticate(challenge(NEEDED_FLAGS, Buffer.alloc(0)))).toThrow(/nothing about itself/);
    expect(() => client.authenticate(challenge(NEEDED_FLAGS, info.subarray(0, 20)))).toThrow(/no end/);
  });

  test('keeps neither password nor key once the connection is closed', () => {
    const { message, session } = new NtlmClient(account, entropy).authenticate(challenge(NEEDED_FLAGS, info));
    expect(message.includes(text('Password'))).toBe(false);
    session.clear();
    expect(session.sessionKey).toEqual(Buffer.alloc(16));
  });
});
