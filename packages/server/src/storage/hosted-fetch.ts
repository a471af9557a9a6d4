import { request as httpRequest, type IncomingMessage } from 'node:http';

interface HostedInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * For tests: fetch for URLs with a bucket in the host name. Names below localhost need no name
 * server here: the connection goes to this machine, and the name into the Host header, which fetch
 * itself would not send.
 */
export async function hostedFetch(address: string, init: HostedInit = {}): Promise<Response> {
  const { host, hostname, port, pathname, search } = new URL(address);
  if (!hostname.endsWith('.localhost')) return await fetch(address, init as RequestInit);
  const { method = 'GET', body } = init;
  const length = body === undefined ? {} : { 'content-length': String(body.length) };
  const headers = { ...init.headers, host, ...length };
  const target = { host: '127.0.0.1', port, path: pathname + search, method, headers };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest(target, resolve).once('error', reject).end(body);
  });
  const bytes = Buffer.concat((await answer.toArray()) as Buffer[]);
  const received = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  const status = answer.statusCode ?? 0;
  return new Response(bytes.length > 0 ? bytes : null, {
    status,
    headers: received as [string, string][],
  });
}
