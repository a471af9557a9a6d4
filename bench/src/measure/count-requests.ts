/**
 * Requests of one kind of method that a server has answered so far; logins and their renewal apart,
 * which time brings about.
 */
export async function countRequests(ops: string, kind: 'reading' | 'writing'): Promise<number> {
  const text = await (await fetch(`${ops}/metrics`)).text();
  let count = 0;
  for (const line of text.split('\n')) {
    const match = /^valise_http_request_duration_seconds_count\{(.*)\} (\d+)/.exec(line);
    const [, labels = '', value] = match ?? [];
    if (match === null || labels.includes('route="/auth')) continue;
    const isReading = /method="(GET|HEAD|OPTIONS)"/.test(labels);
    if (isReading === (kind === 'reading')) count += Number(value);
  }
  return count;
}
