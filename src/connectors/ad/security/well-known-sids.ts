/** SIDs that mean the same in every domain, in their binary form ([MS-DTYP] 2.4.2.4). */
export const WELL_KNOWN_SID = {
  /** S-1-5-18. */
  localSystem: Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0]),
  /** S-1-5-32-544. */
  administrators: Buffer.from([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0]),
} as const;
