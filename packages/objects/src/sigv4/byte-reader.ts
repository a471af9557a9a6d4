import { S3Error } from '../s3/s3-error.ts';

/** Reads lines and runs of bytes from a stream of buffers, without joining them. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next bytes, at most `max`; throws IncompleteBody at the end. */
  async take(max: number): Promise<Buffer> {
    while (this.#rest.length === 0) await this.#more();
    const taken = this.#rest.subarray(0, max);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** The next line without its CRLF; a longer one than `max` bytes is refused. */
  async line(max: number): Promise<string> {
    let line = '';
    for (;;) {
      const end = this.#rest.indexOf('\n');
      line += this.#rest.toString('latin1', 0, end < 0 ? this.#rest.length : end);
      // One more for the CR, which belongs to the line's end.
      if (line.length > max + 1) throw new S3Error('InvalidRequest', 'A chunk header is too long.');
      if (end >= 0) {
        this.#rest = this.#rest.subarray(end + 1);
        if (!line.endsWith('\r'))
          throw new S3Error('InvalidRequest', 'A chunk header is malformed.');
        return line.slice(0, -1);
      }
      await this.#more();
    }
  }

  /** Throws unless the stream ends here. */
  async expectEnd(): Promise<void> {
    const next = await this.#source.next();
    if (this.#rest.length > 0 || !next.done) {
      throw new S3Error('IncompleteBody', 'There are bytes after the last chunk.');
    }
  }

  /** Lets go of the source. Whoever reads to an error must call this, or the source stays open. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw new S3Error('IncompleteBody');
    this.#rest = next.value;
  }
}
