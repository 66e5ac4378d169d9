/** The server answered, and its answer was no. `sign-in`: because of who we are, as far as it tells. `busy`: only at the moment. */
export class RpcRefusal extends Error {
  readonly about: 'sign-in' | 'busy' | 'other';
  /** Of a fault. */
  readonly code: number | null;

  constructor(message: string, about: RpcRefusal['about'], code: number | null = null) {
    super(message);
    this.code = code;
    this.name = 'RpcRefusal';
    this.about = about;
  }
}

/** A fault of a call ([C706] appendix E, [MS-ERREF] 2.2). */
const FAULTS: Readonly<Record<number, readonly [words: string, about: RpcRefusal['about']]>> = {
  5: ['access denied', 'sign-in'],
  1745: ['the operation is not known there', 'other'],
  1783: ['it could not read our request', 'other'],
  1825: ['the sign-in could not be completed', 'sign-in'],
  469762056: ['it speaks another version of RPC', 'other'],
  469762057: ['it refused without a reason', 'other'],
  469762061: ['it cancelled the call', 'busy'],
  469762066: ['it failed without a reason', 'busy'],
  469762074: ['it does not know our session any more', 'busy'],
  469762075: ['it has no memory left', 'busy'],
  469762077: ['it wants another level of protection', 'other'],
  469762079: ['it found the checksum of our request wrong', 'other'],
  469827585: ['it lost the connection to what it needs', 'busy'],
  469827586: ['the operation is not known there', 'other'],
  469827587: ['the interface is not known there', 'other'],
  469827595: ['it found a mistake in the protocol', 'other'],
  469827603: ['its answer would be too large', 'other'],
  469827604: ['it has too much to do at the moment', 'busy'],
  469827607: ['the kind of object is not known there', 'other'],
};

export function refusalOfFault(status: number, doing: string): RpcRefusal {
  const code = `RPC fault 0x${status.toString(16).padStart(8, '0')}`;
  const [words, about] = FAULTS[status] ?? ['it gives no known reason', 'other'];
  return new RpcRefusal(`${doing}: ${words} (${code})`, about, status);
}
