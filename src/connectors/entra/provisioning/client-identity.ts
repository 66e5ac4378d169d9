import { readFileSync } from 'node:fs';
import { z } from 'zod';

const PACKAGE = JSON.parse(readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Texts that go into headers of HTTP. */
const headerText = z
  .string()
  .regex(/^[\x21-\x7e][\x20-\x7e]{0,99}$/, { error: 'must be 1 to 100 printable ASCII characters' });

/** How we introduce ourselves, for administrators who have been told what their tenant expects. */
export const identitySection = {
  applicationId: headerText.optional(),
  buildNumber: headerText.optional(),
  clientVersion: headerText.optional(),
};

interface IdentitySection {
  readonly applicationId?: string | undefined;
  readonly buildNumber?: string | undefined;
  readonly clientVersion?: string | undefined;
}

/** What each request says of who sends it. */
export interface ClientIdentity {
  readonly applicationId: string;
  readonly buildNumber: string;
  readonly clientVersion: string;
  readonly userAgent: string;
}

/** Ourselves, unless the configuration says otherwise: by default nobody is told that we were Azure AD Connect. */
export function identityOf(clientId: string, section: IdentitySection = {}): ClientIdentity {
  const self = `Dirbridge/${PACKAGE.version}`;
  return {
    applicationId: section.applicationId ?? clientId,
    buildNumber: section.buildNumber ?? PACKAGE.version,
    clientVersion: section.clientVersion ?? self,
    userAgent: self,
  };
}
