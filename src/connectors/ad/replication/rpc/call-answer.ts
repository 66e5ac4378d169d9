import { MalformedAnswer } from '../malformed-answer.ts';
import type { SealedDirection } from '../ntlm/ntlm-sealing.ts';
import { CALL_HEAD_LENGTH, HEADER_LENGTH, PDU_FLAG, PDU_TYPE, type Pdu, TRAILER_LENGTH } from './pdu.ts';
import { refusalOfFault } from './rpc-refusal.ts';

/** How a connection is protected once somebody is signed in. */
export interface Protection {
  readonly outgoing: SealedDirection;
  readonly incoming: SealedDirection;
}

/** What the signature of a sealed fragment covers, which is its headers too ([MS-RPCE] 3.3.1.5.2.2), and the part of it that is encrypted. */
export function partsOf(bytes: Buffer, authLength: number) {
  const signatureAt = bytes.length - authLength;
  const sealed = bytes.subarray(HEADER_LENGTH + CALL_HEAD_LENGTH, signatureAt - TRAILER_LENGTH);
  return { signed: bytes.subarray(0, signatureAt), sealed };
}

/** A fragment counts as at least so many bytes: an answer in crumbs would take much more memory than its length. Servers send thousands in each but the last. */
const LEAST_COUNTED = 512;

/** Puts the fragments of one answer together ([C706] 12.6.2). */
export class CallAnswer {
  readonly #callId: number;
  readonly #doing: string;
  readonly #protection: Protection | null;
  readonly #mostBytes: number;
  readonly #parts: Buffer[] = [];
  #length = 0;

  constructor(callId: number, doing: string, protection: Protection | null, mostBytes: number) {
    this.#callId = callId;
    this.#doing = doing;
    this.#protection = protection;
    this.#mostBytes = mostBytes;
  }

  /** The whole answer with its last fragment, null before. Throws RpcRefusal for a fault, and MalformedAnswer. */
  take(pdu: Pdu): Buffer | null {
    if (pdu.callId !== this.#callId) this.#refuse(`an answer to call ${pdu.callId} instead of ${this.#callId}`);
    if (pdu.type !== PDU_TYPE.response && pdu.type !== PDU_TYPE.fault) this.#refuse(`an answer of type ${pdu.type}`);
    const isFirst = (pdu.flags & PDU_FLAG.first) !== 0;
    const isLast = (pdu.flags & PDU_FLAG.last) !== 0;
    if (isFirst !== (this.#parts.length === 0)) this.#refuse('its fragments are out of order');
    if (pdu.type === PDU_TYPE.fault) throw this.#readFault(pdu);
    const stub = this.#open(pdu);
    this.#length += Math.max(stub.length, LEAST_COUNTED);
    if (this.#length > this.#mostBytes) this.#refuse(`more than ${this.#mostBytes} bytes`);
    this.#parts.push(stub);
    return isLast ? Buffer.concat(this.#parts) : null;
  }

  /** A server that could not sign us in tells so by a fault that nobody signed, so the connection has to end with any fault. */
  #readFault(pdu: Pdu): Error {
    const statusAt = HEADER_LENGTH + CALL_HEAD_LENGTH;
    if (pdu.bodyEnd < statusAt + 4) this.#refuse('a fault without a status');
    return refusalOfFault(pdu.bytes.readUInt32LE(statusAt), this.#doing);
  }

  #open(pdu: Pdu): Buffer {
    const start = HEADER_LENGTH + CALL_HEAD_LENGTH;
    const end = pdu.bodyEnd - pdu.padLength;
    if (end < start) this.#refuse('a fragment that ends in its head');
    if (this.#protection === null) {
      if (pdu.authValue !== null) this.#refuse('a signature where nobody is signed in');
      return pdu.bytes.subarray(start, end);
    }
    if (pdu.authValue === null) this.#refuse('it is not protected');
    const { signed, sealed } = partsOf(pdu.bytes, pdu.authValue.length);
    this.#protection.incoming.unseal(signed, sealed, pdu.authValue);
    return pdu.bytes.subarray(start, end);
  }

  #refuse(reason: string): never {
    throw new MalformedAnswer(`RPC, ${this.#doing}: ${reason}`);
  }
}
