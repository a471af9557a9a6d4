import { ClientError, type TransportRequest } from '@valise/client';

/** Whatever Node reports about a connection, as the port's contract has it. */
export function transportFailure(error: Error, request: TransportRequest): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (error instanceof ClientError) return error;
  const why = 'code' in error ? String(error.code) : error.message;
  return new ClientError(
    'unreachable',
    `Cannot reach ${hostOf(request)} (${why}).${adviceFor(why)}`,
    {
      cause: error,
    },
  );
}

export function stalled(request: TransportRequest): ClientError {
  return new ClientError('stalled', `${hostOf(request)} stands still.`);
}

function hostOf(request: TransportRequest): string {
  return new URL(request.url).host;
}

/** What OpenSSL says of a certificate helps only those who know it. */
function adviceFor(why: unknown): string {
  if (!/CERT|UNABLE_TO_VERIFY|SELF_SIGNED/.test(String(why))) return '';
  return (
    ' Its certificate is not trusted: to trust one of your own, name its file in ' +
    'NODE_EXTRA_CA_CERTS.'
  );
}
