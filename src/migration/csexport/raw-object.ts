/** An object of a connector space as csexport writes it: blocks that say what it is, was and is to become. */
export interface RawObject {
  /** The line on which it ends. */
  readonly line: number;
  readonly dn: string;
  readonly type: string;
  /** `synchronized-hologram`, `unapplied-export` and so on, by name. A hologram is the whole object, everything else a change of one. */
  readonly blocks: ReadonlyMap<string, RawBlock>;
  /** Short elements beside the blocks: `connector`, `export-delta-operation` and so on. */
  readonly marks: ReadonlyMap<string, string>;
  /** What Connect itself has to complain of. */
  readonly problems: readonly string[];
}

/** An `entry` of a hologram or a `delta`. */
export interface RawBlock {
  /** Of a delta: none, add, replace, update, delete, delete-add. */
  readonly operation: string;
  readonly dn: string;
  readonly type: string;
  readonly attributes: ReadonlyMap<string, RawAttribute>;
}

export interface RawAttribute {
  readonly type: string;
  readonly isReference: boolean;
  /** In a delta: add, replace, update, delete. */
  readonly operation: string;
  readonly values: readonly RawValue[];
}

export interface RawValue {
  /** The text as it stands there; of a reference the DN. */
  readonly text: string;
  readonly isBase64: boolean;
  /** In a delta of many values: add or delete. */
  readonly operation: string;
  /** Of a reference: the anchor, in base64. */
  readonly anchor: string;
}
