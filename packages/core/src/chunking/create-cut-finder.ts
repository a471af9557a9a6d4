import { type CutFinder, SLACK } from './cut-finder.ts';
import { scalarCutFinder } from './scalar-cut-finder.ts';
import { wasmCutFinder } from './wasm-cut-finder.ts';

/**
 * A finder with memory for `size` bytes and the `SLACK` behind them: with vector instructions where
 * the platform has and allows them (a page's security policy may not), many times slower elsewhere.
 * The answers are the same.
 */
export function createCutFinder(size: number): CutFinder {
  return wasmCutFinder(size + SLACK) ?? scalarCutFinder(size + SLACK);
}
