/**
 * Node's side of the client: local files as sources and sinks, sockets, the login on disk.
 *
 * Promises: a downloaded file appears whole and synced or not at all; unfinished downloads are
 * continued; the login may be shared by several processes. Does not promise anything on network
 * file systems whose locks or renames lie.
 */
export { type FileSinkOptions, fileSink } from './files/file-sink.ts';
export { type FileSource, fileSource, isFileSource } from './files/file-source.ts';
export { syncFolder } from './files/folder-sync.ts';
export { isPartialName } from './files/partial-file.ts';
export { createFileHasher, type FileHasher } from './hashing/file-hasher.ts';
export { hashStream } from './hashing/hash-stream.ts';
export { fileTokenStore } from './login/file-token-store.ts';
export { nodeAmbient } from './node-ambient.ts';
export { createNodeClient, type NodeClient, type NodeClientOptions } from './node-client.ts';
export { nodeTransport } from './transport/node-transport.ts';
export {
  createKnownVersions,
  type KnownVersions,
  type RememberedVersion,
  type RemotePlace,
} from './versions/known-versions.ts';
