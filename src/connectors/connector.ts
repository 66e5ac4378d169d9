import { z } from 'zod';
import type { ErrorCode } from '../errors.ts';
import type { ObjectChange, TargetType } from '../model/change.ts';
import type { FindingCode, Severity } from '../model/finding.ts';
import type { Licence } from '../model/licence.ts';
import type { Attributes, Value } from '../model/value.ts';

/**
 * The contract of an outside directory. A connector speaks one protocol and judges nothing: it delivers objects and changes as they are,
 * and (a `TargetConnector`) carries out what it is given. It keeps no state of its own between runs: whatever it must remember is the
 * watermark, an opaque text that the engine stores when it has stored everything before it.
 */
export interface Connector {
  /** The name of the source in the configuration, or `tenant`. It is the name of the space. */
  readonly name: string;
  readonly kind: string;
  /** An anchor is a GUID that names the same object in every directory of such connectors: a reference may lead to an object of another one. */
  readonly globalAnchors?: boolean;
  /** Looks whether we can start, one line at a time, the cheap and decisive ones first. Never throws for what it looks for. */
  check(): AsyncIterable<CheckLine>;
  /**
   * Reads the directory: one `begin`, then any number of `page`, then one `end`. Pages are in an order that may be applied one after the
   * other; memory holds one page. Whatever breaks (after the connector's own retries and fail-over) is thrown as a DirbridgeError before
   * `end`, and then nothing may be taken as deleted. Only what `end` carries may be stored as the watermark.
   * A `delta` that the directory refuses (cookie, invocation id, token) becomes a full read by itself: `begin` says so and why.
   */
  read(request: ReadRequest): AsyncIterable<ReadEvent>;
  /**
   * Reads single objects whole, by anchor, as `put` (or `delete` when they are gone), plus `patch` changes of objects that refer to them and whose
   * references a delta may not have told (an object restored from the recycle bin: the groups it is member of). Used when a delta
   * brings a patch for an object that the space does not hold.
   */
  fetch(anchors: readonly string[], request: ReadRequest): AsyncIterable<readonly ObjectChange[]>;
  /** Of a directory that gives passwords, as its account is allowed to read them. */
  readonly passwords?: PasswordSource;
  /** Of a directory that tells when passwords were set, which needs no right to read them. */
  readonly passwordMarks?: PasswordMarkSource;
  /** Lets go of what is open. A source may be used again afterwards: it opens what it needs anew. */
  close(): Promise<void>;
}

/**
 * Passwords of the accounts of a directory, as the directory itself keeps them. Whoever is handed a hash owns its buffer, keeps it in memory only, and
 * overwrites it as soon as it has been used.
 */
export interface PasswordSource {
  /** Proves, with one harmless object, that passwords can be read; one line at a time. Never throws for what it looks for. */
  check(): AsyncIterable<CheckLine>;
  /**
   * Passwords set since the watermark, or of everybody where it is null: one `begin`, any number of `page`, one `end`, like `Connector.read`. An account may come
   * again without a new password (something else of it changed): its `version` tells. Only what `end` carries may be stored as the watermark; a page handed over
   * before an error is right, and comes again.
   */
  read(request: PasswordReadRequest): AsyncIterable<PasswordReadEvent>;
  /** The passwords of single accounts, whenever they were set; an account that is gone, or has none, is left out. */
  fetch(anchors: readonly string[]): AsyncIterable<readonly AccountPassword[]>;
}

export interface PasswordReadRequest {
  readonly watermark: string | null;
}

export type PasswordReadEvent =
  | {
      readonly kind: 'begin';
      /** `full`: of everybody; why, when that is not what was asked for. */
      readonly mode: 'full' | 'delta';
      readonly reason: string | null;
    }
  | {
      readonly kind: 'page';
      readonly passwords: readonly AccountPassword[];
      readonly problems?: readonly ReadProblem[];
    }
  | { readonly kind: 'end'; readonly watermark: string };

/** Tells when the passwords of the accounts of a directory were set. */
export interface PasswordMarkSource {
  /** Looks whether the account may read what tells it, at one user. Never throws for what it looks for. */
  check(): AsyncIterable<CheckLine>;
  /** The account of this name (sAMAccountName) as the directory holds it at this moment; null: there is none. It is not repeated: who asks is in a hurry. */
  find(account: string): Promise<PasswordMark | null>;
  /** Users whose objects have changed since the watermark, or all of them where it is null; `end` carries the next one. What was told before an error comes again. */
  read(watermark: string | null): AsyncIterable<PasswordMarkEvent>;
  /** Single accounts; one that is gone, or never had a password, is left out. */
  fetch(anchors: readonly string[]): AsyncIterable<readonly PasswordMark[]>;
}

export type PasswordMarkEvent =
  | {
      readonly kind: 'begin';
      /** `full`: all of them; why, when that is not what was asked for. */
      readonly mode: 'full' | 'delta';
      readonly reason: string | null;
    }
  | {
      readonly kind: 'page';
      readonly marks: readonly PasswordMark[];
    }
  | { readonly kind: 'end'; readonly watermark: string };

/** All that is said of the password of an account but the password. `changedAt` is exact to the second. */
export interface PasswordMark extends Omit<AccountPassword, 'ntHash'> {
  /** pwdLastSet: by the clock of the domain controller, more exact than `changedAt` where it is kept so; null when the user must choose another one. ISO 8601. */
  readonly setAt: string | null;
}

/** The password of one account and what decides whether and how it is sent. */
export interface AccountPassword {
  /** The anchor of the account in its space. */
  readonly anchor: string;
  /** MD4 of the password in UTF-16LE: 16 bytes. Null: the directory told of the account, and it has no password. */
  readonly ntHash: Uint8Array | null;
  /** Grows with each new password of the account (replication metadata of unicodePwd). */
  readonly version: number;
  /** When it was set, by the clock of the domain controller where that happened. ISO 8601. */
  readonly changedAt: string;
  /** The user has to choose another one at the next logon (pwdLastSet is 0). */
  readonly mustChange: boolean;
  readonly isDisabled: boolean;
  /** Smart card required: the password is random and known to nobody. */
  readonly isSmartCardRequired: boolean;
  /** When the account expires; null: never. ISO 8601, up to the year 9999: the store compares the texts. */
  readonly expiresAt: string | null;
}

/** What the configuration makes of the account of a source, and where it is to be. */
export interface AccountWishes {
  /** It is to read password hashes. */
  readonly readsPasswords: boolean;
  /** DN of the container; null: where users are by default. */
  readonly container: string | null;
}

export const ACCOUNT_PLATFORMS = ['windows', 'samba'] as const;
export type AccountPlatform = (typeof ACCOUNT_PLATFORMS)[number];

/** The account that a source signs in with, and how it comes to be in its directory with no more rights than it needs. */
export interface SourceAccount {
  /** As the configuration names it. */
  readonly user: string;
  /** It is to read password hashes; no, where the configuration names another account for that. */
  readonly readsPasswords: boolean;
  rights(platform: AccountPlatform): readonly AccountRight[];
  /** What an administrator carries out in the directory himself. It holds no secret and may be carried out twice. */
  writeScript(platform: AccountPlatform): AccountScript;
  /**
   * Creates the account and gives it its rights: a line for each thing that was done, and then what it can do, signed in as itself. The generated password goes
   * into the secret file of the section and nowhere else. Throws `account-exists`, `account-container`, `account-refused`, `account-unsuitable`, `output-exists`,
   * and what signing in throws; what was done until then is told by the lines before.
   */
  create(order: AccountOrder): AsyncIterable<CheckLine>;
}

export interface AccountRight {
  /** In the words of the directory's own tools. */
  readonly name: string;
  /** Of an extended right. */
  readonly guid: string | null;
  readonly on: string;
  readonly why: string;
}

export interface AccountScript {
  readonly fileName: string;
  readonly text: string;
}

export interface AccountOrder {
  /** Who creates it. The password is asked for when it is needed, and not kept. */
  readonly admin: { readonly user: string; readonly readPassword: () => string };
  /** The account may be there: what it lacks is added. */
  readonly useExisting: boolean;
  /** A new password is made, and the secret file written over, also where there is one. */
  readonly overwrite: boolean;
  readonly passwordLength: number;
}

export interface CheckLine {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly remedy?: string;
  /** The error that a run would end with, where one is known: it decides the exit code of `check`. */
  readonly code?: ErrorCode;
}

export interface ReadRequest {
  /** `delta` needs the watermark of an earlier `end`; null asks for a full read. */
  readonly watermark: string | null;
  /** Attributes that the rules read, by the names the objects are to carry them under; no other is read (but what places and identifies objects). */
  readonly attributes: readonly string[];
  /** Those of them that refer to other objects (member, manager ...). */
  readonly references: readonly string[];
  /** Called after each page with the number of objects so far and, where known, of all. */
  readonly onProgress?: (done: number, total: number | null) => void;
}

export type ReadEvent =
  | {
      readonly kind: 'begin';
      /** `full`: whatever is not delivered until `end` does not exist any more. */
      readonly mode: 'full' | 'delta';
      /** How it is read, for people: `DirSync`, `DirSync (object security)`, `uSNChanged`, `paged search`, `LDIF`, `CSV`, `Graph delta` ... */
      readonly method: string;
      /** Why this method and mode, when that is not what was asked for or not the best there is. Null otherwise. */
      readonly reason: string | null;
      /** Facts about the directory that rules and the plan read, e.g. `Domain.FQDN`, `Domain.Netbios`, `Forest.FQDN`; tenant: see TenantFacts. */
      readonly parameters: Readonly<Record<string, string>>;
      /** Types of which a full read does not show those that can be restored: what it does not deliver may have been deleted within the last 30 days. */
      readonly hidesDeleted?: readonly TargetType[];
    }
  | { readonly kind: 'page'; readonly changes: readonly ObjectChange[]; readonly problems?: readonly ReadProblem[] }
  | { readonly kind: 'end'; readonly watermark: string };

/** A record that could not be read. With an anchor the object stays as it is; without one nothing at all is taken as deleted in this read. */
export interface ReadProblem {
  readonly code: FindingCode;
  readonly anchor: string | null;
  readonly name: string;
  readonly attribute?: string;
  readonly value?: string;
  /** File, line and reason, or what the server said. */
  readonly cause: string;
  readonly remedy?: string;
}

/** A directory that we write to. Objects are found again by the source anchor they carry, never only by our own memory. */
export interface TargetConnector extends Connector {
  readonly schema: TargetSchema;
  /** How many writes one request of the target carries; the engine hands over chunks of at most that many. */
  readonly chunkSize: number;
  /**
   * Carries out writes. Pulls a chunk only when it can be sent soon, so the engine records intents right before sending; the writes
   * of all chunks are independent of each other and may go out in parallel and in any order. Answers come in any order, exactly one for each
   * write. Whether a write whose answer was lost (time-out, reset) took effect is found out by looking the object up, before its result
   * is given; no creation is ever sent twice on a guess. Transient refusals (429, 503, 504, 409 concurrency, not yet replicated references) are
   * retried here with the tenant's own delays. Throws only when the tenant as a whole cannot be used: unanswered writes are then unknown.
   */
  write(chunks: AsyncIterable<readonly TargetWrite[]>): AsyncIterable<readonly WriteResult[]>;
  /**
   * Who holds an administrator role, where the target knows such roles: users, and groups whose members hold it. Throws when the target cannot be reached;
   * that it does not tell us is an answer.
   */
  readRoleHolders?(): Promise<RoleHolders>;
  /**
   * What users hold directly (not through a group), where the target knows licences: it releases them with a deletion, so that they are read before one
   * and written (action `license`) after the user is back. Throws when the target cannot be reached; a user of whom it does not tell is an answer.
   */
  readLicences?(targetIds: readonly string[]): Promise<ReadonlyMap<string, HeldLicences>>;
  /** Of a tenant that takes passwords, where the configuration says how. */
  readonly passwordTarget?: PasswordTarget;
  /** Of a tenant in which passwords themselves can be set. */
  readonly clearPasswordTarget?: ClearPasswordTarget;
  /** Of a tenant that is written in several ways: whether this one may go on with what another one has written, besides what `check` says. Never throws. */
  checkTakeover?(): AsyncIterable<CheckLine>;
  /** For writes whose intent was stored but whose result was not (we were killed): looks up in the tenant what became of them. Sends nothing. */
  settle(writes: readonly TargetWrite[]): AsyncIterable<readonly SettledWrite[]>;
}

/** Takes passwords for users that are in the tenant already. Never puts a credential into a log, an error or a file. */
export interface PasswordTarget {
  /** Proves that passwords would be taken, without sending one. Never throws for what it looks for. */
  check(): AsyncIterable<CheckLine>;
  /** What one request carries at most. */
  readonly passwordsPerWrite: number;
  /**
   * What the tenant does with what we send, read from it: whether a user may be made to choose a new password at the next sign-in, and whether the tenant's
   * own password policy goes for synchronized passwords.
   */
  readFeatures(): Promise<PasswordFeatures>;
  /**
   * Of a tenant with one switch for all: says whether its own password policy goes for synchronized passwords. It counts for passwords that are sent from then on. Safe to repeat.
   */
  setCloudPolicy?(isEnforced: boolean): Promise<void>;
  /**
   * Sends passwords, at most `passwordsPerWrite`, and gives one result for each. Safe to repeat, but for those with `isOnce`. Transient refusals are retried here. Throws only when the tenant as
   * a whole cannot be used, or did not answer to a request with such a one, which is never sent again on a guess: what was sent is then unknown, and the others are to be sent again. The buffers are the caller's, and no longer used when it returns or throws.
   */
  write(writes: readonly PasswordWrite[]): Promise<readonly PasswordResult[]>;
}

export interface PasswordFeatures {
  /** The tenant takes password hashes at all; it is told so by the administrator, or by the first cycle. */
  readonly isSyncEnabled: boolean;
  /** UserForcePasswordChangeOnLogon. */
  readonly mayForceChange: boolean;
  /** EnforceCloudPasswordPolicy: synchronized passwords expire as the tenant says. */
  readonly hasCloudPolicy: boolean;
}

export interface PasswordWrite {
  readonly anchor: string;
  readonly targetId: string;
  /** The derived credential (`v1;PPH1_MD4,...;`), in ASCII. */
  readonly credential: Uint8Array;
  /** ISO 8601. */
  readonly changedAt: string;
  /** The tenant keeps it with the first password of a user; later it ignores it, and takes the password all the same, unless `mayForceChange`. */
  readonly forceChange: boolean;
  /** Since the tenant took a password of this user last, it did not take one. */
  readonly wasRefused?: boolean;
  /** It is a first one, so that the demand would be lost if it was taken twice. */
  readonly isOnce?: boolean;
}

/** `gone`: the tenant does not know such a user (yet). */
export interface PasswordResult {
  readonly anchor: string;
  readonly outcome: 'done' | 'failed' | 'gone';
  readonly failure?: WriteFailure;
}

/** The tenant neither took a password nor refused it, though it was asked several times: the user is in trouble there, or the tenant as a whole. What others are answered tells which. */
export interface UndecidedPassword {
  readonly anchor: string;
  readonly outcome: 'undecided';
  readonly failure: WriteFailure;
  /** What is to be thrown when the tenant is in trouble. */
  readonly error: Error;
}

/** Sets passwords of users that are in the tenant already. Never puts one into a log, an error or a file. */
export interface ClearPasswordTarget {
  /** Looks whether passwords would be taken, without sending one. Never throws for what it looks for. */
  check(): AsyncIterable<CheckLine>;
  /**
   * Sets one. Safe to repeat. Transient refusals are retried here for a short time. Throws only when the tenant as a whole cannot be used. Whether the password was set is unknown
   * then, and when it is undecided: it is to be sent again. The buffer is the caller's, and no longer used when it returns or throws.
   */
  set(write: ClearPasswordWrite): Promise<PasswordResult | UndecidedPassword>;
}

export interface ClearPasswordWrite {
  readonly anchor: string;
  readonly targetId: string;
  /** In UTF-8. */
  readonly password: Uint8Array;
  /** The user has to choose another one at the next sign-in. */
  readonly forceChange: boolean;
  /** By the policy of the tenant; else never. */
  readonly expires: boolean;
}

/** `gone`: the target does not show such a user. */
export type HeldLicences =
  | { readonly outcome: 'read'; readonly licences: readonly Licence[] }
  | { readonly outcome: 'gone' }
  | { readonly outcome: 'refused'; readonly failure: WriteFailure };

export type RoleHolders =
  | { readonly isKnown: true; readonly holders: readonly { readonly id: string; readonly roles: readonly string[] }[] }
  | { readonly isKnown: false; readonly reason: string };

/** Value of a target attribute in a write: null clears it. */
export type TargetValue = Value | null;

/** What kinds of objects a write of references names, by their ids: not every tenant tells that by the id alone. */
export type ReferredTypes = Readonly<Record<string, TargetType>>;

export type TargetWrite =
  | {
      readonly id: string;
      readonly action: 'create';
      readonly type: TargetType;
      readonly anchor: string;
      /** Attributes by their neutral names (schema). A random strong password is the connector's own business. */
      readonly attributes: Attributes;
    }
  | {
      readonly id: string;
      readonly action: 'update';
      readonly type: TargetType;
      readonly anchor: string;
      readonly targetId: string;
      readonly attributes: Readonly<Record<string, TargetValue>>;
    }
  | {
      readonly id: string;
      readonly action: 'delete' | 'restore';
      readonly type: TargetType;
      readonly anchor: string;
      readonly targetId: string;
      /**
       * Of a restoration: what the object is to hold otherwise than when it was deleted. Unique values have to be taken from here at once, because
       * others may hold the old ones by now; an update with all of it follows.
       */
      readonly attributes?: Readonly<Record<string, TargetValue>>;
      /** Of a restoration: when the object was deleted, as far as we know. Replicas may not show a deletion of a moment ago. */
      readonly deletedAt?: string;
    }
  | {
      /** A single-valued reference (manager): set, or null to clear. */
      readonly id: string;
      readonly action: 'refer';
      readonly type: TargetType;
      readonly anchor: string;
      readonly targetId: string;
      readonly attribute: string;
      readonly to: string | null;
      readonly types?: ReferredTypes;
    }
  | {
      /** Values of a multi-valued reference (members), at most `schema.referencesPerWrite` in all. */
      readonly id: string;
      readonly action: 'members';
      readonly type: TargetType;
      readonly anchor: string;
      readonly targetId: string;
      readonly attribute: string;
      readonly add: readonly string[];
      readonly remove: readonly string[];
      readonly types?: ReferredTypes;
    }
  | {
      /** Licences that a user is to hold directly, with exactly these parts switched off. Safe to repeat; what he holds besides stays. */
      readonly id: string;
      readonly action: 'license';
      readonly type: 'user';
      readonly anchor: string;
      readonly targetId: string;
      readonly licences: readonly Licence[];
    };

export interface WriteFailure {
  readonly code: string;
  /** The tenant's own words. */
  readonly message: string;
  /** What they mean and what to do, for people, where the refusal tells more exactly than the table of findings. */
  readonly cause?: string;
  readonly remedy?: string;
  /** Attribute (neutral name) and value it is about, where the answer tells. */
  readonly attribute?: string;
  readonly value?: string;
  /** An object that the write names is not there, or not known yet where the tenant was asked. */
  readonly isMissing?: boolean;
  /** The tenant's id of the other object in a conflict, where a look-up could tell. */
  readonly otherTargetId?: string;
}

/**
 * One result for each write. `gone`: the object to change is not in the tenant any more (update, refer, members), which for a delete counts as done. Of a
 * restoration it is final, the next plan makes a new object: to be said only where no replica can be behind.
 * For `members`, `failedReferences` names the targets that were refused while the others were done; for `license`, `failedLicences` the licences.
 */
export type WriteResult =
  | {
      readonly id: string;
      readonly outcome: 'done';
      readonly targetId: string;
      /** Of a creation: the object was there before, made by another process a short while ago. What it holds besides its anchor is not known. */
      readonly existed?: boolean;
      readonly failedReferences?: readonly { readonly to: string; readonly failure: WriteFailure }[];
      readonly failedLicences?: readonly { readonly licence: string; readonly failure: WriteFailure }[];
    }
  | { readonly id: string; readonly outcome: 'failed' | 'gone'; readonly failure: WriteFailure };

/** `unknown` for writes that are safe to repeat and cannot be looked up cheaply (update, refer, members, license). */
export interface SettledWrite {
  readonly id: string;
  readonly outcome: 'done' | 'not-done' | 'unknown';
  readonly targetId?: string;
}

/** What the target can hold; pure data and functions, used by plan to shape and check values before anything is sent. */
export interface TargetSchema {
  /** Types of objects that can be created and changed there. */
  readonly types: readonly TargetType[];
  readonly attributes: readonly TargetAttribute[];
  /** Reference attributes: neutral name, types that have it, whether single-valued. */
  readonly references: readonly {
    readonly name: string;
    readonly native: string;
    readonly types: readonly TargetType[];
    readonly single: boolean;
  }[];
  readonly referencesPerWrite: number;
  /**
   * Types of objects of which the target itself takes over one that nobody manages and that has the same primary address (a user: or the same name), when
   * one without a known anchor is to be created. None where it creates what it is told to.
   */
  readonly matches?: readonly TargetType[];
  /** Whether new addresses take the place of those before. Where not, an object keeps its former one until its addresses are cleared. */
  readonly replacesAddresses?: boolean;
  /**
   * What to say of an attribute that objects of this type have no place for, and of which nothing else is made. `told`: shape notes it as
   * a problem of every object that has it. `known`: every object has it and the documentation says so, shape passes it over. Null: it is
   * carried. The answer never changes, so that a plan may leave out flows whose loss is known.
   */
  lossOf?(type: TargetType, attribute: string): 'told' | 'known' | null;
  /** How a sentence begins that tells of such a loss, before the name of the attribute; where there is none it is of Microsoft Graph. */
  readonly lossText?: string;
  /** Whether the target would refuse to make this object, which it holds as its own, one that we manage. */
  refusesTakeover?(current: Attributes, isAdministrator: boolean): boolean;
  /** Whether an object that the target holds can be changed at all, its references included; where there is no such function, any can. */
  canChange?(type: TargetType, current: Attributes): boolean;
  /**
   * Turns what the rules want into what the target can hold: fall-backs, lengths, characters, required values.
   * `desired`: neutral attributes as the outbound rules give them, with `sourceAnchor`; `current`: what the target holds, null for a creation.
   * An attribute with a problem of severity error is left out of `attributes` and must be left as it is in the target.
   * `blocked`: the object as a whole cannot be written (a required value is missing): then no operation is planned.
   */
  shape(
    type: TargetType,
    desired: Attributes,
    current: Attributes | null,
    facts: Readonly<Record<string, string>>,
  ): ShapedObject;
}

export interface TargetAttribute {
  /** The name in rules and in the tenant space: that of Connect's tenant connector (alias, title ...). */
  readonly name: string;
  /** The name the target itself uses (mailNickname, jobTitle ...): the one people see in plans. */
  readonly native: string;
  readonly types: readonly TargetType[];
  /** Values are unique in the tenant across all objects (ignoring case). Attributes of the same group share one set of values. */
  readonly uniqueGroup?: 'userPrincipalName' | 'address' | 'sourceAnchor';
  /** Cannot be written through this target, though the tenant has it: a finding, not a silent loss. */
  readonly readOnly?: boolean;
  /** Cannot be cleared once set. */
  readonly required?: boolean;
  /**
   * Mail addresses to which the tenant adds of its own: those that it holds and that we never gave stay beside ours. One that is taken over with the mark of
   * `ended` keeps all that it has.
   */
  readonly keepsOwn?: boolean;
}

export interface ShapedObject {
  readonly attributes: Attributes;
  /** Attributes left out because of a problem: the plan must neither set nor clear them. */
  readonly withheld: readonly string[];
  /** Attributes of `current` that have to go, although no rule says so and nobody else may write them: a state of the object that ends when it is written. */
  readonly ended?: readonly string[];
  readonly problems: readonly ShapeProblem[];
  readonly blocked: boolean;
  /** Attributes that no rule gives and that are made of another one, with its name: the tenant demands them. */
  readonly derived?: Readonly<Record<string, string>>;
}

export interface ShapeProblem {
  readonly code: FindingCode;
  /** Where it is not that of the code. */
  readonly severity?: Severity;
  readonly attribute: string | null;
  readonly value: string | null;
  readonly cause?: string;
  readonly remedy?: string;
}

/** Keys of `parameters` that a tenant's `begin` carries. Lists are separated by blanks. */
export const TENANT_FACTS = {
  tenantId: 'Tenant.Id',
  initialDomain: 'Tenant.InitialDomain',
  verifiedDomains: 'Tenant.VerifiedDomains',
} as const;

/** Where a secret is to be read from; a literal is refused, so that no configuration file ever holds one. */
export const secretSource = z.union(
  [z.strictObject({ file: z.string().min(1) }), z.strictObject({ env: z.string().min(1) })],
  { error: 'must be { file: PATH } or { env: NAME }: a secret never stands in the configuration itself' },
);
export type SecretSource = z.infer<typeof secretSource>;

/** What a connector gets from the composition besides its own section of the configuration. */
export interface ConnectorContext {
  /** The name of the space. */
  readonly name: string;
  readonly log: {
    debug(fields: object, message: string): void;
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  readonly now: () => Date;
  /**
   * Of a target: to be awaited right before each request that changes anything, also before one that is repeated. Throws when this server may not write any more,
   * because another one has taken over; then nothing further is sent, and `write` throws the same.
   */
  readonly requireRight?: () => Promise<void>;
  /** Somebody waits to be told how things are: what does not answer is told within half a minute, and not asked again and again. */
  readonly isImpatient?: boolean;
  /** The text of a secret, without the line break at its end; throws `config-secret`. Ask for it when it is needed, and don't keep it. */
  readonly readSecret: (source: SecretSource) => string;
  /** A path of the configuration, taken from the folder of the configuration file. */
  readonly resolvePath: (path: string) => string;
}

/** One kind of connector as `all.ts` lists it: its section of the configuration (a strict zod object without `name` and `kind`), and how to make one. */
/** What copying and comparing configurations has to know of a section. A key inside of another is written with a dot: `tls.ca`. */
export interface SectionFacts<Section> {
  /** Keys that say where a secret comes from. What they lead to is neither read nor copied. */
  readonly secrets: readonly string[];
  /** Keys that name a file. `certificates`: public ones, which may be copied. `secret`: neither read nor copied. `data`: what a source is read from. */
  readonly files: Readonly<Record<string, 'certificates' | 'secret' | 'data'>>;
  /** One spelling for all sections that mean the same, with every default filled in. Keys keep their names; files and secrets stay as written. */
  spell(section: Section): Readonly<Record<string, unknown>>;
}

export interface SourceDefinition<Section> {
  readonly kind: string;
  readonly section: z.ZodType<Section>;
  readonly facts: SectionFacts<Section>;
  create(section: Section, context: ConnectorContext): Connector;
  /** Of a directory that we sign in to: how the account comes to be there. Throws `account-unsuitable`. */
  account?(section: Section, context: ConnectorContext, wishes: AccountWishes): SourceAccount;
}

export interface TargetDefinition<Section> {
  readonly kind: string;
  readonly section: z.ZodType<Section>;
  /** What it can be told to write, by neutral names and by its own. */
  readonly attributes: readonly string[];
  readonly facts: SectionFacts<Section>;
  /** Where the same tenant, with the same ids, can be written in several ways: the key of the section that says which, and its values. */
  readonly ways?: { readonly key: string; readonly names: readonly string[] };
  create(section: Section, context: ConnectorContext): TargetConnector;
}
