const WASM_PAGE = 65_536;

/** What is used of WebAssembly; the languages' own declarations come with a browser's. */
declare const WebAssembly: {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => { readonly buffer: SharedArrayBuffer };
};

/**
 * Memory that threads can share and that starts where a page does, as a WebAssembly memory alone
 * promises: a disk can take bytes from it as they lie. Such a memory reserves gigabytes of addresses;
 * where these are limited, it starts anywhere.
 */
export function allocateAligned(size: number): Uint8Array {
  const pages = Math.ceil(size / WASM_PAGE);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    return new Uint8Array(memory.buffer, 0, size);
  } catch (error) {
    if (error instanceof RangeError) return new Uint8Array(new SharedArrayBuffer(size));
    throw error;
  }
}
