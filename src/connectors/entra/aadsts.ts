/** What the numbers of sign-in refusals mean and what to do about them (Entra, "Authentication and authorization error codes"). */
const MEANINGS: Readonly<Record<string, { readonly meaning: string; readonly remedy: string }>> = {
  '70011': {
    meaning: 'the scope asked for is malformed',
    remedy: 'Check cloud, graph and authority of the target: they must belong to the same cloud.',
  },
  '7000215': {
    meaning: 'the client secret is wrong',
    remedy: 'Put the value of the client secret (not its id) where clientSecret of the target points to.',
  },
  '7000222': {
    meaning: 'the client secret has expired',
    remedy: 'Make a new client secret for the application and put it where clientSecret of the target points to.',
  },
  '700027': {
    meaning: 'the certificate is not registered for the application, or has expired',
    remedy: 'Upload the certificate that certificate.file of the target holds to the application.',
  },
  '700024': {
    meaning: 'the signed assertion lies outside its time',
    remedy: 'Set the clock of this machine: it must agree with the tenant to a few minutes.',
  },
  '50027': {
    meaning: 'the signed assertion is malformed',
    remedy: 'Check that certificate.file holds an RSA key of at least 2048 bits and its certificate.',
  },
  '7000214': {
    meaning: 'the certificate has been revoked',
    remedy: 'Make a new certificate, upload it to the application and name it in certificate.file of the target.',
  },
  '1000502': {
    meaning: 'the certificate is outside its validity',
    remedy: 'Make a new certificate, upload it to the application and name it in certificate.file of the target.',
  },
  '700016': {
    meaning: 'the application is not known in this tenant',
    remedy: 'Check clientId and tenant of the target.',
  },
  '90002': { meaning: 'the tenant does not exist', remedy: 'Check tenant (and cloud) of the target.' },
  '7000218': {
    meaning: 'neither secret nor certificate arrived',
    remedy: 'Give clientSecret or certificate in the target.',
  },
  '65001': {
    meaning: 'nobody has consented to the permissions of the application',
    remedy: 'Let an administrator grant admin consent to the application.',
  },
  '500011': {
    meaning: 'Microsoft Graph is not known in this tenant under that name',
    remedy: 'Check cloud, graph and authority of the target: they must belong to the same cloud.',
  },
  '7000112': { meaning: 'the application is disabled', remedy: 'Enable the enterprise application in the tenant.' },
  '53003': {
    meaning: 'a Conditional Access policy refuses the sign-in',
    remedy: 'Let the policy for workload identities take in the address of this machine.',
  },
};

export interface SignInRefusal {
  /** `AADSTS7000215`, or null when the answer has no such number. */
  readonly number: string | null;
  readonly message: string;
  readonly remedy: string | null;
}

/** Reads `AADSTS<number>: <text> Trace ID: …` and puts our words to the number. */
export function explainSignInRefusal(description: string): SignInRefusal {
  const match = /AADSTS(\d+)/.exec(description);
  // Trace and correlation ids change with every try; the sentence before them is what a person needs.
  const told = match ? description.slice(match.index + match[0].length).replace(/^:\s*/, '') : description;
  const sentence = told.split(/\s*(?:-\s*)?(?:Trace ID|Correlation ID|Timestamp):/)[0]?.trim() ?? '';
  const known = match?.[1] === undefined ? undefined : MEANINGS[match[1]];
  return {
    number: match?.[0] ?? null,
    message: [match?.[0], known?.meaning, sentence].filter((part) => part !== undefined && part !== '').join(': '),
    remedy: known?.remedy ?? null,
  };
}
