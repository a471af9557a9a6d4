import { ClientError, type TransportRequest } from '@valise/client';

/** Whatever Node reports about a connection, as the port's contract has it. */
export function transportFailure(error: Error, request: TransportRequest): unknown {
  if (request.signal?.aborted) return request.signal.reason;
  if (error instanceof ClientError) return error;
  const why = 'code' in error ? String(error.code) : error.message;
  return new ClientError('unreachable', `Cannot reach ${hostOf(request)} (${why}).`, {
    cause: error,
  });
}

export function stalled(request: TransportRequest): ClientError {
  return new ClientError('stalled', `${hostOf(request)} stands still.`);
}

function hostOf(request: TransportRequest): string {
  return new URL(request.url).host;
}
