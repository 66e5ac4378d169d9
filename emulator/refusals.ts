import { GraphError } from './graph-error.ts';

/** The refusals of the directory with the texts that the real service sends (observed, see README.md). */

function badRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message);
}

export function valueTaken(property: string): GraphError {
  const message = `Another object with the same value for property ${property} already exists.`;
  return new GraphError(400, 'Request_BadRequest', message, {
    details: [{ code: 'ObjectConflict', message, target: property }],
  });
}

export function valueRequired(property: string, resource: string): GraphError {
  return badRequest(`A value is required for property '${property}' of resource '${resource}'.`);
}

export function valueInvalid(property: string, resource: string): GraphError {
  return badRequest(`Invalid value specified for property '${property}' of resource '${resource}'.`);
}

export function valuesInvalid(): GraphError {
  return badRequest('One or more properties contains invalid values.');
}

export function propertyInvalid(property: string): GraphError {
  return badRequest(`Property ${property} is invalid.`);
}

export function propertyReadOnly(property: string): GraphError {
  return badRequest(`Property '${property}' is read-only and cannot be set.`);
}

export function propertyUnknown(property: string): GraphError {
  return badRequest(`Property '${property}' does not exist as a declared property or extension property.`);
}

export function valueMistyped(property: string, type: string): GraphError {
  return badRequest(`Cannot convert the value of property '${property}' to the expected type '${type}'.`);
}

export function domainNotVerified(): GraphError {
  return badRequest(
    'The domain portion of the userPrincipalName property is invalid. You must use one of the verified domain names in your organization.',
  );
}

export function passwordTooWeak(): GraphError {
  return badRequest(
    'The specified password does not comply with password complexity requirements. Please provide a different password.',
  );
}

export function masteredOnPremises(): GraphError {
  return badRequest(
    'Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.',
  );
}

export function masteredElsewhere(): GraphError {
  return badRequest(
    'Unable to update the specified properties for objects that have originated within an external service.',
  );
}

export function mailGroupReadOnly(): GraphError {
  return badRequest('Cannot Update a mail-enabled security groups and or distribution list.');
}

export function mailGroupNotSupported(): GraphError {
  return badRequest(
    'The service does not currently support writes of mail-enabled groups. Please ensure that the mail-enablement property is unset and the security-enablement property is set.',
  );
}

export function usageLocationMissing(): GraphError {
  return badRequest('License assignment cannot be done for user with invalid usage location.');
}

export function licenceInherited(): GraphError {
  return badRequest(
    'User license is inherited from a group membership and it cannot be removed directly from the user.',
  );
}

export function noSeats(skuId: string): GraphError {
  return badRequest(`Subscription with SKU ${skuId} does not have any available licenses.`);
}

export function linkExists(name: string): GraphError {
  return badRequest(
    `One or more added object references already exist for the following modified properties: '${name}'.`,
  );
}

export function referenceInvalid(text: string): GraphError {
  return badRequest(`Invalid object identifier '${text}'.`);
}

export function referenceMissing(): GraphError {
  return badRequest('The source resource object or one of the objects being referenced do not exist.');
}

export function notFound(id: string): GraphError {
  return new GraphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

export function notPermitted(): GraphError {
  return new GraphError(403, 'Authorization_RequestDenied', 'Insufficient privileges to complete the operation.');
}

export function quotaExceeded(found: number, limit: number, link: string): GraphError {
  return new GraphError(
    403,
    'Directory_QuotaExceeded',
    `Unable to perform operation as '${found}' would exceed the maximum quota count '${limit}' for forward-link '${link}'.`,
  );
}

export function concurrentWrite(): GraphError {
  return new GraphError(
    409,
    'Directory_ConcurrencyViolation',
    'Error due to concurrent requests being made to the tenant. Please wait briefly and retry.',
  );
}

export function noRoom(): GraphError {
  return new GraphError(
    403,
    'Directory_QuotaExceeded',
    'The directory object quota limit for the tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.',
  );
}

export function tooManyBound(limit: number): GraphError {
  return badRequest(`The request contains more than the ${limit} references that one request may add.`);
}

export function notConform(message: string): GraphError {
  return badRequest(message);
}

export function queryInvalid(message: string): GraphError {
  return new GraphError(400, 'BadRequest', message);
}

export function queryUnsupported(message: string): GraphError {
  return new GraphError(400, 'Request_UnsupportedQuery', message);
}

/** What the emulator does not play: always 501, always in its log. */
export function notEmulated(what: string): GraphError {
  return new GraphError(501, 'NotImplemented', `The emulator does not support ${what}.`);
}
