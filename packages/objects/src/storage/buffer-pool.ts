/**
 * Keeps buffers of one size for the next user: fresh memory costs page faults and sets the garbage
 * collector going long before the heap would.
 */
export class BufferPool {
  readonly #size: number;
  readonly #most: number;
  readonly #free: Buffer[] = [];

  /** Bytes of a buffer, and how many are kept at most. */
  constructor(size: number, most: number) {
    this.#size = size;
    this.#most = most;
  }

  /** A buffer of this length, whatever it holds. Small ones are made anew. */
  take(length: number): Buffer {
    if (length > this.#size || length < this.#size / 2) return Buffer.allocUnsafeSlow(length);
    return (this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#size)).subarray(0, length);
  }

  /** Nobody reads or writes it any more. */
  give(buffer: Buffer): void {
    const { byteLength } = buffer.buffer;
    if (byteLength !== this.#size || this.#free.length >= this.#most) return;
    this.#free.push(Buffer.from(buffer.buffer, 0, byteLength));
  }
}
