export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly target: string;
}

/** A refusal in Graph's words. The pipeline turns it into the error envelope. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly ErrorDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly innerCode: string | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    more: {
      readonly details?: readonly ErrorDetail[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly innerCode?: string;
    } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = more.details;
    this.headers = more.headers ?? {};
    this.innerCode = more.innerCode;
  }

  /** The same refusal with further headers; its own go before them. */
  withHeaders(further: Readonly<Record<string, string>>): GraphError {
    const { details, headers, innerCode } = this;
    return new GraphError(this.status, this.code, this.message, {
      headers: { ...further, ...headers },
      ...(details ? { details } : {}),
      ...(innerCode ? { innerCode } : {}),
    });
  }
}

/** The envelope of every Graph error: `{"error":{code,message,details?,innerError}}`. */
export function describeGraphError(
  error: GraphError,
  date: string,
  requestId: string,
  clientRequestId: string,
): unknown {
  return {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details ? { details: error.details } : {}),
      innerError: {
        ...(error.innerCode ? { code: error.innerCode } : {}),
        date,
        'request-id': requestId,
        'client-request-id': clientRequestId,
      },
    },
  };
}
