/** What is wrong or worth knowing about one object: data, never an exception. */
export const SEVERITIES = ['error', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Which verb found it; a verb that looks at the object again withdraws its own findings first. */
export const FINDING_STAGES = ['import', 'sync', 'plan', 'apply', 'passwords'] as const;
export type FindingStage = (typeof FINDING_STAGES)[number];

interface FindingEntry {
  readonly severity: Severity;
  readonly cause: string;
  readonly remedy: string;
}

/** The table of finding codes. `cause` and `remedy` are the defaults; a finding may carry more exact ones. A retired code is never reused. */
export const FINDINGS = {
  'source-record-unreadable': {
    severity: 'error',
    cause: 'A record of the source could not be read, so its object was left as it was.',
    remedy: 'Correct it at the place named. The next run that reads it takes it.',
  },
  'source-deletions-withheld': {
    severity: 'warning',
    cause:
      'Some records of the source could not be read and it is not known which objects they are, so no object was taken as deleted.',
    remedy:
      'Correct the records (source-record-unreadable). The next run that reads all of the source takes deletions into account: dirbridge sync --full.',
  },
  'scope-container-missing': {
    severity: 'warning',
    cause: 'A container or group that the scope names is no longer in the directory.',
    remedy: 'Restore it, or take it out of the scope in dirbridge.yaml.',
  },
  'rule-group-missing': {
    severity: 'warning',
    cause: 'The scope of a rule names a group that is in no source, so nobody counts as its member.',
    remedy: 'Correct the DN in the rule file, restore the group, or add its directory as a source.',
  },
  'rule-error': {
    severity: 'error',
    cause: 'A synchronization rule raised an error for this object, so the object keeps its last good state.',
    remedy: 'Correct what the rule reads in the directory, or the rule.',
  },
  'join-ambiguous': {
    severity: 'error',
    cause: 'More than one object matches the join condition of a rule, so none is chosen.',
    remedy: 'Make the matching attribute unique.',
  },
  'join-conflict': {
    severity: 'error',
    cause: 'Another object of the same source is joined to this person or group already.',
    remedy: 'Give one of the two objects another value in the matching attribute.',
  },
  'anchor-missing': {
    severity: 'error',
    cause: 'The object has no source anchor, so it could never be found again in the tenant. It is not synchronized.',
    remedy:
      'Fill the attribute that gives the source anchor (identity.sourceAnchor in dirbridge.yaml; unless it says otherwise mS-DS-ConsistencyGuid, else objectGUID), and let the account of the source read it.',
  },
  'anchor-changed': {
    severity: 'error',
    cause: 'The source anchor of an object that is in the tenant already has changed.',
    remedy: 'Put the old value back; an anchor never changes during the life of an object.',
  },
  'reference-out-of-scope': {
    severity: 'info',
    cause: 'The attribute refers to an object that is not synchronized.',
    remedy: 'Nothing needs to be done, or bring that object into the scope.',
  },
  'attribute-missing': {
    severity: 'error',
    cause: 'The tenant demands a value that the object does not have.',
    remedy: 'Fill the attribute in the directory.',
  },
  'attribute-too-long': {
    severity: 'error',
    cause: 'The value is longer than the tenant takes; the rest of the object is synchronized without it.',
    remedy: 'Shorten the value in the directory.',
  },
  'attribute-invalid': {
    severity: 'error',
    cause: 'The tenant does not take this value; the rest of the object is synchronized without it.',
    remedy: 'Correct the value in the directory.',
  },
  'upn-suffix-unverified': {
    severity: 'warning',
    cause:
      'The suffix of the user principal name is no verified domain of the tenant, so the initial domain is used instead.',
    remedy: 'Add the domain to the tenant and verify it, or give the user a suffix that is verified.',
  },
  'upn-characters': {
    severity: 'warning',
    cause:
      'The user principal name holds characters that the tenant does not take, so the mail nickname at the initial domain is used instead.',
    remedy:
      "Correct the user principal name in the directory. Before the @ the tenant takes A-Z a-z 0-9 ' . - _ ! # ^ ~ and no dot at the end.",
  },
  'value-conflict': {
    severity: 'error',
    cause: 'The value must be unique in the tenant and belongs to another object already.',
    remedy: 'Take the value from one of the two objects.',
  },
  'match-ambiguous': {
    severity: 'error',
    cause:
      'Several objects of the directory belong to one object of the tenant by their values, so none of them is linked or created.',
    remedy: 'Give the value to one of them alone, or link one by hand: dirbridge link.',
  },
  'match-other-anchor': {
    severity: 'error',
    cause:
      'An object of the tenant has the same address or name but carries the source anchor of another one, so it is left alone.',
    remedy:
      'Bring the object of that anchor into the scope, give one of the two another value, or clear the anchor in the tenant.',
  },
  'drift-left': {
    severity: 'info',
    cause: 'The value was changed in the tenant, and the configuration leaves such a change alone.',
    remedy:
      'Nothing, if the change is meant: it stays until the value changes in the directory. Else set drift to correct for this attribute in dirbridge.yaml.',
  },
  'match-privileged': {
    severity: 'error',
    cause:
      'The object of the tenant that matches holds an administrator role, and such objects are never taken over unasked.',
    remedy: 'Give the administrator an account of the cloud alone, or link the two by hand: dirbridge link.',
  },
  'match-synchronized': {
    severity: 'error',
    cause:
      'The object of the tenant is still written by directory synchronization (Entra Connect), so Graph refuses changes to it.',
    remedy:
      'Stop Entra Connect and switch directory synchronization off for the tenant. The next run then goes on by itself.',
  },
  'match-forbidden': {
    severity: 'error',
    cause: 'An object of the tenant matches, but the configuration forbids to take it over.',
    remedy:
      'Allow it (matching in dirbridge.yaml), link the two by hand (dirbridge link), or give one of them another value.',
  },
  'held-apart': {
    severity: 'info',
    cause: 'An administrator keeps the object apart from the tenant, so nothing is created, changed or deleted for it.',
    remedy: 'Nothing needs to be done; dirbridge link joins it again.',
  },
  'target-cannot-carry-object': {
    severity: 'warning',
    cause: 'Microsoft Graph lets no application create objects of this kind, so the object is not synchronized.',
    remedy:
      'Nothing through Microsoft Graph; most of what Graph cannot carry goes by way of the provisioning service (experimental: docs/guide/provisioning-service.md). To be told no more, take the object out of the scope.',
  },
  'target-cannot-carry-attribute': {
    severity: 'info',
    cause: 'Microsoft Graph lets no application write this attribute, so it is not synchronized.',
    remedy:
      'Nothing through Microsoft Graph; most of what Graph cannot carry goes by way of the provisioning service (experimental: docs/guide/provisioning-service.md). It is told no more when no object has the attribute at a run of everything: dirbridge sync --full.',
  },
  'target-refused': {
    severity: 'error',
    cause: 'The tenant refused the change.',
    remedy:
      'The answer of the tenant tells why: correct the object in the directory, or what it names in the tenant. Every run tries again.',
  },
  'not-replicated-yet': {
    severity: 'warning',
    cause:
      'The tenant does not show everywhere yet what was made, restored or deleted within the last quarter of an hour.',
    remedy:
      'Nothing needs to be done: the next run tries again. What the tenant does not show after a quarter of an hour is told as an error.',
  },
  'waits-for-failed': {
    severity: 'error',
    cause: 'The change needs another one that failed.',
    remedy: 'Put the other object right first. Every run tries again.',
  },
  'leaves-later': {
    severity: 'info',
    cause: 'The object has left and waits in the tenant until its grace period is over; then it is deleted.',
    remedy: 'Nothing needs to be done. Who returns within that time stays, and is switched on again.',
  },
  'administrators-unknown': {
    severity: 'warning',
    cause:
      'The tenant does not tell who holds an administrator role, so the guard for privileged accounts cannot see them.',
    remedy:
      'Grant the application the permission RoleManagement.Read.Directory (or Directory.Read.All) and consent to it as an administrator; dirbridge check tells whether it works.',
  },
  'another-server': {
    severity: 'warning',
    cause:
      'Something else makes objects in the tenant with anchors of our directory: most likely a second server that is not in staging mode.',
    remedy:
      'Let one server alone write: set staging: true in the configuration of the other, or stop it. Azure AD Connect counts as one. The warning goes a day after the last sign.',
  },
  'standby-differs': {
    severity: 'warning',
    cause: 'This server, which stands by, wants something else of the tenant than the one that writes.',
    remedy:
      'Compare versions, configurations (dirbridge config diff) and what both read; dirbridge standby shows the whole difference. It goes by itself when both want the same.',
  },
  'nobody-writes': {
    severity: 'error',
    cause: 'No server writes to the tenant: what changes in the directory does not arrive there.',
    remedy: 'See what happened to the server that ought to write, or have this one take over: dirbridge take-over.',
  },
  'standby-configuration': {
    severity: 'warning',
    cause:
      'The configuration of the server that writes could not be taken over, so this server stands by with its own.',
    remedy:
      'Install the same version on both servers, and put in its place what the reason names; then it goes by itself.',
  },
  'restore-refused': {
    severity: 'error',
    cause: 'The deleted object could not be brought back from the recycle bin of the tenant.',
    remedy:
      'The answer of the tenant tells why. A name or address that somebody has by now is left out by the next run; for anything else, put right what the answer names, or delete the user in the recycle bin of the tenant for good: then the next run creates a new one, with another mailbox.',
  },
  'licence-not-returned': {
    severity: 'error',
    cause:
      'A user was restored, but a licence that had been assigned to the user directly before the deletion could not be given back.',
    remedy:
      'See what the tenant answered: free a seat, fill the usage location, or assign the licence by hand. Each run tries again, for 30 days.',
  },
  'password-refused': {
    severity: 'error',
    cause: 'The tenant did not take the password of a user. The one before it stays in force there.',
    remedy:
      'The answer of the tenant tells why. It is sent again by itself, after two minutes at first and less often later; at once with dirbridge passwords sync and the name of the user.',
  },
  'password-temporary': {
    severity: 'info',
    cause:
      'The password is a temporary one, to be changed at the next logon, and the tenant takes none, so the one before it stays in force there.',
    remedy:
      'Nothing: the password that the user chooses at the next logon is sent. To let users change a temporary password in the cloud, switch the feature UserForcePasswordChangeOnLogon of the tenant on (and password writeback, or the change stays in the cloud).',
  },
  'password-without-hash': {
    severity: 'error',
    cause:
      'The password was changed, but the domain controller stores no NT hash of it, so it cannot be sent. The tenant still takes the one before it, which the directory takes no more.',
    remedy:
      'On Samba, set nt hash store = always in smb.conf of every domain controller and restart them (never stores none, nor does auto together with ntlm auth = disabled). Then have the user set another password: the one that is there gets no hash later. If the old one must not open the tenant until then, disable the account in the directory: the next sync blocks the user in the tenant.',
  },
} as const satisfies Readonly<Record<string, FindingEntry>>;

export type FindingCode = keyof typeof FINDINGS;

/** Names an object to a person: how it is called, and where it can be found. */
export interface ObjectName {
  readonly space: string;
  readonly anchor: string;
  readonly type: string;
  readonly name: string;
  readonly dn?: string;
}

export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly stage: FindingStage;
  readonly object: ObjectName | null;
  readonly otherObject: ObjectName | null;
  readonly attribute: string | null;
  readonly value: string | null;
  readonly cause: string;
  readonly remedy: string;
}

export interface FindingDetails {
  readonly object?: ObjectName | null;
  readonly otherObject?: ObjectName | null;
  readonly attribute?: string | null;
  readonly value?: string | null;
  readonly cause?: string;
  readonly remedy?: string;
  readonly severity?: Severity;
}

/** A finding with the texts of the table where the details give none. */
export function finding(code: FindingCode, stage: FindingStage, details: FindingDetails = {}): Finding {
  const entry = FINDINGS[code];
  return {
    code,
    stage,
    severity: details.severity ?? entry.severity,
    object: details.object ?? null,
    otherObject: details.otherObject ?? null,
    attribute: details.attribute ?? null,
    value: details.value ?? null,
    cause: details.cause ?? entry.cause,
    remedy: details.remedy ?? entry.remedy,
  };
}
