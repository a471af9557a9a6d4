import { type Agent, request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** S3's error code, '' when the body names none. */
  readonly code: string;
}

/** For tests: sends exactly this target (fetch would resolve dots away) and exactly these bytes. */
export function rawRequest(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    /** Given, the connection is kept and used again. */
    agent?: Agent;
  } = {},
): Promise<RawAnswer> {
  const { host, hostname, port } = new URL(url);
  const path = url.slice(url.indexOf(host) + host.length);
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body, agent = false } = options;
    const outgoing = request({ hostname, port, path, method, headers, agent }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (bytes: Buffer) => pieces.push(bytes));
      answer.on('error', reject);
      answer.on('end', () => {
        const bytes = Buffer.concat(pieces);
        const code = /<Code>(\w+)<\/Code>/.exec(bytes.toString('utf8', 0, 4096))?.[1] ?? '';
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes, code });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
