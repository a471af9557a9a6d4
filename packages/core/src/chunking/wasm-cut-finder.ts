import type { CutFinder } from './cut-finder.ts';
import { FIND_CUT_MODULE } from './find-cut-module.ts';
import { decodeHex } from './hex.ts';
import { MULTIPLIER, NO_HIT } from './parameters.ts';

const PAGE = 65_536;

interface Exports {
  findCut(
    from: number,
    to: number,
    strictFrom: number,
    looseFrom: number,
    anyFrom: number,
    multiplier: number,
    limit: number,
  ): number;
}

interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The part of the platform's API that is used; every platform's type library words it its own way. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (descriptor: { readonly initial: number }) => Memory;
  readonly Instance: new (
    module: object,
    imports: { readonly env: { readonly memory: Memory } },
  ) => { readonly exports: Exports };
}

let compiled: object | null | undefined;

/** The search in vector instructions; null where the platform lacks or forbids them. */
export function wasmCutFinder(size: number): CutFinder | null {
  const api = platformApi();
  if (compiled === undefined) compiled = compile(api);
  if (api === null || compiled === null) return null;
  const memory = new api.Memory({ initial: Math.ceil(size / PAGE) });
  const { findCut } = new api.Instance(compiled, { env: { memory } }).exports;
  return {
    bytes: new Uint8Array(memory.buffer),
    find({ from, to, strictFrom, looseFrom, anyFrom }) {
      return findCut(from, to, strictFrom, looseFrom, anyFrom, MULTIPLIER, NO_HIT);
    },
  };
}

function platformApi(): WebAssemblyApi | null {
  const platform = globalThis as unknown as { readonly WebAssembly?: WebAssemblyApi };
  return platform.WebAssembly ?? null;
}

/** Null for a platform without vector instructions and for a policy that forbids compiling. */
function compile(api: WebAssemblyApi | null): object | null {
  if (api === null) return null;
  const bytes = new Uint8Array(FIND_CUT_MODULE.length / 2);
  decodeHex(FIND_CUT_MODULE, 0, bytes);
  try {
    return new api.Module(bytes);
  } catch {
    return null;
  }
}
