import { randomBytes } from 'node:crypto';
import { ticksOfTime } from '../../objects/directory-time.ts';
import { ntHash } from '../ciphers/md4.ts';
import { rc4 } from '../ciphers/rc4.ts';
import { MalformedAnswer } from '../malformed-answer.ts';
import { AV_ID, type AvPair, avText, findAvPair, formatAvPairs, parseAvPairs } from './av-pairs.ts';
import {
  formatAuthenticate,
  formatNegotiate,
  MIC_AT,
  NEEDED_FLAGS,
  type NtlmChallenge,
  parseChallenge,
} from './ntlm-messages.ts';
import { SealedDirection } from './ntlm-sealing.ts';
import { computeLmV2, computeNtlmV2, hmacMd5, type NtlmV2Input, ntlmV2Key } from './ntlmv2.ts';

export interface NtlmAccount {
  /** `user@domain` with an empty domain, or the name without it. */
  readonly user: string;
  readonly domain: string;
  /** Asked for when the challenge is there, and not kept. */
  readonly readPassword: () => string;
  /** What the server is to be, such as `ldap/dc1.example.com` (MsvAvTargetName). */
  readonly targetName: string;
}

/** What the server tells of itself before anybody is known to it. */
export interface NtlmServerFacts {
  readonly netbiosComputer: string | null;
  readonly dnsComputer: string | null;
  readonly netbiosDomain: string | null;
  readonly dnsDomain: string | null;
  /** By its clock; null where it does not tell. */
  readonly time: bigint | null;
}

/** Fresh values of one sign-in, handed in so that the published examples can be computed. The key becomes that of the session, which overwrites it. */
export interface NtlmEntropy {
  readonly clientChallenge: Buffer;
  readonly sessionKey: Buffer;
  /** FILETIME, for servers that send none. */
  readonly time: bigint;
}

/** What a sign-in leads to. Overwrite the keys (`clear`) when the connection ends. */
export class NtlmSession {
  readonly server: NtlmServerFacts;
  /** ExportedSessionKey: secrets of the directory are encrypted with it once more ([MS-DRSR] 4.1.10.2, ENCRYPTED_PAYLOAD). */
  readonly sessionKey: Buffer;
  readonly outgoing: SealedDirection;
  readonly incoming: SealedDirection;

  constructor(server: NtlmServerFacts, sessionKey: Buffer) {
    this.server = server;
    this.sessionKey = sessionKey;
    this.outgoing = new SealedDirection(sessionKey, 'client-to-server');
    this.incoming = new SealedDirection(sessionKey, 'server-to-client');
  }

  clear(): void {
    this.sessionKey.fill(0);
    this.outgoing.clear();
    this.incoming.clear();
  }
}

/** The three messages of NTLMv2 ([MS-NLMP] 3.1.5.1), connection-oriented. */
export class NtlmClient {
  readonly #account: NtlmAccount;
  readonly #entropy: NtlmEntropy;
  readonly #negotiate = formatNegotiate();

  constructor(account: NtlmAccount, entropy: NtlmEntropy = drawEntropy(new Date())) {
    this.#account = account;
    this.#entropy = entropy;
  }

  negotiate(): Buffer {
    return this.#negotiate;
  }

  /** Answers the challenge. Throws MalformedAnswer, also for a server that would not sign and seal with long keys. */
  authenticate(message: Buffer): { readonly message: Buffer; readonly session: NtlmSession } {
    const challenge = parseChallenge(message);
    if ((challenge.flags & NEEDED_FLAGS) !== NEEDED_FLAGS)
      throw new MalformedAnswer('NTLM challenge: the server does not offer signing and sealing with keys of 128 bits');
    const told = parseAvPairs(challenge.targetInfo);
    const { ntResponse, lmResponse, sessionBaseKey } = this.#respond(challenge, told);
    const { sessionKey } = this.#entropy;
    const answer = formatAuthenticate({
      flags: challenge.flags & ~UNUSED_FLAGS,
      lmResponse,
      ntResponse,
      domain: this.#account.domain,
      user: this.#account.user,
      encryptedSessionKey: rc4(sessionBaseKey, sessionKey),
    });
    sessionBaseKey.fill(0);
    hmacMd5(sessionKey, this.#negotiate, message, answer).copy(answer, MIC_AT);
    return { message: answer, session: new NtlmSession(describeServer(told), sessionKey) };
  }

  #respond(challenge: NtlmChallenge, told: readonly AvPair[]) {
    const { user, domain, readPassword, targetName } = this.#account;
    const hash = ntHash(readPassword());
    const key = ntlmV2Key(hash, user, domain);
    hash.fill(0);
    const serverTime = readTime(told);
    const input: NtlmV2Input = {
      key,
      serverChallenge: challenge.serverChallenge,
      clientChallenge: this.#entropy.clientChallenge,
      time: serverTime ?? this.#entropy.time,
      targetInfo: formatAvPairs(completePairs(told, targetName)),
    };
    // [MS-NLMP] 3.1.5.1.2: where the server tells its time, no LM response is sent.
    const lmResponse = serverTime === null ? computeLmV2(input) : Buffer.alloc(24);
    const answer = { ...computeNtlmV2(input), lmResponse };
    key.fill(0);
    return answer;
  }
}

/** NTLMSSP_NEGOTIATE_KEY56 and the kinds of target, which only a server says. */
const UNUSED_FLAGS = 0x80000000 | 0x00010000 | 0x00020000;

/** [MS-NLMP] 3.1.5.1.2: that there is an integrity code, no channel around this one, and whom we mean to speak to. */
function completePairs(told: readonly AvPair[], targetName: string): readonly AvPair[] {
  const flags = Buffer.alloc(4);
  flags.writeUInt32LE(((findFlags(told) ?? 0) | MIC_PROVIDED) >>> 0);
  const ours = [
    { id: AV_ID.flags, value: flags },
    { id: AV_ID.channelBindings, value: Buffer.alloc(16) },
    { id: AV_ID.targetName, value: Buffer.from(targetName, 'utf16le') },
  ];
  return [...told.filter(({ id }) => !ours.some((pair) => pair.id === id)), ...ours];
}

const MIC_PROVIDED = 0x2;

function findFlags(pairs: readonly AvPair[]): number | null {
  const value = findAvPair(pairs, AV_ID.flags);
  return value === null || value.length !== 4 ? null : value.readUInt32LE();
}

function readTime(pairs: readonly AvPair[]): bigint | null {
  const value = findAvPair(pairs, AV_ID.timestamp);
  return value === null || value.length !== 8 ? null : value.readBigUInt64LE();
}

function describeServer(pairs: readonly AvPair[]): NtlmServerFacts {
  return {
    netbiosComputer: avText(pairs, AV_ID.netbiosComputer),
    dnsComputer: avText(pairs, AV_ID.dnsComputer),
    netbiosDomain: avText(pairs, AV_ID.netbiosDomain),
    dnsDomain: avText(pairs, AV_ID.dnsDomain),
    time: readTime(pairs),
  };
}

export function drawEntropy(now: Date): NtlmEntropy {
  return {
    clientChallenge: randomBytes(8),
    sessionKey: randomBytes(16),
    time: ticksOfTime(now),
  };
}
