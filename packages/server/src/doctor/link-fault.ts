import { probe } from './probe-request.ts';

/** Whether a download link serves this content as it should: null, or what is wrong. */
export async function linkFault(url: string, content: Buffer): Promise<string | null> {
  const whole = await probe(url);
  if (whole.status !== 200) return `it answers ${whole.status}`;
  if (!whole.body.equals(content)) return 'it serves other bytes than were put';
  if (!String(whole.headers['content-disposition']).startsWith('attachment')) {
    return 'it serves no name to save under';
  }
  return null;
}

/** The same for a part of it. */
export async function rangeFault(url: string, content: Buffer): Promise<string | null> {
  const [from, to] = [10, 19];
  const part = await probe(url, { headers: { range: `bytes=${from}-${to}` } });
  if (part.status !== 206) return `a Range request answers ${part.status}`;
  const isRight =
    part.body.equals(content.subarray(from, to + 1)) &&
    part.headers['content-range'] === `bytes ${from}-${to}/${content.length}`;
  return isRight ? null : 'a Range request brings other bytes than asked for';
}
