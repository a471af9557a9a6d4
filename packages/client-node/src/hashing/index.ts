/**
 * Local files and their fingerprints alone, for whoever talks to no server: loads a tenth of the
 * package. Everything in here is offered by the package's main entry, too.
 */
export { type FileSource, fileSource, isFileSource } from '../files/file-source.ts';
export { createFileHasher, type FileHasher } from './file-hasher.ts';
export { hashStream } from './hash-stream.ts';
