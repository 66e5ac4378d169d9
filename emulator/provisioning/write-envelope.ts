import type { Answer } from '../http-exchange.ts';
import { encodeMessage, type Node, node } from './nbfx/encode-message.ts';
import { describeFault, type ServiceFault } from './service-fault.ts';
import { actionOf, CONTENT_TYPE, NAMESPACE } from './wire-names.ts';

const FAULT_ACTION = 'http://www.w3.org/2005/08/addressing/soap/fault';

/** The answer of an operation. `result`: the members of its result; undefined where it gives none. */
export function answerResult(operation: string, result: Node | undefined, relatesTo: string): Answer {
  const response = node(`${operation}Response`, result === undefined ? [] : [result], {
    namespaces: { '': NAMESPACE.service },
  });
  return answerEnvelope(200, actionOf(`${operation}Response`), relatesTo, response);
}

export function answerFault(fault: ServiceFault, relatesTo: string | undefined): Answer {
  return answerEnvelope(500, FAULT_ACTION, relatesTo, describeFault(fault.parts));
}

function answerEnvelope(status: number, action: string, relatesTo: string | undefined, content: Node): Answer {
  const header = node('s:Header', [
    node('a:Action', action, { attributes: { 's:mustUnderstand': '1' } }),
    ...(relatesTo === undefined ? [] : [node('a:RelatesTo', relatesTo)]),
  ]);
  const envelope = node('s:Envelope', [header, node('s:Body', [content])], {
    namespaces: { s: NAMESPACE.soap, a: NAMESPACE.addressing },
  });
  return { status, headers: { 'content-type': CONTENT_TYPE }, bytes: encodeMessage(envelope) };
}
