import type { LinkName, ObjectKind, Values } from './entity.ts';

/** One atomic step of the directory's history, before it has its number and time. */
export type ChangeDraft =
  | { readonly type: 'create'; readonly kind: ObjectKind; readonly id: string; readonly values: Values }
  | { readonly type: 'patch'; readonly id: string; readonly values: Values }
  | { readonly type: 'link'; readonly from: string; readonly name: LinkName; readonly to: string }
  | { readonly type: 'unlink'; readonly from: string; readonly name: LinkName; readonly to: string }
  | { readonly type: 'delete'; readonly id: string; readonly values: Values }
  | { readonly type: 'restore'; readonly id: string; readonly values: Values }
  | { readonly type: 'purge'; readonly id: string };

/** The same with its place in the history. */
export type Change = ChangeDraft & { readonly seq: number; readonly at: number };
