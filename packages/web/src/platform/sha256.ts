/**
 * SHA-256 by the browser itself: off the calling thread, at the speed of the hardware. Where the
 * page isn't in a secure context the browser withholds it; then JavaScript does it, about ten times
 * slower, and `isSecureContext` tells the person so. The bytes may change as soon as it has answered its
 * promise.
 */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  if (globalThis.crypto.subtle !== undefined) {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource));
  }
  const own = bytes.slice();
  const noble = await import('@noble/hashes/sha2.js');
  return noble.sha256(own);
}
