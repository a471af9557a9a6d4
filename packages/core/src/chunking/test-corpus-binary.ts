import { bytesOf, numbersOf, type Random } from './test-random.ts';

type Make = (random: Random, size: number) => Uint8Array;

const wave = (index: number) => 8000 * Math.sin(index / 50) + 3000 * Math.sin(index / 7.3);

/** Pixel `at` of a picture 2,048 pixels wide, 3 bytes each: a ramp in every direction. */
function ramp(at: number): number {
  const pixel = Math.floor(at / 3);
  const [x, y] = [pixel % 2048, Math.floor(pixel / 2048)];
  return [x >> 3, y >> 3, (x + y) >> 4][at % 3] ?? 0;
}

/** Random rectangles of one colour each on white, 4 bytes a pixel. */
function screenshot(random: Random, size: number): Uint8Array {
  const pixels = new Uint32Array(size / 4).fill(0xffffffff);
  const rows = pixels.length / 2048;
  for (let box = 0; box < size / 300; box++) {
    const [left, top, width] = [random.below(2000), random.below(rows - 8), random.below(48)];
    const colour = random.next();
    for (let row = top; row < top + 8; row++) {
      pixels.fill(colour, row * 2048 + left, row * 2048 + left + width);
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** Pages of 4 KiB with a few dozen records at their ends, the rest zeros. */
function databasePages(random: Random, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const encoder = new TextEncoder();
  for (let page = 0; page < size; page += 4096) {
    new DataView(bytes.buffer).setUint32(page, page / 4096);
    let at = page + 4096;
    for (let record = random.below(60); record > 0; record--) {
      const text = `${random.below(1e9)}|some name|${random.below(1000)}`;
      at -= text.length + 3;
      encoder.encodeInto(text, bytes.subarray(at));
    }
  }
  return bytes;
}

/** Content that isn't text, by name. */
export const BINARIES = new Map<string, Make>([
  ['random bytes', (random, size) => bytesOf(size, () => random.next())],
  ['random bits', (random, size) => bytesOf(size, () => random.below(2))],
  ['smooth sound', (_, size) => numbersOf(new Int16Array(size / 2), wave)],
  [
    'noisy sound',
    (random, size) => numbersOf(new Int16Array(size / 2), (n) => wave(n) + random.below(64)),
  ],
  [
    'near silence',
    (random, size) => numbersOf(new Int16Array(size / 2), () => random.below(3) - 1),
  ],
  ['smooth picture', (_, size) => bytesOf(size, ramp)],
  ['noisy picture', (random, size) => bytesOf(size, (at) => ramp(at) + random.below(4))],
  [
    'measurements, 32 bit',
    (random, size) => numbersOf(new Float32Array(size / 4), (n) => n / 100 + random.below(100)),
  ],
  [
    'measurements, 64 bit',
    (random, size) => numbersOf(new Float64Array(size / 8), (n) => n / 100 + random.below(100)),
  ],
  ['rising integers', (_, size) => numbersOf(new Uint32Array(size / 4), (n) => n)],
  ['rising doubles', (_, size) => numbersOf(new Float64Array(size / 8), (n) => n)],
  [
    'small integers, 16 bit',
    (random, size) => numbersOf(new Uint16Array(size / 2), () => random.below(100)),
  ],
  [
    'small integers, 32 bit',
    (random, size) => numbersOf(new Uint32Array(size / 4), () => random.below(100)),
  ],
]);

/** Content of which most is the same from place to place: fewer places to cut, longer chunks. */
export const SPARSE = new Map<string, Make>([
  ['database pages', databasePages],
  ['screenshot', screenshot],
]);
