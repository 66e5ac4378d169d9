import { createHash } from 'node:crypto';
import { guidToBytes } from '../../../../model/anchor.ts';
import { rc4 } from '../ciphers/rc4.ts';
import { DRS_OPERATION } from '../drsuapi/bind.ts';
import { readChangesReply } from '../drsuapi/changes-reply.ts';
import { EXTENDED_OPERATION } from '../drsuapi/changes-request.ts';
import { NAME_FORM } from '../drsuapi/crack-names.ts';
import { NdrWriter } from '../ndr/ndr-writer.ts';
import type { ReplicaServer } from '../replication-settings.ts';
import { sambaAnswer, sambaSessionKey } from './samba-answers.ts';
import { type Conversation, ScriptedRpcServer } from './scripted-rpc-server.ts';

/** The account of the recorded domain that signs in. */
export const ANN = { user: 'ann@corp.example.com', password: 'of ann' } as const;
/** The domain that the controllers hold unless they are told otherwise. */
export const DOMAIN = { dn: 'DC=corp,DC=example,DC=com', guid: '11111111-2222-3333-4444-555555555555' } as const;

/** What is done instead of an answer: an error of Windows, an end of the connection, or bytes that mean nothing. */
export type Trouble = number | 'cut' | 'malformed';

export interface ControllerScript {
  readonly domainGuid?: string;
  /** Of its database, where it is to be another one than that of the others. */
  readonly invocationId?: string;
  /** Of the request for changes of that number, from 1; null: it is answered. */
  readonly onChanges?: (count: number) => Trouble | null;
  /** Of a request for what changed in the domain after that number, 0 from the start; null: it is answered. */
  readonly onPart?: (usn: bigint) => Trouble | null;
  /** Of the first call after the sign-in. */
  readonly onBind?: () => Trouble | null;
  /** Parts of a read that say that more follows. */
  readonly partsBefore?: number;
  /** Before each answer of changes is made. */
  readonly edit?: (stub: Buffer) => void;
  readonly openDirectory?: ReplicaServer['openDirectory'];
}

// Where the recorded answer has them ([MS-DRSR] 4.1.10.2, DRS_MSG_GETCHGREPLY_V6).
const INVOCATION_ID_AT = 24;
const USN_TO_AT = 72;
const EXTENDED_RESULT_AT = 108;
const HAS_MORE_AT = 124;
const RECORDED = readChangesReply(sambaAnswer('changes'), 'recorded');

/** A domain controller for tests that holds what a Samba once answered, and is in the way as it is told to. Without a domain: in milliseconds. */
export class ScriptedDomainController {
  readonly rpc: ScriptedRpcServer;
  readonly server: ReplicaServer;
  #changes = 0;

  private constructor(rpc: ScriptedRpcServer, script: ControllerScript) {
    this.rpc = rpc;
    const { port } = rpc.address;
    const openDirectory = script.openDirectory ?? (() => Promise.reject(new Error('nobody asks over LDAP')));
    this.server = { label: `dc:${port}`, host: '127.0.0.1', port, openDirectory };
  }

  static async start(script: ControllerScript = {}): Promise<ScriptedDomainController> {
    const { user, password } = ANN;
    const rpc = await ScriptedRpcServer.start({
      user,
      password,
      answer: ({ callId, operation, stub }, talk) => controller.#answer({ callId, operation, stub }, talk, script),
    });
    const controller = new ScriptedDomainController(rpc, script);
    return controller;
  }

  #answer(
    { callId, operation, stub }: { readonly callId: number; readonly operation: number; readonly stub: Buffer },
    talk: Conversation,
    script: ControllerScript,
  ): readonly Buffer[] {
    if (operation === DRS_OPERATION.bind && script.onBind?.() !== 'cut')
      return [talk.respond(callId, sambaAnswer('drsBind'))];
    if (operation === DRS_OPERATION.unbind) return [talk.respond(callId, Buffer.alloc(24))];
    if (operation === DRS_OPERATION.domainControllers) return [talk.respond(callId, sambaAnswer('domainControllers'))];
    if (operation === DRS_OPERATION.crackNames) return [talk.respond(callId, crackedName(stub, script))];
    if (operation !== DRS_OPERATION.bind) this.#changes += 1;
    const trouble = operation === DRS_OPERATION.bind ? 'cut' : this.#troubleOf(stub, script);
    if (trouble === 'cut') {
      this.rpc.cut();
      return [];
    }
    const answer = trouble === null ? changes(stub, talk, script) : refusal(trouble);
    return [talk.respond(callId, answer)];
  }

  #troubleOf(request: Buffer, script: ControllerScript): Trouble | null {
    const trouble = script.onChanges?.(this.#changes) ?? null;
    return trouble ?? (isOfSingle(request) ? null : (script.onPart?.(usnOf(request, script)) ?? null));
  }

  stop(): Promise<void> {
    return this.rpc.stop();
  }
}

function refusal(code: number | 'malformed'): Buffer {
  if (code === 'malformed') return Buffer.alloc(8, 0xff);
  return new NdrWriter().u32(0).u32(code).finish();
}

function crackedName(stub: Buffer, { domainGuid = DOMAIN.guid }: ControllerScript): Buffer {
  const wanted = stub.readUInt32LE(44);
  const isDomain = stub.readUInt32LE(40) === NAME_FORM.canonical;
  const ann = RECORDED.objects.find(({ name }) => name.dn.startsWith('CN=ann,'))?.name;
  const { dn, guid } = isDomain ? { dn: DOMAIN.dn, guid: domainGuid } : { dn: ann?.dn ?? '', guid: ann?.guid ?? '' };
  const name = wanted === NAME_FORM.uniqueId ? `{${guid}}` : dn;
  const writer = new NdrWriter().u32(1).u32(1).pointer().u32(1).pointer().u32(1);
  return writer.u32(0).pointer(false).pointer().wideString(name).align(4).u32(0).finish();
}

/** The recorded changes, of which `usn` grows with each part. */
function changes(request: Buffer, { sessionKey }: Conversation, script: ControllerScript): Buffer {
  const { partsBefore = 0, invocationId = RECORDED.invocationId, edit } = script;
  const stub = sambaAnswer('changes');
  for (const { attributes } of RECORDED.objects) encryptAgain(stub, attributes.get('unicodePwd')?.value, sessionKey);
  const usn = usnOf(request, script);
  stub.set(guidToBytes(invocationId) ?? [], INVOCATION_ID_AT);
  if (isOfSingle(request)) stub.writeUInt32LE(1, EXTENDED_RESULT_AT);
  else {
    stub.writeBigUInt64LE(usn + 1n, USN_TO_AT);
    stub.writeUInt32LE(usn < BigInt(partsBefore) ? 1 : 0, HAS_MORE_AT);
  }
  edit?.(stub);
  return stub;
}

const INVOCATION_ID_AT_IN_REQUEST = 48;
const USN_AT_IN_REQUEST = 72;
const OPERATION_AT_IN_REQUEST = 112;

/** The count of another database means nothing here ([MS-DRSR] 4.1.10.5). */
function usnOf(request: Buffer, { invocationId = RECORDED.invocationId }: ControllerScript): bigint {
  const isOwn = request.indexOf(Buffer.from(guidToBytes(invocationId) ?? [])) === INVOCATION_ID_AT_IN_REQUEST;
  return isOwn ? request.readBigUInt64LE(USN_AT_IN_REQUEST) : 0n;
}

function isOfSingle(request: Buffer): boolean {
  return request.readUInt32LE(OPERATION_AT_IN_REQUEST) !== EXTENDED_OPERATION.none;
}

/** With the key of this session instead of that of the recorded one ([MS-DRSR] 4.1.10.2, ENCRYPTED_PAYLOAD). */
function encryptAgain(stub: Buffer, encrypted: Buffer | null | undefined, sessionKey: Buffer): void {
  if (!encrypted) return;
  const salt = encrypted.subarray(0, 16);
  const keyOf = (key: Buffer): Buffer => createHash('md5').update(key).update(salt).digest();
  const clear = rc4(keyOf(sambaSessionKey()), encrypted.subarray(16));
  stub.set(rc4(keyOf(sessionKey), clear), stub.indexOf(encrypted) + 16);
}
