import { MalformedAnswer } from '../malformed-answer.ts';
import { NdrReader } from '../ndr/ndr-reader.ts';
import { FRAGMENT_LENGTH, HEADER_LENGTH, LEAST_FRAGMENT_LENGTH, PDU_FLAG, PDU_TYPE, type Pdu } from './pdu.ts';
import { RpcRefusal } from './rpc-refusal.ts';

export interface BindAnswer {
  /** The largest fragment that the server takes from us. */
  readonly fragmentLength: number;
  readonly hasHeaderSigning: boolean;
  readonly authValue: Buffer | null;
}

/** Reads bind_ack or bind_nak ([C706] 12.6.4.4, 12.6.4.5). Throws RpcRefusal when the server does not know or want us, else MalformedAnswer. */
export function readBindAnswer(pdu: Pdu, name: string): BindAnswer {
  const reader = new NdrReader(pdu.bytes.subarray(HEADER_LENGTH, pdu.bodyEnd), `RPC bind to ${name}`);
  if (pdu.type === PDU_TYPE.bindNak) throw rejected(name, reader.u16());
  if (pdu.type !== PDU_TYPE.bindAck) throw new MalformedAnswer(`RPC bind to ${name}: an answer of type ${pdu.type}`);
  reader.u16();
  const fragmentLength = reader.u16();
  if (fragmentLength < LEAST_FRAGMENT_LENGTH) reader.refuse(`fragments of ${fragmentLength} bytes`);
  reader.u32();
  reader.bytes(reader.u16());
  reader.align(4);
  const results = reader.u8();
  reader.align(4);
  if (results !== 1) reader.refuse(`${results} results for one interface`);
  const result = reader.u16();
  const reason = reader.u16();
  if (result !== 0) throw notAccepted(name, reason);
  return {
    fragmentLength: Math.min(fragmentLength, FRAGMENT_LENGTH),
    hasHeaderSigning: (pdu.flags & PDU_FLAG.headerSigning) !== 0,
    authValue: pdu.authValue,
  };
}

/** [C706] 12.6.3.1, p_reject_reason_t; 8 and 9: [MS-RPCE] 2.2.2.5. */
const REJECTIONS: Readonly<Record<number, readonly [words: string, about: RpcRefusal['about']]>> = {
  1: ['it has too much to do at the moment', 'busy'],
  2: ['a limit of the server is reached', 'busy'],
  4: ['it speaks another version of RPC', 'other'],
  8: ['it does not accept NTLM', 'other'],
  9: ['the sign-in was refused', 'sign-in'],
};

function rejected(name: string, reason: number): RpcRefusal {
  const [words, about] = REJECTIONS[reason] ?? [`reason ${reason}`, 'other'];
  return new RpcRefusal(`the server refused the connection to ${name}: ${words}`, about);
}

/** [C706] 12.6.3.1, p_provider_reason_t. */
const REASONS: Readonly<Record<number, readonly [words: string, about: RpcRefusal['about']]>> = {
  1: ['it does not offer this interface', 'other'],
  2: ['it does not know the form of the data', 'other'],
  3: ['a limit of the server is reached', 'busy'],
};

function notAccepted(name: string, reason: number): RpcRefusal {
  const [words, about] = REASONS[reason] ?? [`reason ${reason}`, 'other'];
  return new RpcRefusal(`the server does not serve ${name}: ${words}`, about);
}
