import answers from './samba-answers.json' with { type: 'json' };

const NAMES = [
  'mapperBindAck',
  'bindAck',
  'mapAnswer',
  'drsBind',
  'domainControllers',
  'crackedName',
  'changes',
] as const;
export type AnswerName = (typeof NAMES)[number];

/** What a Samba domain controller really answered, each time in memory of its own: fragments of binds, stub data of calls. */
export function sambaAnswer(name: AnswerName): Buffer {
  return Buffer.from(answers[name], 'base64');
}

/** Of the session in which `changes` came. */
export function sambaSessionKey(): Buffer {
  return Buffer.from(answers.sessionKey, 'hex');
}
