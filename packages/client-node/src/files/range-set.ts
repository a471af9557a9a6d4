import type { ByteRange } from '@valise/client';

/** Disjoint ranges, neighbours joined: stays short however many are added in whatever order. */
export class RangeSet {
  #ranges: ByteRange[] = [];

  get ranges(): readonly ByteRange[] {
    return this.#ranges;
  }

  add(range: ByteRange): void {
    let { offset } = range;
    let end = range.offset + range.size;
    const apart: ByteRange[] = [];
    for (const other of this.#ranges) {
      const otherEnd = other.offset + other.size;
      if (otherEnd < offset || other.offset > end) apart.push(other);
      else {
        offset = Math.min(offset, other.offset);
        end = Math.max(end, otherEnd);
      }
    }
    apart.push({ offset, size: end - offset });
    this.#ranges = apart.sort((a, b) => a.offset - b.offset);
  }
}
