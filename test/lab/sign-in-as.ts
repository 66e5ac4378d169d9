import type { Emulator } from '../../emulator/server.ts';

/** What Entra says to somebody who signs in with name and password: `ok`, or the number of its refusal (`AADSTS50126`). */
export async function signInAs(
  { url, tenant, clientId, clientSecret }: Pick<Emulator, 'url' | 'tenant' | 'clientId' | 'clientSecret'>,
  userPrincipalName: string,
  password: string,
): Promise<string> {
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    grant_type: 'password',
    scope: 'https://graph.microsoft.com/.default',
    username: userPrincipalName,
    password,
  });
  const response = await fetch(`${url}/${tenant}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const answer = (await response.json()) as { readonly error_description?: string };
  if (response.ok) return 'ok';
  return /AADSTS\d+/.exec(answer.error_description ?? '')?.[0] ?? JSON.stringify(answer);
}
