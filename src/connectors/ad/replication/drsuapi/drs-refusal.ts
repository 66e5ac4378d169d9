/** The domain controller carried a call out and answered with an error of Windows ([MS-ERREF] 2.2). */
export class DrsRefusal extends Error {
  readonly code: number;

  constructor(code: number, doing: string) {
    super(`${doing}: ${WORDS[code] ?? 'it refused'} (error ${code})`);
    this.name = 'DrsRefusal';
    this.code = code;
  }
}

export const DRS_ERROR = {
  invalidParameter: 87,
  accessDenied: 8453,
  notFound: 8333,
  badDn: 8439,
  badNamingContext: 8440,
  busy: 8438,
  internal: 8442,
  notSupported: 8454,
  differentEpochs: 8593,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  5: 'access denied',
  8: 'it has no memory left',
  1355: 'the domain does not exist or cannot be reached',
  8333: 'the object is not there',
  8418: 'the schemas do not fit each other',
  8437: 'it finds our request wrong',
  8438: 'it is busy',
  8439: 'it does not know the name',
  8440: 'it does not hold this naming context',
  8442: 'it made a mistake itself',
  8446: 'it has no memory left',
  8451: 'its database failed',
  8452: 'it does not hold this naming context',
  8453: 'access denied',
  8454: 'it does not support the request',
  8455: 'the call was cancelled',
  8456: 'outbound replication is switched off on it',
  8461: 'it stopped for something more urgent',
  8462: 'it gave up the synchronization',
  8463: 'it is shutting down',
  8465: 'it holds only a part of the naming context',
  8593: 'the domain was renamed meanwhile',
};

const TRANSIENT = [8, 8438, 8446, 8451, 8455, 8461, 8462, 8463, 8593];

/** Whether another attempt may succeed. */
export function isTransientDrsError(code: number): boolean {
  return TRANSIENT.includes(code);
}
